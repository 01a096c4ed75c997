"""Sparse polynomials over the rationals, in the letters of a ring.

A polynomial is a table from monomials to coefficients: in the letters w and B, 3*w**2*B + 1/2 is
``{(2, 1): 3, (0, 0): Fraction(1, 2)}``. Whole coefficients are ints, which makes the arithmetic
of a network's counts quick, and nothing here imports SymPy, whose import takes longer than all
of a network's costs. :mod:`.sympy_expressions` has polynomials as SymPy expressions.
"""

from __future__ import annotations

import functools
from collections.abc import ItemsView, Iterable, Iterator, Mapping, Sequence, ValuesView
from fractions import Fraction
from operator import add
from typing import TypeAlias

from ...grammar.budget import Work, spend
from ...grammar.short_repr import LONGEST, cut

Coefficient: TypeAlias = int | Fraction
Monomial: TypeAlias = tuple[int, ...]  # the power of every letter
Terms: TypeAlias = dict[Monomial, Coefficient]

MOST_SHOWN = 100  # terms


class Ring:
    """The polynomials in some letters. There is one ring for each row of names."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        size = range(len(self.names))
        self._steps = 1 + len(self.names) // 16  # of a term
        self.one: Monomial = (0,) * len(self.names)
        self.zero = Polynomial(self, {})
        self.gens = tuple(
            Polynomial(self, {tuple(int(i == letter) for i in size): 1}) for letter in size
        )

    def from_dict(self, terms: Mapping[Monomial, Coefficient]) -> Polynomial:
        """The polynomial with some terms; those of coefficient 0 are left out."""
        return Polynomial(self, {m: _plain(c) for m, c in terms.items() if c})

    def constant(self, number: Coefficient) -> Polynomial:
        """A number as a polynomial."""
        return Polynomial(self, {self.one: _plain(number)} if number else {})

    def __repr__(self) -> str:
        return cut(f"Polynomials in {', '.join(self.names)}")

    def spend(self, terms: int) -> None:
        """Count the work of making some terms; raises NetformError where the budget is spent."""
        spend(terms * self._steps, Work.TERMS)

    def __reduce__(self) -> tuple[object, ...]:
        return ring_of, (self.names,)


@functools.cache
def ring_of(names: tuple[str, ...]) -> Ring:
    """The ring of some letters."""
    return Ring(names)


class Polynomial:
    """A polynomial; it does not change. ``ring`` has its letters, ``terms`` are not 0.

    >>> w, B = ring_of(("w", "B")).gens
    >>> (w + 1) ** 2 * B / 2
    B*w**2/2 + B*w + B/2
    """

    __slots__ = ("_hash", "ring", "terms")

    def __init__(self, ring: Ring, terms: Terms) -> None:
        self.ring, self.terms = ring, terms
        self._hash: int | None = None

    def items(self) -> ItemsView[Monomial, Coefficient]:
        """The monomials and their coefficients."""
        return self.terms.items()

    def values(self) -> ValuesView[Coefficient]:
        """The coefficients."""
        return self.terms.values()

    def __iter__(self) -> Iterator[Monomial]:
        return iter(self.terms)

    def __len__(self) -> int:
        return len(self.terms)

    def __getitem__(self, monomial: Monomial) -> Coefficient:
        return self.terms[monomial]

    @property
    def is_ground(self) -> bool:
        """Whether it is a number."""
        return not self.terms or (len(self.terms) == 1 and self.ring.one in self.terms)

    @property
    def constant(self) -> Coefficient:
        """The term without letters."""
        return self.terms.get(self.ring.one, 0)

    def degree(self, letter: Polynomial | int) -> int:
        """The highest power of a letter, given as a polynomial or by its place; -1 for 0."""
        place = letter if isinstance(letter, int) else self.ring.gens.index(letter)
        return max((monomial[place] for monomial in self.terms), default=-1)

    def compose(self, values: Iterable[tuple[Polynomial, Polynomial | Coefficient]]) -> Polynomial:
        """The polynomial with values in place of letters, all at once."""
        places = [(self.ring.gens.index(letter), value) for letter, value in values]
        powers: dict[tuple[int, int], Polynomial] = {}
        total: Terms = {}
        for monomial, coefficient in self.terms.items():
            self.ring.spend(1)
            left = list(monomial)
            for place, _ in places:
                left[place] = 0
            term = Polynomial(self.ring, {tuple(left): coefficient})
            for place, value in places:
                power = monomial[place]
                if power:
                    if (place, power) not in powers:
                        powers[place, power] = self._as_poly(value) ** power
                    term = term * powers[place, power]
            _add_into(total, term.terms)
        return Polynomial(self.ring, total)

    def __add__(self, other: Polynomial | Coefficient) -> Polynomial:
        if not other:
            return self
        self.ring.spend(len(self.terms) // 8)
        terms = self.terms.copy()
        _add_into(terms, self._as_poly(other).terms)
        return Polynomial(self.ring, terms)

    __radd__ = __add__

    def __neg__(self) -> Polynomial:
        return Polynomial(self.ring, {m: -c for m, c in self.terms.items()})

    def __sub__(self, other: Polynomial | Coefficient) -> Polynomial:
        return self + -other

    def __rsub__(self, other: Polynomial | Coefficient) -> Polynomial:
        return -self + other

    def __mul__(self, other: Polynomial | Coefficient) -> Polynomial:
        if not isinstance(other, Polynomial):
            if other == 1:
                return self
            self.ring.spend(len(self.terms) // 8)
            return self.ring.from_dict({m: c * other for m, c in self.terms.items()})
        one, two = self.terms, other.terms
        self.ring.spend(len(one) * len(two))
        if len(one) > len(two):
            one, two = two, one
        if len(one) == 1:  # no two products are alike
            ((m, c),) = one.items()
            terms = {}
            for n, d in two.items():
                terms[tuple(map(add, m, n))] = _plain(c * d)
            return Polynomial(self.ring, terms)
        total: Terms = {}
        for m, c in one.items():
            _add_into(total, {tuple(map(add, m, n)): c * d for n, d in two.items()})
        return Polynomial(self.ring, total)

    __rmul__ = __mul__

    def __truediv__(self, number: Coefficient) -> Polynomial:
        return self * Fraction(1, number)

    def __pow__(self, power: int) -> Polynomial:
        if power == 0:
            return self.ring.constant(1)
        half = self ** (power // 2) if power > 1 else self.ring.constant(1)
        square = half * half
        return square * self if power % 2 else square

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Polynomial):
            return self.terms == other.terms and self.ring is other.ring
        if isinstance(other, int | Fraction):
            return self.is_ground and self.constant == other
        return NotImplemented

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(self.constant if self.is_ground else frozenset(self.terms.items()))
        return self._hash

    def __reduce__(self) -> tuple[object, ...]:
        return Polynomial, (self.ring, self.terms)

    def __str__(self) -> str:
        """The terms in the order and spelling of SymPy's ``str``."""
        names = self.ring.names
        places = sorted(range(len(names)), key=names.__getitem__)
        terms = sorted(
            ((tuple(monomial[place] for place in places), c) for monomial, c in self.items()),
            reverse=True,
        )
        letters = [names[place] for place in places]
        text = "".join(_signed(powers, coefficient, letters) for powers, coefficient in terms)
        return ("-" if text.startswith(" - ") else "") + text[3:] or "0"

    def __repr__(self) -> str:
        if len(self.terms) <= MOST_SHOWN:
            return cut(str(self), LONGEST)
        return f"polynomial of {len(self.terms):,} terms"

    def _as_poly(self, value: Polynomial | Coefficient) -> Polynomial:
        return value if isinstance(value, Polynomial) else self.ring.constant(value)


def _signed(powers: Monomial, coefficient: Coefficient, letters: Sequence[str]) -> str:
    """A term behind its sign, such as `` - 3*w**2/2``."""
    sign, size = (" - ", -coefficient) if coefficient < 0 else (" + ", coefficient)
    factors = [
        letter if power == 1 else f"{letter}**{power}"
        for letter, power in zip(letters, powers, strict=True)
        if power
    ]
    if size.numerator != 1 or not factors:
        factors.insert(0, str(size.numerator))
    divisor = f"/{size.denominator}" if size.denominator != 1 else ""
    return sign + "*".join(factors) + divisor


def _plain(number: Coefficient) -> Coefficient:
    """A whole number as an int: faster, and equal."""
    if type(number) is int:
        return number
    return number.numerator if number.denominator == 1 else Fraction(number)


def _add_into(total: Terms, terms: Mapping[Monomial, Coefficient]) -> None:
    """Add terms to a total, in place."""
    for monomial, coefficient in terms.items():
        found = total.get(monomial, 0) + coefficient
        if found:
            total[monomial] = _plain(found)
        else:
            total.pop(monomial, None)
