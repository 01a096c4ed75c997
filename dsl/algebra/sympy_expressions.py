"""Polynomials as SymPy expressions, for people and for what is asked of SymPy."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sympy import (
    QQ,
    Add,
    Basic,
    Expr,
    Function,
    Integer,
    Mul,
    Pow,
    Rational,
    Symbol,
    ceiling,
    floor,
)
from sympy.polys.rings import PolyElement, PolyRing

from ...grammar.budget import Work, spend
from .polynomials import exact, round_to_8
from .sparse_polynomials import Ring, Terms

if TYPE_CHECKING:
    from .polynomials import Algebra, Poly
    from .sparse_polynomials import Coefficient


_STEPS_OF_A_TERM = 50


class round8(Function):  # type: ignore[misc]  # SymPy names functions by their classes
    """:func:`~netform.dsl.algebra.polynomials.round_to_8` as a SymPy function."""

    @classmethod
    def eval(cls, value: Expr) -> Expr | None:
        """The number that a number rounds to; None keeps the function as it is."""
        return Integer(round_to_8(exact(value))) if isinstance(value, Rational) else None


FUNCTIONS = {"floor": floor, "ceil": ceiling, "round8": round8}


def rational(value: Coefficient) -> Rational:
    """The number as SymPy has it."""
    return Rational(value.numerator, value.denominator)


def expression(algebra: Algebra, poly: Poly) -> Expr:
    """A polynomial as an ordinary SymPy expression."""
    if not poly:
        return Integer(0)
    return _sum_of_terms(poly, _letters(algebra, poly))


def in_lowest_terms(numerator: Poly, denominator: Poly) -> tuple[Poly, Poly]:
    """Two polynomials without their common factors; their coefficients become whole."""
    places = sorted(_places(numerator) | _places(denominator)) or [0]
    spend(_STEPS_OF_A_TERM * len(places) * (len(numerator) + len(denominator)), Work.TERMS)
    spend(len(numerator) * len(denominator), Work.TERMS)
    sympy_ring = PolyRing([numerator.ring.names[place] for place in places], QQ)
    one, other = (_in_ring(poly, sympy_ring, places) for poly in (numerator, denominator))
    one, other = one.cancel(other)
    return _out_of_ring(one, numerator.ring, places), _out_of_ring(other, numerator.ring, places)


def _in_ring(poly: Poly, ring: PolyRing, places: Sequence[int]) -> PolyElement:
    """A polynomial in SymPy's ring of the letters at some places, which are all that it has."""
    return ring.from_dict(
        {tuple(m[i] for i in places): QQ(c.numerator, c.denominator) for m, c in poly.items()}
    )


def _out_of_ring(poly: PolyElement, ring: Ring, places: Sequence[int]) -> Poly:
    """The same polynomial in the ring of all letters; its coefficients are whole."""
    terms: Terms = {}
    for powers, coefficient in poly.items():
        monomial = [0] * len(ring.names)
        for place, power in zip(places, powers, strict=True):
            monomial[place] = power
        terms[tuple(monomial)] = int(coefficient)
    return ring.from_dict(terms)


def _places(poly: Poly) -> set[int]:
    """The places of the letters in a polynomial."""
    return {place for monomial in poly for place, power in enumerate(monomial) if power}


def _letters(algebra: Algebra, poly: Poly) -> Mapping[int, Expr]:
    """The letters in a polynomial as expressions, by their places."""
    return {place: _letter(algebra, place) for place in _places(poly)}


def _letter(algebra: Algebra, place: int) -> Expr:
    plain = len(algebra.names)
    if place < plain:
        return Symbol(algebra.names[place])
    if place < plain + len(algebra.roundings):
        rounding = algebra.roundings[place - plain]
        return FUNCTIONS[rounding.function](expression(algebra, rounding.argument))
    return Symbol("c" + (place - plain - algebra.most_roundings) * "'")


def _sum_of_terms(poly: Poly, letters: Mapping[int, Expr]) -> Expr:
    """The sum, in SymPy's own order of terms.

    Of symbols no two terms are alike. ``Add`` would look for some, and import SymPy's tensors
    for it, which takes longer than all formulas of a network.
    """
    spend(_STEPS_OF_A_TERM * len(poly), Work.TERMS)
    terms = [
        Mul(rational(coefficient), *_powers(monomial, letters))
        for monomial, coefficient in poly.items()
    ]
    if len(terms) == 1:
        return terms[0]
    if not all(letter.is_Symbol for letter in letters.values()):
        return Add(*terms)
    terms.sort(key=functools.cmp_to_key(Basic.compare))
    return Add(*sorted(terms, key=lambda term: not term.is_Number), evaluate=False)


def _powers(monomial: Sequence[int], letters: Mapping[int, Expr]) -> list[Expr]:
    return [Pow(letters[place], power) for place, power in enumerate(monomial) if power]
