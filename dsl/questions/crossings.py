"""Where one network overtakes another: all values of a symbol at which a difference changes sign.

Both networks are put into one algebra, so that their difference is a polynomial in shared letters.
Its sign along the symbol is known for all values at once, also where extents round.
"""

from __future__ import annotations

import contextlib
import functools
import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from ...grammar.short_repr import ShortRepr
from ..algebra.exact_numbers import least_common_multiple
from ..algebra.periodic_sets import PeriodicSet, PeriodTooLongError, Run
from ..algebra.polynomials import Algebra, Poly, number_of, sum_of_polynomials, whole
from ..algebra.progressions import ABOVE, AT, BELOW, Progression
from ..algebra.units import plain_number
from ..costs.in_symbols import NetworkInSymbols
from ..costs.quantities import Quantity
from ..memory.cases import Cases, counts_anew
from ..memory.profiled_quantity import ProfiledQuantity, title_of

if TYPE_CHECKING:
    from ..network import Network

MOST_CROSSINGS = 100  # of one quantity and symbol that are listed
MOST_CLASSES = 300  # of residues of a period that are looked at one by one
SCANNED = 2000  # steps that are looked at one by one where there are more

Number = int | Fraction


@dataclass(frozen=True, slots=True)
class Crossing(ShortRepr):
    """Neighbouring values of a symbol between which one network overtakes the other.

    ``at_before`` and ``at_after`` are the figures of both networks there, which prove it. Where
    ``with_ties`` both are equal at all values between the two.
    """

    before: Number
    after: Number
    at_before: tuple[int, int]
    at_after: tuple[int, int]
    with_ties: bool


@dataclass(frozen=True, slots=True)
class Standing(ShortRepr):
    """Which of two networks needs less of a quantity along a symbol, and where that changes.

    ``first`` is the sign of one less the other at the first value where they differ: -1 where
    one needs less, 0 where they never differ. Values are multiples of ``step``. Where not all is
    known, ``undecided`` is what and why; ``crossings`` are then the first ones, or none.
    """

    quantity: str
    symbol: str
    step: Fraction
    first: int
    crossings: tuple[Crossing, ...]
    undecided: str = ""

    @property
    def last(self) -> int:
        """The sign of one less the other behind all crossings."""
        return self.first if len(self.crossings) % 2 == 0 else -self.first


def standings(
    one: Network,
    other: Network,
    symbol: str,
    quantities: Sequence[Quantity],
    values: Mapping[str, Fraction],
    model: Mapping[str, str],
) -> list[Standing]:
    """Which network needs less of every quantity that depends on a symbol.

    ``values`` fix w and B, ``model`` is the data type and optimizer of memory. Raises NetformError
    where the symbol is not one of both.
    """
    formulas = one.in_symbols((symbol,)), other.in_symbols((symbol,))
    step, why = _step(formulas, symbol)
    joint = _JointAlgebra(formulas, symbol, step, values)
    place, existing = _domain(formulas, symbol, step, values)
    why = why or place
    found = []
    for quantity in quantities:
        own, undecided = joint, why
        if not isinstance(quantity, ProfiledQuantity):
            cases = [Cases(each, (each.poly(quantity, **model),)) for each in formulas]
        else:
            fixed = {name: value for name, value in values.items() if name != symbol}
            asked = quantity, (symbol,), fixed, model["dtype"], model["optimizer"]
            cases = [each.cases(*asked) for each in (one, other)]
            own = _JointAlgebra([each.network for each in cases], symbol, step, values)
            if counts_anew(quantity, symbol):
                undecided = f"nothing is decided, since memory is counted anew at every {symbol}"
        pair = [[own.moved(poly, n) for poly in each.polys] for n, each in enumerate(cases)]
        if all(own.is_constant(poly) for polys in pair for poly in polys):
            continue
        name = title_of(quantity)
        if undecided or existing is None:
            found.append(Standing(name, symbol, step, 0, (), undecided))
        else:
            found.append(own.standing(name, pair[0], pair[1], existing))
    return found


def _step(formulas: Sequence[NetworkInSymbols], symbol: str) -> tuple[Fraction, str]:
    """What values of a symbol are multiples of in both networks, or why that is not known."""
    if symbol != "w":
        return Fraction(1), ""
    known = [network.width_step for network in formulas]
    if any(network.width_step is None and network.is_scaled for network in formulas):
        return Fraction(1), "nothing is decided, since the widths have no known step"
    return least_common_multiple(*(step for step in known if step is not None)), ""


def _domain(
    formulas: Sequence[NetworkInSymbols],
    symbol: str,
    step: Fraction,
    values: Mapping[str, Fraction],
) -> tuple[str, PeriodicSet | None]:
    """The numbers of steps at which both networks exist, or why there are none."""
    try:
        one, other = (
            network.existing(Progression(network.algebra, symbol, step, values))
            for network in formulas
        )
        both = one & other
    except PeriodTooLongError:
        return f"nothing is decided, since the {symbol} at which both exist repeat too rarely", None
    if both.after(0) is None:
        return f"there is no {symbol} at which both exist", None
    return "", both


