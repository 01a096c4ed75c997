"""The width rule: w multiplies output channels, exactly, or at a number with a rounding rule."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from .kinds.readers import Given
from .polynomials import WIDTH, Poly, constant


def floor(channels: Fraction) -> int:
    """Rounds down, but not to nothing."""
    return max(1, math.floor(channels))


def nearest(channels: Fraction) -> int:
    """Rounds to the nearest whole number, halves up, but not to nothing."""
    return max(1, math.floor(channels + Fraction(1, 2)))


def divisor8(channels: Fraction) -> int:
    """Rounds to a multiple of 8 that is at least nine tenths of the channels.

    Source: ``make_divisible`` in the MobileNet code of TensorFlow's model garden.
    """
    rounded = max(8, math.floor(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < Fraction(9, 10) * channels else rounded


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

    @property
    def symbol(self) -> Fraction | Poly:
        """What the name w stands for in an expression."""
        return WIDTH if self.value is None else self.value

    def channels(self, given: Given, fixed: bool) -> Poly:
        """Output channels: times w, unless fixed or written with w or c."""
        number = given.number
        if not (fixed or given.literal):
            number = WIDTH * constant(number) if self.value is None else self.value * number
        if not isinstance(number, Fraction):
            return number
        scaled = not (fixed or given.literal) or number.denominator != 1
        if self.rounding is not None and scaled:
            number = Fraction(ROUNDING[self.rounding](number))
        return constant(number)
