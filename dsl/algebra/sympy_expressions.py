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

from .polynomial_terms import Poly
from .roundings import Rounding, round_to_8

if TYPE_CHECKING:
    from .sparse_polynomials import Coefficient


class round8(Function):  # type: ignore[misc]  # SymPy names functions by their classes
    """:func:`~netform.dsl.algebra.roundings.round_to_8` as a SymPy function."""

    @classmethod
    def eval(cls, value: Expr) -> Expr | None:
        """The number that a number rounds to; None keeps the function as it is."""
        if isinstance(value, Rational):
            return Integer(round_to_8(Fraction(int(value.p), int(value.q))))
        return None


FUNCTIONS = {"floor": floor, "ceil": ceiling, "round8": round8}


def rational(value: Coefficient) -> Rational:
    """The number as SymPy has it."""
    return Rational(value.numerator, value.denominator)


def expression(
    poly: Poly, names: Sequence[str], roundings: Sequence[Rounding], first_loop: int
) -> Expr:
    """A polynomial as an ordinary SymPy expression.

    Its letters are symbols of some ``names``, then ``roundings``, and from ``first_loop`` on the
    channels of loops, c and c' inside it.
    """

    def letter(place: int) -> Expr:
        if place < len(names):
            return Symbol(names[place])
        if place >= first_loop:
            return Symbol("c" + (place - first_loop) * "'")
        rounding = roundings[place - len(names)]
        return FUNCTIONS[rounding.function](converted(rounding.argument))

    def converted(poly: Poly) -> Expr:
        used = {place for monomial in poly for place, power in enumerate(monomial) if power}
        return _sum_of_terms(poly, {place: letter(place) for place in used})

    return converted(poly) if poly else Integer(0)


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