class _JointAlgebra:
    """Two networks in one algebra, along one symbol."""

    def __init__(
        self,
        formulas: Sequence[NetworkInSymbols],
        symbol: str,
        step: Fraction,
        values: Mapping[str, Fraction],
    ) -> None:
        names = formulas[0].algebra.names[2:]
        joint = Algebra(names, sum(len(network.algebra.roundings) for network in formulas))
        self.ring = joint.ring
        self.letters: list[list[Poly]] = []
        for number, network in enumerate(formulas):
            self.letters.append([joint.symbol(name) for name in network.algebra.names])
            for rounding in network.algebra.roundings:
                argument = self.moved(rounding.argument, number)
                self.letters[number].append(joint.rounded(rounding.function, argument))
        self.progression = Progression(joint, symbol, step, values)

    def moved(self, poly: Poly, number: int) -> Poly:
        """A polynomial of one of the networks in the letters of both."""
        letters = self.letters[number]
        terms = []
        for monomial, coefficient in poly.items() if poly else ():
            term = self.ring.constant(coefficient)
            for letter, power in zip(letters, monomial, strict=False):
                if power:
                    term *= letter**power
            terms.append(term)
        return sum_of_polynomials(terms) or self.ring.zero

    def is_constant(self, poly: Poly) -> bool:
        return number_of(self.progression.restricted(poly)) is not None

    def standing(
        self, name: str, one: Sequence[Poly], other: Sequence[Poly], existing: PeriodicSet
    ) -> Standing:
        """Where the largest of some polynomials is less than the largest of others."""
        progression = self.progression
        differences = [[progression.restricted(a - b) for a in one] for b in other]
        less, more, why = self.signs(differences, existing)
        starts = {sign: runs.after(0) for sign, runs in ((BELOW, less), (ABOVE, more))}
        known = {sign: start for sign, start in starts.items() if start is not None}
        if not known:
            return Standing(name, progression.symbol, progression.step, 0, (), why)
        first = min(known, key=known.__getitem__)
        runs, others = (less, more) if first == BELOW else (more, less)
        place: int | None = known[first]
        turns: list[tuple[int, int]] = []
        while place is not None and len(turns) <= MOST_CROSSINGS:
            turn = others.after(place)
            if turn is not None:
                before = runs.last(turn - 1)
                assert before is not None
                turns.append((before, turn))
            place, runs, others = turn, others, runs
        if len(turns) > MOST_CROSSINGS:
            why = f"more than {MOST_CROSSINGS} crossings are not listed"
        crossings = tuple(
            Crossing(
                plain_number(progression.step * before),
                plain_number(progression.step * after),
                (self.figure(one, before), self.figure(other, before)),
                (self.figure(one, after), self.figure(other, after)),
                existing.after(before) != after,
            )
            for before, after in turns[:MOST_CROSSINGS]
        )
        return Standing(name, progression.symbol, progression.step, first, crossings, why)

    def signs(
        self, differences: Sequence[Sequence[Poly]], existing: PeriodicSet
    ) -> tuple[PeriodicSet, PeriodicSet, str]:
        """Where a difference of maxima is below 0 and above 0; and why that is not known further.

        A row of ``differences`` has one of the other polynomials, a column one of the first.
        """
        progression = self.progression
        period = math.lcm(*(self.period(poly) for row in differences for poly in row))
        if period <= MOST_CLASSES:
            with contextlib.suppress(PeriodTooLongError):
                less = self._any_row(differences, BELOW, existing)
                columns = list(zip(*differences, strict=True))
                return less, self._any_row(columns, ABOVE, existing), ""
        runs: dict[int, list[Run]] = {BELOW: [], AT: [], ABOVE: []}
        first = existing.after(0) or 1
        beyond = first + SCANNED
        for steps in range(first, beyond):
            if steps in existing:
                rows = (max(progression.value(p, steps) for p in row) for row in differences)
                value = min(rows)
                runs[(value > 0) - (value < 0)].append((steps, steps))
        less, more = (PeriodicSet(1, {0: tuple(runs[sign])}) for sign in (BELOW, ABOVE))
        end = plain_number(progression.step * (beyond - 1))
        why = f"beyond {progression.symbol} = {end} nothing is decided, since roundings repeat too rarely"
        return less, more, why

    def _any_row(
        self, rows: Sequence[Sequence[Poly]], sign: int, existing: PeriodicSet
    ) -> PeriodicSet:
        """Where all of a row have a sign, for any row."""
        where = self.progression.where
        found = (
            functools.reduce(operator.and_, (where(poly, {sign}) for poly in row), existing)
            for row in rows
        )
        return functools.reduce(operator.or_, found)

    def period(self, poly: Poly) -> int:
        """The numbers of steps after which the roundings in a polynomial repeat."""
        algebra = self.progression.algebra
        periods = [1] * len(algebra.names)
        for rounding in algebra.roundings:
            argument = self.progression.restricted(rounding.argument)
            inner = [c for monomial, c in argument.items() if any(monomial)]
            own = math.lcm(*(int(c.denominator) for c in inner))
            periods.append(own * _period(argument, periods))
        return _period(poly, periods)

    def figure(self, polys: Sequence[Poly], steps: int) -> int:
        restricted = map(self.progression.restricted, polys)
        return whole(max(self.progression.value(poly, steps) for poly in restricted))


def _period(poly: Poly, periods: Sequence[int]) -> int:
    letters = {i for monomial in poly for i, power in enumerate(monomial) if power}
    return math.lcm(*(periods[i] for i in letters))
