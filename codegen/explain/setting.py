"""Lines of plain text: paragraphs filled, rows aligned, equations one below the other."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

_TIED = "\0"  # a space at which no line breaks
_PARENTHESES = re.compile(r"\([^()]{,50}\)")
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
        whole = begin + cells[-1]
        if len(whole) > width or not whole.isprintable():
            whole = filled(cells[-1], width, begin, " " * len(begin)) or begin
        lines.append(whole)
    return "\n".join(line.rstrip() for line in lines)


def run_on(begin: str, lines: Sequence[str], width: int) -> str:
    """``begin`` and equations, each on its own line behind an equals sign."""
    found: list[str] = []
    for line in lines:
        if not found:
            found.append(filled(_kept(line), width, begin, " " * len(begin)))
        else:
            sign = " " * (len(begin) - 2) + "= "
            found.append(filled(_kept(line), width, sign, " " * len(begin)))
    return "\n".join(found).replace(_TIED, " ")


def _kept(line: str) -> str:
    """An equation that does not break inside of short parentheses."""
    return _PARENTHESES.sub(lambda match: match[0].replace(" ", _TIED), line)
