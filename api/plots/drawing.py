"""Drawing a picture with Matplotlib: panels, curves, lines, ticks and titles."""

from __future__ import annotations

import contextlib
import itertools
import math
import warnings
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from netform.dsl.questions.curves import Curve, Number, Picture
from netform.grammar.errors import NetformError, printable
from netform.plots.labels import make_room, spread, thin_out

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEW = 8  # values that each get a tick
WIDTH, HEIGHT = 7.2, 4.3  # inches of a panel
MARKED = 40  # points of a curve that are marked one by one
FINE = 100  # times the least that the greatest is, up to which 2 and 5 get ticks beside 1
LONGEST_NAME = 60
ABOVE_LABELS = 5  # in Matplotlib's order of drawing

_BINARY = (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10))
_DECIMAL = (("T", 10**12), ("G", 10**9), ("M", 10**6), ("k", 10**3))
_AXES = {
    "w": "w, the width",
    "B": "B, the batch",
    "H": "H, the height of the image in pixels",
    "W": "W, the width of the image in pixels",
    "R": "R, the side of the image in pixels",
}
_STYLE: Any = {
    "text.parse_math": False,  # names may contain dollars
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Arial", "sans-serif"],
    "font.size": 10,
    "svg.fonttype": "none",
    "svg.hashsalt": "netform",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.edgecolor": "#888888",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.8,
    "xtick.color": "#888888",
    "xtick.labelcolor": "#333333",
    "ytick.left": False,
    "ytick.labelcolor": "#333333",
    "savefig.dpi": 150,
}
_GREY = "#666666"


def draw(picture: Picture, log: bool = False) -> Figure:
    """A picture as a Matplotlib figure: a panel for every symbol that it runs along."""
    if log:
        _check_positive(picture)
    with house_style():
        from matplotlib.figure import Figure

        number = len(picture.panels)
        figure = Figure(figsize=(WIDTH, HEIGHT * number))
        panels = figure.subplots(number, 1, squeeze=False)[:, 0]
        unit, size = _unit(picture, log)
        labels: list[Any] = []
        answers: list[Any] = []
        for axes, panel in zip(panels, picture.panels, strict=True):
            labels += _draw_panel(axes, panel, picture, size, log)
            answers += _mark_answers(axes, panel, picture, size)
        top, bottom = 0.72 / (HEIGHT * number), 0.55 / (HEIGHT * number)
        figure.subplots_adjust(top=1 - top, bottom=bottom, hspace=0.28)
        _write_title(figure, picture, unit)
        make_room(figure, labels)
        for axes in panels:
            spread(figure, [label for label in labels if label.axes is axes])
        thin_out(figure, answers)
    return figure


def _check_positive(picture: Picture) -> None:
    for curve in (curve for panel in picture.panels for curve in panel):
        for x, y in curve.points:
            if x <= 0 or y <= 0:
                raise NetformError(
                    "logarithmic axes have positive numbers only, but "
                    f"{picture.quantity.name} is {y:,} at {curve.over} = {x}",
                    hint="leave --log out",
                )


