"""What is read from the terms of a polynomial: kinds need no more of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import TypeAlias, cast

from .sparse_polynomials import Polynomial, Terms

Poly: TypeAlias = Polynomial  # or the integer 0, which is in every ring
ZERO = cast(Poly, 0)


def number_of(poly: Poly) -> Fraction | None:
    """The number that a polynomial is; None where a letter is in it."""
    if not poly:
        return Fraction(0)
    if not poly.is_ground:
        return None
    return Fraction(poly.constant)


def sum_of_polynomials(polys: Iterable[Poly]) -> Poly:
    """The sum of polynomials, of which many may be equal: each is added once, times its number."""
    return sum_of_multiples(Counter(polys))


def sum_of_multiples(times: Mapping[Poly, int]) -> Poly:
    """The sum of polynomials, each times a number.

    It takes time linear in the terms: ``+`` would copy the sum so far at every step.
    """
    terms: Terms = {}
    ring = None
    for poly, number in times.items():
        if poly:
            ring = poly.ring
            ring.spend(len(poly))
            for monomial, coefficient in poly.items():
                terms[monomial] = terms.get(monomial, 0) + coefficient * number
    return ring.from_dict(terms) if ring is not None else ZERO
