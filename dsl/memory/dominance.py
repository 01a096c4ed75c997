"""Which of some polynomials may be the largest: those below others everywhere are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from ...grammar.budget import Work, spend
from ..algebra.polynomials import Poly
from ..costs.in_symbols import NetworkInSymbols
from ..graph.domain.layer_condition import Need

Least: TypeAlias = Sequence[int | None]  # of every letter; None where nothing is known
_Terms: TypeAlias = Mapping[tuple[int, ...], int | Fraction]


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


def largest(totals: Sequence[tuple[int, Poly]], least: Least) -> list[int]:
    """The numbers of those totals of which any may be the largest, in order."""
    kept: list[tuple[int, _Terms]] = []
    for number, total in totals:
        terms = from_least(total, least)
        spend(len(kept), Work.TERMS)
        if any(is_at_most(terms, other, least) for _, other in kept):
            continue
        kept = [entry for entry in kept if not is_at_most(entry[1], terms, least)]
        kept.append((number, terms))
    return [number for number, _ in _without_means(kept, least)]


def _without_means(
    kept: Sequence[tuple[int, _Terms]], least: Least
) -> Sequence[tuple[int, _Terms]]:
    """Without those that are at most a mean of those beside them, and so at most the larger one."""
    found: list[tuple[int, _Terms]] = []
    for entry in kept:
        while len(found) > 1 and _is_at_most_a_mean(found[-1][1], found[-2][1], entry[1], least):
            found.pop()
        found.append(entry)
    return found


def _is_at_most_a_mean(middle: _Terms, one: _Terms, two: _Terms, least: Least) -> bool:
    """Whether middle <= x*one + (1 - x)*two, term by term, for an x from 0 to 1."""
    low, high = Fraction(0), Fraction(1)
    for monomial in {**middle, **one, **two}:
        slope = one.get(monomial, 0) - two.get(monomial, 0)
        gap = middle.get(monomial, 0) - two.get(monomial, 0)  # slope*x >= gap
        is_signed = _is_signed(monomial, least)
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


def is_at_most(one: _Terms, other: _Terms, least: Least) -> bool:
    """Whether a polynomial is at most another everywhere, term by term."""
    for monomial, factor in one.items():
        more = other.get(monomial, 0)
        if factor > more or (factor < more and _is_signed(monomial, least)):
            return False
    rest = (m for m in other if m not in one)
    return not any(other[m] < 0 or _is_signed(m, least) for m in rest)


def never_negative(terms: _Terms, least: Least) -> bool:
    """Whether a polynomial is 0 or more everywhere, term by term."""
    return is_at_most({}, terms, least)


def from_least(poly: Poly, least: Least) -> _Terms:
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
