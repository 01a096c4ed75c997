"""How fast cards are by their makers' data sheets: peak arithmetic by data type, and bandwidth.

The figures are dense, without sparsity, at the clock that the maker promises. float16 and bfloat16
are those of tensor cores where a card has them; where a sheet has float16 with sums in float16 and
in float32, it is the larger. A figure that no sheet has is left out.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from ...grammar.short_repr import ShortRepr

ARITHMETIC = ("float64", "float32", "tf32", "float16", "bfloat16")  # types, as sheets name them


@dataclass(frozen=True, slots=True)
class Speed(ShortRepr):
    """What a card does in a second at most, and where its maker says so.

    ``arithmetic`` are floating-point operations by data type, of which a multiply-add is two, and
    ``bandwidth`` bytes from and to its memory, None if no sheet has it.
    """

    arithmetic: Mapping[str, int] = field(hash=False)
    bandwidth: int | None
    source: str


@functools.cache
def speeds() -> Mapping[str, Speed]:
    """The speed of every card of the table, by the name of the card."""
    table = Path(__file__).with_name("speeds.csv")
    rows = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    return {row["name"]: _speed(row) for row in rows}


def _speed(row: Mapping[str, str]) -> Speed:
    arithmetic = {name: _exact(row[name], 10**12) for name in ARITHMETIC if row[name]}
    bandwidth = _exact(row["bandwidth"], 10**9) if row["bandwidth"] else None
    return Speed(arithmetic, bandwidth, row["source"])


def _exact(decimal: str, unit: int) -> int:
    amount = Fraction(decimal) * unit
    assert amount.denominator == 1, f"{decimal} of a table of speeds is no whole number"
    return amount.numerator
