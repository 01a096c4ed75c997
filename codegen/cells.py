"""Cells of CSV files: a spreadsheet must not take one for a formula."""

from __future__ import annotations

import re
from typing import TypeVar

FORMULA_STARTS = (
    "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"  # spreadsheets read the wide signs as the narrow ones
)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)

_Cell = TypeVar("_Cell")


def safe_cell(cell: _Cell) -> _Cell | str:
    """A cell with an apostrophe before it where a spreadsheet would compute it.

    >>> [safe_cell(cell) for cell in ("=1+2", "-0.5", "-x", "conv3", 7)]
    ["'=1+2", '-0.5', "'-x", 'conv3', 7]
    """
    if not isinstance(cell, str) or not cell.startswith(tuple(FORMULA_STARTS)):
        return cell
    return cell if _NUMBER.fullmatch(cell) else f"'{cell}"
