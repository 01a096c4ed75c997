"""Where a polynomial is negative, zero or positive on the whole numbers from 0 on.

Between two neighbouring real roots its sign is constant. The roots are isolated exactly, in
rational intervals, by SymPy.

Source: Collins, Krandick, "An efficient algorithm for infallible polynomial complex root
isolation", 1992.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from ...grammar.budget import Work, spend
from .sparse_polynomials import Coefficient, Polynomial, ring_of

_STEPS = 400  # of the budget, to isolate the roots of a polynomial
RING = ring_of(("k",))
(K,) = RING.gens


def signs(poly: Polynomial) -> Iterator[tuple[int, int | None, int]]:
    """Runs of whole numbers from 0 on, each with its first, last (or None) and its sign.

    >>> list(signs((K - 2) ** 2 - 1))
    [(0, 0, 1), (1, 1, 0), (2, 2, -1), (3, 3, 0), (4, None, 1)]
    """
    near = _near_roots(poly)
    begin = 0
    for number in near:
        if begin < number:
            yield begin, number - 1, _sign(poly, begin)
        yield number, number, _sign(poly, number)
        begin = number + 1
    yield begin, None, _sign(poly, begin)


def value_of(poly: Polynomial, number: int) -> Fraction:
    """The value at a whole number, by Horner's rule."""
    value = Fraction(0)
    for coefficient in _dense(poly):
        value = value * number + coefficient
    return value


def _near_roots(poly: Polynomial) -> list[int]:
    """All whole numbers from 0 on that are or neighbour a root that is not negative."""
    if poly.is_ground:
        return []
    if poly.degree(0) == 1:
        (slope, constant) = _dense(poly)
        root = -Fraction(constant) / slope
        return [*range(math.floor(root), math.ceil(root) + 1)] if root >= 0 else []
    spend(_STEPS, Work.CASES)
    from sympy import QQ, Dummy, Poly

    dense = Poly.from_list(
        [QQ(c.numerator, c.denominator) for c in _dense(poly)], Dummy("k"), domain=QQ
    )
    near: set[int] = set()
    for (low, high), _ in dense.intervals(eps=QQ(1, 2), inf=0):
        near.update(range(max(0, math.floor(low)), math.ceil(high) + 1))
    return sorted(near)


def _dense(poly: Polynomial) -> list[Coefficient]:
    """All coefficients, that of the highest power first."""
    return [poly.terms.get((power,), 0) for power in range(poly.degree(0), -1, -1)]


def _sign(poly: Polynomial, number: int) -> int:
    value = value_of(poly, number)
    return (value > 0) - (value < 0)
