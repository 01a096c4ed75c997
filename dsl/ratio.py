"""What another width does to a quantity: the exact ratio, its formula, and its limit."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sympy import Expr, Rational, Symbol

from .polynomials import Algebra, Poly, leading_in_width, rational, scaled, value_at


@dataclass(frozen=True, slots=True)
class Ratio:
    """A quantity at q*w, divided by the same quantity at w.

    ``exact`` is the fraction at w = 1 (and the batch asked for), ``formula`` the ratio as a
    function of w (and B), ``limit`` what it tends to as w grows: q to the power of the highest
    power of w. ``before`` and ``after`` are the two values behind ``exact``.
    """

    before: int
    after: int
    exact: Rational
    formula: Expr
    limit: Rational


def ratio(poly: Poly, q: Fraction, B: Fraction, algebra: Algebra) -> Ratio | None:
    """The ratio for w multiplied by q; None where the quantity is 0 at every width."""
    before = value_at(poly, algebra.point({"B": B}))
    after = value_at(poly, algebra.point({"w": q, "B": B}))
    if not before:
        return None
    if algebra.roundings:
        whole = algebra.expression(poly)
        formula = whole.subs(Symbol("w"), rational(q) * Symbol("w")) / whole
    else:
        numerator, denominator = scaled(poly, q).cancel(poly)
        formula = algebra.expression(numerator) / algebra.expression(denominator)
    return Ratio(
        before=int(before),
        after=int(after),
        exact=rational(after / before),
        formula=formula,
        limit=rational(q ** leading_in_width(algebra.unrounded(poly))),
    )
