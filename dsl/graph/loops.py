"""Parts that repeat a symbolic number of times: one round is built, and its costs are summed.

A part that maps its shape to itself costs the same in every round. A part that adds a constant
number of channels has ``start + growth*j`` input channels in round j = 0, 1, ..., and its cost,
a polynomial in the channels, sums to a polynomial in the number of rounds:

    sum of j**k for j < n  =  sum of binomial(k + 1, i) * B(i) * n**(k + 1 - i) / (k + 1)  for i <= k

with Bernoulli's numbers B(0) = 1, B(1) = -1/2, B(2) = 1/6, ...

Source: Graham, Knuth, Patashnik, "Concrete Mathematics", 1994, section 6.5.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from fractions import Fraction
from math import comb

from ...grammar.short_repr import ShortRepr
from ..algebra.polynomials import ZERO, Algebra, Poly, sum_of_polynomials
from ..algebra.sparse_polynomials import Terms


@dataclass(frozen=True, slots=True, eq=False)
class Loop(ShortRepr):
    """A part that is built once and repeats ``count`` times.

    ``entering`` is the letter in its costs for the input channels of a round, which are
    ``start + growth*j`` in round j. A round begins with step ``opening`` and ends with step
    ``last``.
    """

    algebra: Algebra
    count: Poly
    entering: Poly
    start: Poly
    opening: int
    last: int
    growth: Poly = ZERO

    def in_round(self, poly: Poly, number: int | Poly) -> Poly:
        """What a polynomial in the entering channels is in one round."""
        if not poly:
            return ZERO
        return poly.compose([(self.entering, self.start + self.growth * number)])

    def over_rounds(self, poly: Poly) -> Poly:
        """The sum of a polynomial in the entering channels over all rounds."""
        if not poly:
            return ZERO
        if not self.growth:
            return self.in_round(poly, 0) * self.count
        ring, letter = self.algebra.ring, self.algebra.ring.gens.index(self.entering)
        powers: dict[int, Terms] = {}
        for monomial, coefficient in self.in_round(poly, self.entering).items():
            rest = (*monomial[:letter], 0, *monomial[letter + 1 :])
            found = powers.setdefault(monomial[letter], {})
            found[rest] = found.get(rest, 0) + coefficient
        return sum_of_polynomials(
            ring.from_dict(found) * self._power_sum(power) for power, found in powers.items()
        )

    def after_first(self, poly: Poly) -> Poly:
        """The sum over all rounds but the first."""
        return self.over_rounds(poly) - self.in_round(poly, 0)

    def _power_sum(self, power: int) -> Poly:
        """The sum of j**power for all rounds j."""
        constant = self.algebra.constant
        terms = enumerate(power_sum(power))
        return sum_of_polynomials(constant(c) * self.count**exponent for exponent, c in terms if c)


@functools.cache
def power_sum(power: int) -> tuple[Fraction, ...]:
    """The sum of j**power for j < n, as the coefficients of n**0, n**1, ...

    >>> power_sum(2)  # n/6 - n**2/2 + n**3/3
    (Fraction(0, 1), Fraction(1, 6), Fraction(-1, 2), Fraction(1, 3))
    """
    coefficients = [Fraction(0)] * (power + 2)
    for i in range(power + 1):
        coefficients[power + 1 - i] = comb(power + 1, i) * _bernoulli(i) / (power + 1)
    return tuple(coefficients)


@functools.cache
def _bernoulli(number: int) -> Fraction:
    if number == 0:
        return Fraction(1)
    lower = sum(comb(number + 1, i) * _bernoulli(i) for i in range(number))
    return -Fraction(lower) / (number + 1)
