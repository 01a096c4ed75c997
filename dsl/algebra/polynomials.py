"""Exact quantities: sparse polynomials over the rationals in the letters of a network.

The letters are the width w, the batch B, the symbols left free, roundings such as floor(w/3),
each a letter of its own, and the input channels of the rounds of loops. A 150-layer total takes
1 ms here and 140 ms or more as expanded SymPy expressions; at the public surface polynomials
become SymPy expressions (:meth:`Algebra.expression`) in plain symbols.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from .exact_numbers import exact as exact
from .polynomial_terms import ZERO as ZERO
from .polynomial_terms import Poly as Poly
from .polynomial_terms import number_of as number_of
from .polynomial_terms import sum_of_multiples as sum_of_multiples
from .polynomial_terms import sum_of_polynomials as sum_of_polynomials
from .roundings import ROUNDINGS, Rounding
from .sparse_polynomials import ring_of

if TYPE_CHECKING:
    from sympy import Expr

Point: TypeAlias = tuple[Fraction, ...]  # a number for every letter


class TooFewLetters(Exception):
    """An algebra has no letter left for ``what``: a rounding or a loop."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Algebra:
    """The letters of one network's formulas: w, B, the ``free`` symbols, roundings and loops."""

    def __init__(self, free: Iterable[str] = (), roundings: int = 0, loops: int = 0) -> None:
        self.names = ("w", "B", *free)
        self.most_roundings, self.most_loops = roundings, loops
        spare = [*(f"_{i}" for i in range(roundings)), *(f"_c{i}" for i in range(loops))]
        self.ring = ring_of((*self.names, *spare))
        self.roundings: list[Rounding] = []
        self._rounded_sizes: list[tuple[int, Fraction]] = []  # and powers, as far as they are known
        self.letters: dict[object, Poly] = {}  # of extents, by what they are
        self.width, self.batch = self.ring.gens[:2]

    def __repr__(self) -> str:
        return f"Algebra in {', '.join(self.names)} with {len(self.roundings)} roundings"

    def symbol(self, name: str) -> Poly:
        """A free symbol as a polynomial."""
        return self.ring.gens[self.names.index(name)]

    def constant(self, value: int | Fraction) -> Poly:
        """A number as a polynomial."""
        return self.ring.constant(value)

    def poly(self, value: Fraction | Poly) -> Poly:
        """A number or a polynomial, as a polynomial."""
        return self.constant(value) if isinstance(value, Fraction) else value

    def rounded(self, function: str, argument: Poly) -> Poly:
        """The letter of a rounding; raises TooFewLetters where none is left."""
        rounding = Rounding(function, argument)
        if rounding not in self.roundings:
            if len(self.roundings) == self.most_roundings:
                raise TooFewLetters("roundings of letters")
            self.roundings.append(rounding)
        return self.ring.gens[len(self.names) + self.roundings.index(rounding)]

    def entering(self, depth: int) -> Poly:
        """The letter for the input channels of a round of a loop, ``depth`` loops inside others.

        Raises TooFewLetters where none is left.
        """
        if depth >= self.most_loops:
            raise TooFewLetters("symbolic repeats inside each other")
        return self.ring.gens[len(self.names) + self.most_roundings + depth]

    def rounds(self, letter: Poly) -> bool:
        """Whether a letter occurs inside of a rounding."""
        return any(r.argument and r.argument.degree(letter) > 0 for r in self.roundings)

    def power_and_size(self, poly: Poly) -> tuple[int, Fraction]:
        """The highest power of a symbol, roundings being what they round, and a bound of the value.

        The bound holds where all symbols are 1.
        """
        plain, known = len(self.names), self._rounded_sizes
        for rounding in self.roundings[len(known) :]:
            power, size = _power_and_size(rounding.argument, plain, known)
            known.append((power, size + 8))
        return _power_and_size(poly, plain, known)

    def unrounded(self, poly: Poly) -> Poly:
        """The polynomial with every rounding replaced by what it rounds, as for large numbers."""
        for index in reversed(range(len(self.roundings))):
            letter = self.ring.gens[len(self.names) + index]
            poly = poly.compose([(letter, self.roundings[index].argument)])
        return poly

    def point(self, values: Mapping[str, Fraction]) -> Point:
        """A number for every letter; symbols without a value are 1."""
        numbers = [values.get(name, Fraction(1)) for name in self.names]
        for rounding in self.roundings:
            value = value_at(rounding.argument, numbers)
            numbers.append(Fraction(ROUNDINGS[rounding.function](value)))
        return tuple(numbers)

    def is_in_symbols(self, poly: Poly) -> bool:
        """Whether no letter of a polynomial is a rounding, or belongs to a loop."""
        plain = len(self.names)
        return not poly or not any(any(monomial[plain:]) for monomial in poly)

    def with_numbers(self, poly: Poly, numbers: Mapping[str, Fraction]) -> Poly:
        """A polynomial in symbols with numbers in place of some of them."""
        return poly.compose((self.symbol(n), x) for n, x in numbers.items()) if poly else poly

    def text(self, poly: Poly) -> str:
        """The polynomial as SymPy prints it; SymPy loads only where it has roundings."""
        return str(poly) if self.is_in_symbols(poly) else str(self.expression(poly))

    def expression(self, poly: Poly) -> Expr:
        """The polynomial as an ordinary SymPy expression."""
        from .sympy_expressions import expression

        first_loop = len(self.names) + self.most_roundings
        return expression(poly, self.names, self.roundings, first_loop)