def check_matplotlib() -> None:
    """Raise NetformError where Matplotlib is not installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise NetformError(
            "a picture needs Matplotlib", hint="pip install 'netform[plot]'"
        ) from None


@contextlib.contextmanager
def house_style() -> Iterator[None]:
    """Matplotlib with these settings alone, whatever those of its user are."""
    check_matplotlib()
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a name in another script
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def _draw_panel(
    axes: Axes, panel: Sequence[Curve], picture: Picture, size: int, log: bool
) -> list[Any]:
    """Draw the curves and lines of one symbol; the labels at the right end of each."""
    from matplotlib import colormaps

    symbol = panel[0].over
    labels = []
    for line in picture.lines:
        axes.axhline(float(line.value / Fraction(size)), color=_GREY, linewidth=1, dashes=(5, 3))
        labels.append(_label(axes, float(line.value / Fraction(size)), line.label, _GREY))
    colors = colormaps["viridis"]
    for number, curve in enumerate(panel):
        color = colors(0.78 * number / (len(panel) - 1) if len(panel) > 1 else 0.2)
        points = sorted(curve.points)
        xs = [float(x) for x, _ in points]
        ys = [float(Fraction(y, size)) for _, y in points]
        marker = "o" if len(points) <= MARKED else None
        axes.plot(xs, ys, color=color, linewidth=1.8, marker=marker, markersize=3.5)
        if len(panel) > 1:
            labels.append(_label(axes, ys[-1], curve.label, color))
    if log:
        axes.set_xscale("log")
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)
    axes.margins(x=0.02)
    same = ", ".join(f"{name} = {value}" for name, value in picture.same_in(panel).items())
    along = _AXES.get(symbol, symbol) + (f"    ({same})" if same else "")
    axes.set_xlabel(along, color="#333333")
    _set_ticks(axes, sorted({x for curve in panel for x, _ in curve.points}), log)
    return labels


def _label(axes: Axes, y: float, text: str, color: Any) -> Any:
    """A label to the right of the panel, at a height of its own."""
    return axes.annotate(
        text,
        (1, y),
        xycoords=axes.get_yaxis_transform(),
        xytext=(6, 0),
        textcoords="offset points",
        verticalalignment="center",
        color=color,
        annotation_clip=False,
    )


def _mark_answers(axes: Axes, panel: Sequence[Curve], picture: Picture, size: int) -> Iterator[Any]:
    """Mark the last values inside every line; their labels."""
    levels = {line.value for line in picture.lines}
    found = {
        (last, dict(curve.points)[last])
        for curve in panel
        for level in levels
        if (last := curve.last_within(level)) is not None
    }
    for x, y in sorted(found):
        place = float(x), float(Fraction(y, size))
        ring: Any = {"markersize": 6, "markerfacecolor": "white", "markeredgecolor": "#333333"}
        axes.plot(*place, "o", zorder=ABOVE_LABELS, **ring)
        yield axes.annotate(
            f"{x:,}" if isinstance(x, int) else str(x),
            place,
            xytext=(5, -6),
            textcoords="offset points",
            verticalalignment="top",
            fontsize=9,
            color="#222222",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.6},
        )


def _set_ticks(axes: Axes, values: Sequence[Number], log: bool) -> None:
    """Ticks at the values themselves where they are few, and numbers as people write them."""
    from matplotlib import ticker

    plain = ticker.FuncFormatter(lambda value, _: f"{value:,.10g}")
    if log:
        for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            steps = (1.0, 2.0, 5.0) if high < FINE * low else (1.0,)
            axis.set_major_locator(ticker.LogLocator(subs=steps, numticks=12))
        axes.minorticks_off()
    else:
        whole = all(value.denominator == 1 for value in values)
        axes.xaxis.set_major_locator(ticker.MaxNLocator(nbins=8, integer=whole))
    axes.yaxis.set_major_formatter(plain)
    axes.xaxis.set_major_formatter(plain)
    if len(values) <= FEW and _is_roomy([float(value) for value in values], log):
        axes.set_xticks([float(value) for value in values], [str(value) for value in values])


def _is_roomy(values: Sequence[float], log: bool) -> bool:
    """Whether ticks at the values leave room for their numbers."""
    places = [math.log(value) for value in values] if log else values
    span = places[-1] - places[0]
    return all(b - a >= 0.06 * span for a, b in itertools.pairwise(places))


def _unit(picture: Picture, log: bool) -> tuple[str, int]:
    """The unit of the figures in words, and how many of the quantity's own it is."""
    units = _BINARY if picture.quantity.unit == "bytes" else _DECIMAL
    figures = [abs(y) for panel in picture.panels for curve in panel for _, y in curve.points]
    typical = math.isqrt(max(figures) * max(1, min(figures))) if log else max(figures)
    prefix, size = next((unit for unit in units if typical >= unit[1]), ("", 1))
    if picture.quantity.unit == "bytes":
        return prefix or "bytes", size
    return f"{prefix} {picture.quantity.unit}".strip(), size


def _write_title(figure: Figure, picture: Picture, unit: str) -> None:
    name = printable(picture.network)
    name = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 3] + "..."
    height = float(figure.get_figheight())
    about = f"{picture.meaning}, in {unit}"
    figure.text(0.02, 1 - 0.26 / height, name, fontsize=12, fontweight="bold", color="#222222")
    figure.text(0.02, 1 - 0.50 / height, about, color="#444444")
