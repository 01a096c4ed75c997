"""Long tables, written line by line: rich measures every cell, which takes 0.2 ms a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich.cells import cell_len
from rich.table import Column
from rich.table import Table as Drawn

LONG = 500  # rows


def is_long(drawn: Drawn) -> bool:
    """Whether a table has so many rows that it is written here."""
    return drawn.row_count > LONG


def natural_width(drawn: Drawn) -> int:
    """The columns of the terminal that a table takes."""
    return _width(_widths(drawn))


def lines(drawn: Drawn) -> Iterator[str]:
    """The lines of a table, equal to those that rich draws without styles, in its SIMPLE_HEAD box."""
    widths = _widths(drawn)
    width = _width(widths)
    yield str(drawn.title).ljust(width)
    yield " " * width
    are_right = [column.justify == "right" for column in drawn.columns]
    yield _line([str(column.header) for column in drawn.columns], widths, are_right)
    yield f" {'─' * (width - 2)} "
    cells = zip_longest(*(column.cells for column in drawn.columns), fillvalue="")
    for row, found in zip(drawn.rows, cells, strict=True):
        yield _line(list(map(str, found)), widths, are_right)
        if row.end_section:
            yield " " * width
    yield " " * width


def _width(widths: Sequence[int]) -> int:
    return sum(widths) + 3 * len(widths) - 1


def _widths(drawn: Drawn) -> list[int]:
    return [_widest(column) for column in drawn.columns]


def _widest(column: Column) -> int:
    texts = [str(column.header), *map(str, column.cells)]
    return max(map(len if "".join(texts).isascii() else cell_len, texts))


def _length(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)


def _line(cells: Sequence[str], widths: Sequence[int], are_right: Sequence[bool]) -> str:
    padded = []
    for cell, width, is_right in zip(cells, widths, are_right, strict=True):
        space = " " * (width - _length(cell))
        padded.append(space + cell if is_right else cell + space)
    return f" {'   '.join(padded)} "
