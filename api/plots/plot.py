"""Pictures of quantities, to show, to save, or to change in Matplotlib.

Figures are exact up to here; drawing alone rounds them. The same picture has the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netform.dsl.questions.curves import Picture, budget_line, device_line, picture
from netform.grammar.errors import NetformError
from netform.grammar.short_repr import ShortRepr
from netform.plots.drawing import draw, house_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from netform.dsl.network import Network

FORMATS = ("svg", "png", "pdf")


@dataclass(frozen=True, slots=True)
class Plot(ShortRepr):
    """A picture, to show in a notebook, to save, or to change in Matplotlib."""

    picture: Picture
    log: bool = False

    def figure(self) -> Figure:
        """The picture as a Matplotlib figure."""
        return draw(self.picture, self.log)

    def image(self, kind: str) -> bytes:
        """The picture as the bytes of an ``svg``, ``png`` or ``pdf`` file."""
        figure = self.figure()
        date = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
        out = io.BytesIO()
        with house_style():
            figure.savefig(out, format=kind, metadata=date)
        return out.getvalue()

    def save(self, path: str | Path) -> None:
        """Write an SVG, PNG or PDF file, as the name ends."""
        kind = Path(path).suffix.lower().removeprefix(".")
        if kind not in FORMATS:
            raise NetformError(
                f"{path} is not a file name of a picture",
                hint=f"end it with .{', .'.join(FORMATS)}",
            )
        content = self.image(kind)
        try:
            Path(path).write_bytes(content)
        except OSError as error:
            raise NetformError(f"{path} cannot be written: {error.strerror}") from None

    def _repr_svg_(self) -> str:
        return self.image("svg").decode()


def plot(
    network: Network,
    quantity: str,
    over: Mapping[str, Iterable[Any]],
    by: Mapping[str, Iterable[Any]] | None = None,
    *,
    budgets: Iterable[str] = (),
    devices: Iterable[str] = (),
    log: bool = False,
    fixed: Mapping[str, Any] | None = None,
    dtype: str = "float32",
    optimizer: str | None = None,
    profile: str = "textbook",
    mode: str | None = None,
) -> Plot:
    """A quantity over the values of a symbol, with a curve for each value of another.

    ``over`` and ``by`` are values by their symbols, ``fixed`` numbers for others. ``budgets`` such
    as ``11 GiB`` and the memory of ``devices`` are drawn as lines, and the last value inside each
    is marked. ``log`` makes both axes logarithmic; ``profile`` and ``mode`` count memory. Points at which no network exists are left out.

    >>> import netform
    >>> net = netform.parse("input 32x32x3 conv32k3 conv64k3 pool2 fc10")
    >>> plot = netform.plot(net, "memory", over={"B": range(1, 257)}, by={"w": ["1/2", 1]})
    >>> [curve.label for curve in plot.picture.panels[0]]
    ['w = 1/2', 'w = 1']
    """
    lines = [*(budget_line(quantity, text) for text in budgets), *map(device_line, devices)]
    model = dtype, optimizer, profile, mode
    return Plot(picture(network, quantity, over, by, fixed, lines, *model), log)