def _power_and_size(
    poly: Poly, plain: int, roundings: Sequence[tuple[int, Fraction]]
) -> tuple[int, Fraction]:
    """Of a polynomial, with the powers and sizes of the letters for roundings, from ``plain`` on."""
    highest, size = 0, Fraction(0)
    for monomial, coefficient in poly.items() if poly else ():
        power, product = max(monomial[:plain]), abs(Fraction(coefficient))
        for own, (inner, most) in zip(monomial[plain:], roundings, strict=False):
            if own:
                power += own * inner
                product *= most**own
        highest, size = max(highest, power), size + product
    return highest, size


def value_at(poly: Poly, point: Point | list[Fraction]) -> Fraction:
    """The polynomial's value, exactly; letters beyond those of the point are 1."""
    if not poly:
        return Fraction(0)
    poly.ring.spend(len(poly))
    integer, rest = 0, None  # whole terms are most, and integers are quicker than fractions
    for monomial, coefficient in poly.items():
        above, below = coefficient.numerator, coefficient.denominator
        for letter, power in zip(point, monomial, strict=False):
            if power:
                above *= letter.numerator**power
                below *= letter.denominator**power
        if below == 1:
            integer += above
        else:
            rest = Fraction(above, below) + (rest or 0)
    return Fraction(integer) if rest is None else rest + integer


def plain_value_at(poly: Poly, point: Sequence[int | Fraction]) -> int | Fraction:
    """The same at a point of mostly whole numbers, which is quicker with plain integers."""
    total: int | Fraction = 0
    for monomial, coefficient in poly.items() if poly else ():
        for letter, power in zip(point, monomial, strict=False):
            if power:
                coefficient = coefficient * letter**power
        total += coefficient
    return total


def scaled(poly: Poly, q: Fraction) -> Poly:
    """The polynomial at q*w, as a polynomial in w."""
    return poly.ring.from_dict({m: c * q ** m[0] for m, c in poly.items()})


def whole_step(poly: Poly) -> Fraction | None:
    """The s for which the polynomial is whole at every multiple w of s; None where none is known.

    Known for a*w + b with b whole: a*w is whole exactly at the multiples of 1/a.
    """
    step = Fraction(1)
    for monomial, coefficient in poly.items():
        if monomial[0] == 1 and not any(monomial[1:]):
            step = 1 / abs(Fraction(coefficient))
        elif any(monomial) or coefficient.denominator != 1:
            return None
    return step


def whole(value: Fraction) -> int:
    """A value known to be whole, as an int."""
    if value.denominator != 1:
        raise ValueError(f"{value} is not whole")
    return value.numerator
