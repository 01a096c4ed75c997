"""Which of some polynomials may be the largest: those below others everywhere are left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import repeat
from operator import le
from typing import NamedTuple, TypeAlias

from ...grammar.budget import Work, spend
from ..algebra.polynomials import Poly
from ..costs.in_symbols import NetworkInSymbols
from ..graph.domain.layer_condition import Need

Least: TypeAlias = Sequence[int | None]  # of every letter; None where nothing is known
Coefficient: TypeAlias = int | Fraction
Terms: TypeAlias = Mapping[tuple[int, ...], Coefficient]


def least_values(network: NetworkInSymbols) -> Least:
    """The least value that each letter can have where the network exists, as far as it is told.

    B and the extents are 1 or more, w is positive, and a let is where a count of channels is a
    multiple of it. A rounding of what is not negative is not negative.
    """
    algebra = network.algebra
    least: list[int | None] = [0, 1]
    least += [1 if name in network.extents else None for name in algebra.names[2:]]
    counts = [poly for need, poly in network.needs if need is Need.NOT_NEGATIVE and len(poly) == 1]
    for poly in counts:
        ((powers, factor),) = poly.items()
        signed = [i for i, power in enumerate(powers) if power and _at(least, i) is None]
        if factor > 0 and len(signed) == 1 and powers[signed[0]] % 2 and signed[0] < len(least):
            least[signed[0]] = 0
    for rounding in algebra.roundings:
        terms = from_least(rounding.argument, least)
        least.append(0 if never_negative(terms, least) else None)
    return least


def largest(totals: Iterable[tuple[int, Poly]], least: Least) -> list[int]:
    """The numbers of those totals of which any may be the largest, in order."""
    return largest_of_terms(((n, from_least(total, least)) for n, total in totals), least)


def largest_of_terms(totals: Iterable[tuple[int, Terms]], least: Least) -> list[int]:
    """The same of totals in letters that are less by their least value."""
    given = list(totals)
    monomials = dict.fromkeys(monomial for _, terms in given for monomial in terms)
    signed = [monomial for monomial in monomials if _is_signed(monomial, least)]
    positive = [monomial for monomial in monomials if not _is_signed(monomial, least)]
    kept: list[_Total] = []
    for number, terms in given:
        total = _Total(
            number,
            tuple(terms.get(monomial, 0) for monomial in signed),
            tuple(terms.get(monomial, 0) for monomial in positive),
        )
        spend(len(kept), Work.TERMS)
        if any(total.is_at_most(other) for other in reversed(kept)):
            continue
        kept = [other for other in kept if not other.is_at_most(total)]
        kept.append(total)
    return [total.number for total in _without_means(kept)]


class _Total(NamedTuple):
    """A total by its factors: of monomials that may be negative, and of the others."""

    number: int
    signed: tuple[Coefficient, ...]
    positive: tuple[Coefficient, ...]

    def is_at_most(self, other: _Total) -> bool:
        """Whether it is so everywhere, term by term."""
        return self.signed == other.signed and all(map(le, self.positive, other.positive))

    def is_at_most_a_mean(self, one: _Total, two: _Total) -> bool:
        """Whether it is at most x*one + (1 - x)*two, term by term, for an x from 0 to 1."""
        low, high = Fraction(0), Fraction(1)
        signed = zip(self.signed, one.signed, two.signed, repeat(True), strict=False)
        positive = zip(self.positive, one.positive, two.positive, repeat(False), strict=False)
        for middle, a, b, is_signed in (*signed, *positive):
            slope, gap = a - b, middle - b  # slope*x >= gap
            if not slope:
                if gap > 0 or (gap and is_signed):
                    return False
                continue
            bound = Fraction(gap) / slope
            if slope > 0 or is_signed:
                low = max(low, bound)
            if slope < 0 or is_signed:
                high = min(high, bound)
        return low <= high


def _without_means(kept: Sequence[_Total]) -> Sequence[_Total]:
    """Without those that are at most a mean of those beside them, and so at most the larger one."""
    found: list[_Total] = []
    for total in kept:
        while len(found) > 1 and found[-1].is_at_most_a_mean(found[-2], total):
            found.pop()
        found.append(total)
    return found


def never_negative(terms: Terms, least: Least) -> bool:
    """Whether a polynomial is 0 or more everywhere, term by term."""
    return not any(factor < 0 or _is_signed(m, least) for m, factor in terms.items())


def from_least(poly: Poly, least: Least) -> Terms:
    """The terms of a polynomial in letters that are less by their least value."""
    if not poly:
        return {}
    ring = poly.ring
    places = [i for i, low in enumerate(least) if low and poly.degree(i) > 0]
    return poly.compose([(ring.gens[i], ring.gens[i] + (least[i] or 0)) for i in places]).terms


def _is_signed(monomial: tuple[int, ...], least: Least) -> bool:
    """Whether it may be negative."""
    return any(power % 2 and _at(least, i) is None for i, power in enumerate(monomial))


def _at(least: Least, place: int) -> int | None:
    return least[place] if place < len(least) else None
