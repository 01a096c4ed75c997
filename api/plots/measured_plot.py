"""The picture of a measurement: predicted and measured bytes, side by side."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from netform.grammar.errors import NetformError, printable
from netform.plots.drawing import WIDTH, check_matplotlib, house_style
from netform.plots.plot import FORMATS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from netform.codegen.measure.measuring import Measurement

_PREDICTED, _MEASURED = "#4c72b0", "#c44e52"
_HEIGHT = 0.55  # inches of a row
_UNITS = (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10), ("bytes", 1))


def check_picture(path: str) -> None:
    """Raise NetformError where no picture can be written to a path, before there is one."""
    check_matplotlib()
    if Path(path).suffix.lower().removeprefix(".") not in FORMATS:
        raise NetformError(
            f"{printable(path)} is not a file name of a picture",
            hint=f"end it with .{', .'.join(FORMATS)}",
        )
    folder = Path(path).parent
    if not os.access(folder, os.W_OK):
        why = "is not writable" if folder.exists() else "does not exist"
        raise NetformError(f"{printable(path)} cannot be written: its folder {why}")


def draw_measured(found: Measurement, path: str) -> None:
    """Draw two bars for every figure into a file; nothing is drawn where nothing was measured.

    The same measurement gives the same bytes. Raises NetformError where the file cannot be written.
    """
    if not found.records:
        raise NetformError("nothing was measured that could be drawn")
    largest = max(max(record.measured, record.predicted or 0) for record in found.records)
    unit, size = unit_of(largest)
    with house_style():
        from matplotlib.figure import Figure

        rows = range(len(found.records))
        figure = Figure(figsize=(WIDTH, 1.2 + _HEIGHT * len(rows)), layout="constrained")
        axes = figure.subplots()
        predicted = [(record.predicted or 0) / size for record in found.records]
        measured = [record.measured / size for record in found.records]
        above, below = [row - 0.2 for row in rows], [row + 0.2 for row in rows]
        axes.barh(above, predicted, 0.36, color=_PREDICTED, label="predicted")
        axes.barh(below, measured, 0.36, color=_MEASURED, label="measured")
        for row, record in zip(rows, found.records, strict=True):
            error = "no prediction" if record.error is None else f"{record.error:+.2f} %"
            axes.annotate(
                error,
                (max(predicted[row], measured[row]), row),
                (4, 0),
                textcoords="offset points",
                va="center",
            )
        names = [f"{r.profile}, {r.mode}\n{r.reference}" for r in found.records]
        axes.set_yticks(rows, names, fontsize=8)
        axes.invert_yaxis()
        axes.grid(visible=False)
        axes.margins(x=0.15)
        axes.set_xlabel(unit)
        axes.set_title(f"{printable(found.network)} on {printable(found.device)}", loc="left")
        figure.legend(loc="outside lower center", ncols=2, frameon=False)
        save(figure, path)


def unit_of(largest: int) -> tuple[str, int]:
    """The unit for an axis that ends at a number of bytes, and how many bytes it is."""
    return next((unit, size) for unit, size in _UNITS if largest >= size or size == 1)


def save(figure: Figure, path: str) -> None:
    """Write a figure into a file without the date; raises NetformError where that fails."""
    date = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    kind = Path(path).suffix.lower().removeprefix(".")
    try:
        figure.savefig(path, format=kind, metadata=date.get(kind))
    except OSError as error:
        raise NetformError(f"{printable(path)} cannot be written: {error.strerror}") from None
