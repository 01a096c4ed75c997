"""The extent of a map as a function of the input's, in normal form.

Every convolution and pool maps an extent n to floor((n + a)/s), and these compose to one of the
same form:

    floor((floor((n + a)/b) + c)/d) = floor((n + a + b*c)/(b*d))

so the extent at any depth of a chain is one floor of an affine form of the input's, and two are
equal for every input exactly when their normal forms are. Upsampling multiplies, and what it
multiplies may divide out again:

    floor((k*F + c)/(k*m)) = floor((F + floor(c/k))/m)      floor((k*m*F + c)/k) = m*F + floor(c/k)

A floor remains inside a floor only if neither divides the other.

Source: Graham, Knuth, Patashnik, "Concrete Mathematics", 1994, section 3.2.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from ...grammar.budget import LARGEST_NUMBER
from ...grammar.short_repr import ShortRepr

if TYPE_CHECKING:  # kinds are known without SymPy
    from .polynomials import Algebra, Poly


LARGE = 10**9  # pixels, of an input that is larger than any


class TooLargeExtentError(Exception):
    """An extent is a floor of numbers that are too large."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """The extent of the input along one axis: H, W or R."""

    name: str


@dataclass(frozen=True, slots=True)
class Floor(ShortRepr):
    """floor((factor*base + shift) / divisor), which is more than an affine form."""

    base: Symbol | Floor
    factor: int
    shift: int
    divisor: int


@dataclass(frozen=True, slots=True)
class Extent(ShortRepr):
    """factor*base + shift, where the base is the input's extent or one floor of it.

    Behaves as a whole number under ``+``, ``-``, ``*`` and ``//`` with whole numbers. ``algebra``
    has the letters of :attr:`poly`.
    """

    algebra: Algebra = field(compare=False, repr=False)
    base: Symbol | Floor
    factor: int = 1
    shift: int = 0

    def __add__(self, number: int) -> Extent:
        return replace(self, shift=self.shift + number)

    def __sub__(self, number: int) -> Extent:
        return self + -number

    def __mul__(self, number: int) -> Extent:
        factor, shift = self.factor * number, self.shift * number
        if max(factor, abs(shift)) > LARGEST_NUMBER:
            raise TooLargeExtentError
        return replace(self, factor=factor, shift=shift)

    def __floordiv__(self, divisor: int) -> Extent:
        common = math.gcd(self.factor, divisor)
        factor, shift, divisor = self.factor // common, self.shift // common, divisor // common
        if divisor == 1:
            return replace(self, factor=factor, shift=shift)
        base = self.base
        if factor == 1 and isinstance(base, Floor):  # floors compose
            inner = replace(
                self, base=base.base, factor=base.factor, shift=base.shift + shift * base.divisor
            )
            return inner // (base.divisor * divisor)
        outside, shift = divmod(shift, divisor)  # whole multiples leave the floor
        if max(divisor, factor, abs(outside)) > LARGEST_NUMBER:
            raise TooLargeExtentError
        return Extent(self.algebra, Floor(base, factor, shift, divisor), 1, outside)

    def may_be(self, other: int | Extent) -> bool:
        """Whether it has the same value as another for some input, as far as forms can tell."""
        if isinstance(other, int):
            return (other - self.shift) % self.factor == 0
        is_parallel = (self.base, self.factor) == (other.base, other.factor)
        return not is_parallel or self.shift == other.shift

    @property
    def poly(self) -> Poly:
        """As a polynomial in the letters of the algebra, a floor being a letter."""
        return _poly(self.base, self.algebra) * self.factor + self.shift

    @property
    def symbol(self) -> str:
        """The symbol of the input that it is a function of."""
        base = self.base
        while isinstance(base, Floor):
            base = base.base
        return base.name

    def __str__(self) -> str:
        return self.algebra.text(self.poly)


def _poly(base: Symbol | Floor, algebra: Algebra) -> Poly:
    if base not in algebra.letters:
        if isinstance(base, Symbol):
            algebra.letters[base] = algebra.symbol(base.name)
        else:
            share = _poly(base.base, algebra) * base.factor / base.divisor
            if base.shift == base.divisor - 1:  # reads better, and is the same for whole numbers
                algebra.letters[base] = algebra.rounded("ceil", share)
            else:
                shift = algebra.constant(Fraction(base.shift, base.divisor))
                algebra.letters[base] = algebra.rounded("floor", share + shift)
    return algebra.letters[base]


def when_large(extent: int | Extent) -> int:
    """The number where the extents of the input are large, by which extents are compared."""
    return value_of(extent, defaultdict(lambda: LARGE))


def value_of(extent: int | Symbol | Floor | Extent, values: Mapping[str, int]) -> int:
    """The number at some extents of the input."""
    match extent:
        case int():
            return extent
        case Symbol(name=name):
            return values[name]
        case Floor(base=base, factor=factor, shift=shift, divisor=divisor):
            return (factor * value_of(base, values) + shift) // divisor
        case Extent(base=base, factor=factor, shift=shift):
            return factor * value_of(base, values) + shift
