"""The matrices of lowered convolutions, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netform.dsl.algebra.units import bytes_in_words
from netform.dsl.memory.profiles import IMAGES
from netform.terminal.tables import empty_table, number_columns, text_columns

if TYPE_CHECKING:
    from rich.table import Table as Drawn
    from sympy import Expr

    from netform.dsl.memory.lowering import Lowering


def lowering_table(name: str, lowering: Lowering) -> Drawn:
    """A row for every convolution that needs a matrix, and the largest."""
    drawn = empty_table(f"{name}: convolution lowering (im2col), {IMAGES[lowering.images]}")
    text_columns(drawn, "layer", "written")
    number_columns(drawn, "rows of an image", "columns", "bytes")
    for found in lowering.layers:
        counts = (found.rows, found.columns, lowering.bytes(found))
        cells = (_shown(lowering.figure(count)) for count in counts)
        drawn.add_row(found.layer.name, found.layer.text, *cells)
    drawn.add_section()
    drawn.add_row("largest", "", "", "", _shown(lowering.largest), style="bold")
    return drawn


def lowering_notes(lowering: Lowering) -> str:
    """The workspace in words, and what is known of cuDNN."""
    largest = lowering.largest
    words = f"{bytes_in_words(largest)}; " if isinstance(largest, int) else ""
    return (
        f"{words}not part of the account: a workspace that all layers share, where a convolution "
        "is lowered.\ncuDNN chooses its own way: its workspace is 0 or more, and bounded by the "
        "framework's limit only."
    )


def _shown(figure: int | Expr) -> str:
    return f"{figure:,}" if isinstance(figure, int) else str(figure)
