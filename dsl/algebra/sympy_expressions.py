"""Polynomials as SymPy expressions, for people and for what is asked of SymPy."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from fractions import Fraction
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

from .polynomials import exact, round_to_8

if TYPE_CHECKING:
    from .polynomials import Algebra, Poly
    from .sparse_polynomials import Coefficient


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


def substituted(expr: Expr, numbers: Mapping[str, Fraction]) -> Expr:
    """An expression with numbers in place of some symbols."""
    return expr.subs({Symbol(name): rational(number) for name, number in numbers.items()})


def expression(algebra: Algebra, poly: Poly) -> Expr:
    """A polynomial as an ordinary SymPy expression."""
    if not poly:
        return Integer(0)
    return _sum_of_terms(poly, _letters(algebra, poly))


def in_lowest_terms(numerator: Poly, denominator: Poly) -> tuple[Poly, Poly]:
    """Two polynomials without their common factors; their coefficients become whole."""
    sympy_ring = PolyRing(numerator.ring.names, QQ)
    reduced = _in_ring(numerator, sympy_ring).cancel(_in_ring(denominator, sympy_ring))
    one, other = (
        numerator.ring.from_dict({m: int(c) for m, c in poly.items()}) for poly in reduced
    )
    return one, other


def _in_ring(poly: Poly, ring: PolyRing) -> PolyElement:
    return ring.from_dict({m: QQ(c.numerator, c.denominator) for m, c in poly.items()})


def _letters(algebra: Algebra, poly: Poly) -> Mapping[int, Expr]:
    """The letters in a polynomial as expressions, by their places."""
    used = {place for monomial in poly for place, power in enumerate(monomial) if power}
    return {place: _letter(algebra, place) for place in used}


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
