"""The picture of a sweep: its accuracy against each axis."""

from __future__ import annotations

import importlib.util
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from netform.codegen.run.sweep import Outcome
from netform.dsl.settings import Axis
from netform.grammar.errors import printable

_COLUMNS = 3
_MOST_AXES = 30  # that are drawn
_LONGEST = 12  # characters of a value below its points
_POINTS, _MEAN = "#4c72b0", "#c44e52"
_STYLE: Any = {
    "text.parse_math": False,  # names may contain dollars
    "font.size": 9,
    "svg.fonttype": "none",
    "svg.hashsalt": "netform",
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw_effects(outcomes: Sequence[Outcome], axes: Sequence[Axis], title: str, file: Path) -> bool:
    """Draw the validation accuracy of all points against the values of each axis, and the means.

    The same outcomes give the same bytes. Returns False, and draws nothing, where no point has
    an accuracy, or where there is no Matplotlib.
    """
    measured = [o for o in outcomes if o.validation_accuracy is not None]
    if not measured or importlib.util.find_spec("matplotlib") is None:
        return False
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever the user has set, the bytes stay
        matplotlib.rcParams.update(_STYLE)
        axes = axes[:_MOST_AXES]
        columns = min(len(axes), _COLUMNS)
        rows = -(-len(axes) // columns)
        figure = Figure(figsize=(1 + 3 * columns, 0.6 + 2.6 * rows), layout="constrained")
        FigureCanvasSVG(figure)
        panels = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
        for panel, axis in zip(panels, axes, strict=False):
            _draw_axis(panel, measured, axis)
        for panel in panels[len(axes) :]:
            panel.set_visible(False)
        for first in range(0, rows * columns, columns):
            panels[first].set_ylabel("validation accuracy")
        panels[0].legend(loc="best", frameon=False, fontsize=8)
        figure.suptitle(f"{printable(title)}: {len(measured):,} points", fontsize=10)
        new = file.with_name(f"{file.name}.new")
        figure.savefig(new, format="svg", metadata={"Date": None, "Creator": None})
        new.replace(file)
    return True


def _draw_axis(panel: Any, measured: Sequence[Outcome], axis: Axis) -> None:
    """One panel: a column of points for every value, and a line through their means."""
    at, heights, means = [], [], []
    for place, value in enumerate(axis.values):
        found = [
            o.validation_accuracy
            for o in measured
            if o.validation_accuracy is not None and (axis.name, value) in o.run.point.values
        ]
        at += [place] * len(found)
        heights += found
        if found:
            means.append((place, statistics.fmean(found)))
    panel.plot(at, heights, "o", color=_POINTS, alpha=0.5, markersize=4, label="a point")
    panel.plot(*zip(*means, strict=True), "-", color=_MEAN, marker="_", markersize=14, label="mean")
    labels = [v if len(v) <= _LONGEST else f"{v[: _LONGEST - 1]}…" for v in axis.values]
    panel.set_xticks(range(len(labels)), labels, rotation=0 if len(labels) <= 5 else 45)
    panel.set_xlim(-0.5, len(labels) - 0.5)
    panel.set_xlabel(axis.name)
    panel.grid(axis="y", alpha=0.3)
