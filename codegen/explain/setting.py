"""Lines of plain text: paragraphs filled, rows aligned, equations one below the other."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

LEAST_COLUMN = 30  # for the last cell of a row, beside the others


def filled(text: str, width: int, indent: str = "", hanging: str | None = None) -> str:
    """A text in lines, broken at spaces only."""
    return textwrap.fill(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def aligned(rows: Sequence[Sequence[str]], indent: str, width: int) -> str:
    """Rows in columns; the last cell may take several lines, or those below."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)][:-1]
    while widths and len(indent) + sum(widths) + 2 * len(widths) > width - LEAST_COLUMN:
        widths[0] -= 1  # names that are longer get a line of their own
    lines = []
    for first, *others in rows:
        cells = [first, *others]
        begin = indent
        if len(cells) > 1 and len(first) > widths[0]:
            lines.append(f"{indent}{first}")
            cells[0] = ""
        for cell, size in zip(cells[:-1], widths, strict=True):
            begin += f"{cell.ljust(size)}  "
        lines.append(filled(cells[-1], width, begin, " " * len(begin)) or begin)
    return "\n".join(line.rstrip() for line in lines)


def run_on(begin: str, lines: Sequence[str], width: int) -> str:
    """``begin`` and equations, each on a line of its own behind an equals sign."""
    found = []
    for line in lines:
        if not found:
            found.append(filled(line, width, begin, " " * len(begin)))
        else:
            sign = " " * (len(begin) - 2) + "= "
            found.append(filled(line, width, sign, " " * len(begin)))
    return "\n".join(found)
