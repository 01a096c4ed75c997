"""The domain of a network's formulas: the values of their letters for which the network exists."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from ....grammar.budget import Work, spend
from ...algebra.periodic_sets import EVERY, PeriodicSet, PeriodTooLongError
from ...algebra.polynomials import Algebra, Poly, whole_step
from ...algebra.progressions import ABOVE, AT, Progression
from .conditions import Condition, Whole
from .extent_conditions import Least, Meeting
from .layer_condition import Need

if TYPE_CHECKING:
    from sympy import Expr

STEPS_OF_A_DEMAND = 10  # of the budget
_SIGNS = {Need.NOT_NEGATIVE: {AT, ABOVE}, Need.ZERO: {AT}}


def candidates(conditions: Sequence[Condition], progression: Progression) -> PeriodicSet:
    """The numbers of steps of a progression at which the network exists.

    Raises PeriodTooLongError where the conditions repeat too rarely to be looked at.
    """
    asked = dict.fromkeys(need for condition in conditions for need in condition.needs())
    spend(STEPS_OF_A_DEMAND * len(asked), Work.CONDITIONS)
    needed = dict.fromkeys((need, progression.restricted(poly)) for need, poly in asked)
    found = EVERY
    for need, poly in needed:
        if need is Need.WHOLE:
            found &= progression.whole(poly)
    for need, poly in needed:
        if need is not Need.WHOLE:
            found &= progression.where(poly, _SIGNS[need])
    return found


def by_symbol(conditions: Sequence[Condition]) -> dict[str, list[Least | Meeting]]:
    """The conditions on extents that are functions of one symbol, by that symbol."""
    found: dict[str, list[Least | Meeting]] = {}
    for condition in conditions:
        if isinstance(condition, Least | Meeting):
            symbol = symbol_of(condition)
            if symbol is not None:
                found.setdefault(symbol, []).append(condition)
    return found


def symbol_of(condition: Least | Meeting) -> str | None:
    """The one symbol that the extents of a condition are functions of."""
    symbols = {extent.symbol for extent in condition.extents}
    return symbols.pop() if len(symbols) == 1 else None


def meeting(
    symbol: str, conditions: Sequence[Least | Meeting]
) -> tuple[PeriodicSet | None, Progression]:
    """The sizes at which branches have one size; None if too many would have to be checked."""
    algebra = conditions[0].extents[0].algebra
    progression = Progression(algebra, symbol, Fraction(1), {})
    same = [condition for condition in conditions if isinstance(condition, Meeting)]
    try:
        return candidates(same, progression), progression
    except PeriodTooLongError:
        return None, progression


def shortest(sizes: PeriodicSet) -> tuple[set[int], int]:
    """The residues of some sizes, by the shortest period that describes them."""
    periods = (p for p in range(1, sizes.period) if sizes.period % p == 0)
    for period in periods:
        residues = {n % period for n in sizes.runs}
        if len(residues) * (sizes.period // period) == len(sizes.runs):
            return residues, period
    return set(sizes.runs), sizes.period


def spacings(conditions: Sequence[Condition]) -> dict[str, tuple[int, int]]:
    """The symbols of extents whose sizes lie evenly spaced: the distance, and the first size."""
    found = {}
    for symbol, same in by_symbol(conditions).items():
        sizes, _ = meeting(symbol, same)
        if sizes is None or not sizes.is_endless:
            continue
        residues, period = shortest(sizes)
        if period > 1 and len(residues) == 1:
            found[symbol] = period, residues.pop()
    return found


def in_domain(expr: Expr, spaced: Mapping[str, tuple[int, int]]) -> Expr:
    """An expression without the floors that come out whole at sizes that are spaced evenly.

    Where R is divisible by 16, say, floor(R/8) is R/8.
    """
    if not spaced:
        return expr
    from sympy import Dummy, Integer, Symbol, expand

    for symbol, (distance, first) in spaced.items():
        steps = Dummy(integer=True)
        expr = expr.subs(Symbol(symbol), distance * steps + first)
        expr = expand(expr.subs(steps, (Symbol(symbol) - first) / Integer(distance)))
    return expr


def step(conditions: Sequence[Condition]) -> Fraction | None:
    """The s whose multiples are the widths that work; None where no such s is known."""
    numerator, denominator = 1, 0
    for count in dict.fromkeys(whole_counts(conditions)):
        own = whole_step(count)
        if own is None:
            return None
        if count.degree(0) > 0:  # least common multiple of fractions
            numerator = math.lcm(numerator, own.numerator)
            denominator = math.gcd(denominator, own.denominator)
    return Fraction(numerator, denominator) if denominator else None


def is_scaled(conditions: Sequence[Condition], algebra: Algebra) -> bool:
    """Whether a count of channels varies with w, rounded or not."""
    return any(algebra.unrounded(count).degree(0) > 0 for count in whole_counts(conditions))


def whole_counts(conditions: Sequence[Condition]) -> Iterator[Poly]:
    """The counts that must be whole and at least 1."""
    return (condition.count for condition in conditions if isinstance(condition, Whole))
