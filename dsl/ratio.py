"""What another width does to a quantity: the exact ratio, its formula, and its limit."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sympy import Expr, Rational

from .polynomials import Poly, expression, leading_in_width, rational, scaled, value_at


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


def ratio(poly: Poly, q: Fraction, B: Fraction) -> Ratio | None:
    """The ratio for w multiplied by q; None where the quantity is 0 at every width."""
    before, after = value_at(poly, Fraction(1), B), value_at(poly, q, B)
    if not before:
        return None
    numerator, denominator = scaled(poly, q).cancel(poly)
    return Ratio(
        before=int(before),
        after=int(after),
        exact=rational(after / before),
        formula=expression(numerator) / expression(denominator),
        limit=rational(q ** leading_in_width(poly)),
    )
