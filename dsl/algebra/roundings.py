"""Rounding functions, and letters that are short for a rounded polynomial."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from .polynomial_terms import Poly


def round_to_8(value: Fraction) -> int:
    """The multiple of 8 nearest to a number, at least 8 and at least nine tenths of it.

    Source: ``make_divisible`` in the MobileNet code of TensorFlow's model garden.
    """
    rounded = max(8, math.floor(value + 4) // 8 * 8)
    return rounded + 8 if rounded < Fraction(9, 10) * value else rounded


ROUNDINGS: dict[str, Callable[[Fraction], int]] = {
    "floor": math.floor,
    "ceil": math.ceil,
    "round8": round_to_8,
}


@dataclass(frozen=True, slots=True)
class Rounding:
    """What a letter is short for: a rounding function of a polynomial in the letters before it."""

    function: str
    argument: Poly
