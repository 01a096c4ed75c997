"""The width rule: w multiplies output channels, exactly, or at a number with a rounding rule."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the rules below need no SymPy
    from ..algebra.polynomials import Algebra, Poly
    from ..kinds.base.readers import Given


def floor(channels: Fraction) -> int:
    """Rounds down, but not to nothing."""
    return max(1, math.floor(channels))


def nearest(channels: Fraction) -> int:
    """Rounds to the nearest whole number, halves up, but not to nothing."""
    return max(1, math.floor(channels + Fraction(1, 2)))


def divisor8(channels: Fraction) -> int:
    """Rounds to a multiple of 8 that is at least nine tenths of the channels."""
    from ..algebra.roundings import round_to_8

    return round_to_8(channels)


ROUNDING: dict[str, Callable[[Fraction], int]] = {
    rule.__name__: rule for rule in (floor, nearest, divisor8)
}


@dataclass(frozen=True, slots=True)
class Width:
    """How output channels follow from what is written.

    ``value`` is None where w stays a symbol; a rounding rule needs a value.
    """

    value: Fraction | None = None
    rounding: str | None = None

    def symbol(self, algebra: Algebra) -> Fraction | Poly:
        """What the name w is in an expression."""
        return algebra.width if self.value is None else self.value

    def channels(self, given: Given, fixed: bool, algebra: Algebra) -> Poly:
        """Output channels: times w, unless fixed or written with w or c."""
        number, factor = given.number, self.symbol(algebra)
        if not (fixed or given.literal):
            if isinstance(number, Fraction) != isinstance(factor, Fraction):
                number, factor = algebra.poly(number), algebra.poly(factor)
            number = number * factor
        if not isinstance(number, Fraction):
            return number
        scaled = not (fixed or given.literal) or number.denominator != 1
        if self.rounding is not None and scaled:
            number = Fraction(ROUNDING[self.rounding](number))
        return algebra.constant(number)
