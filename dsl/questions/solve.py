"""The largest or smallest value of one symbol for which a claim holds, with its certificate.

The values are those at which the network exists: whole numbers from 1 on, and of the width the
multiples of its step. The largest value of ``params <= 500k`` is the last at which the claim
holds, beyond which it never holds again; the smallest of ``params >= 500k`` is the first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ...grammar.budget import LONGEST_SIDE
from ...grammar.errors import NetformError
from ..algebra.periodic_sets import PeriodicSet, PeriodTooLongError
from ..algebra.polynomials import Poly, exact, number_of
from ..algebra.progressions import ABOVE, AT, BELOW, Progression
from ..algebra.units import verb
from ..costs.in_symbols import NetworkInSymbols
from ..costs.quantities import QUANTITIES, Quantity
from ..graph.symbols import WIDTH_AND_BATCH, check_number
from .claims import Claim, read_claim
from .solution import Certificate, Number, Solution, grouped, int_if_whole

if TYPE_CHECKING:
    from ..network import Network

LARGEST_VALUE = 10**12  # steps of a symbol that are searched
KEPT_SIGNS = {  # of a quantity less its budget
    "<=": {BELOW, AT},
    "<": {BELOW},
    ">=": {AT, ABOVE},
    ">": {ABOVE},
}

TYPICAL = 5040  # steps at which a network exists if any does, nearly always: many divisors


def solve(
    network: Network,
    claim: Claim | str,
    symbol: str,
    dtype: str = "float32",
    optimizer: str | None = None,
    step: Any = None,
    values: Mapping[str, Any] | None = None,
) -> Solution:
    """The largest value of a symbol that keeps a claim with <= or <, the smallest with >= or >.

    ``values`` fix the other symbols: w and B are 1 and lets their numbers unless given. ``step``
    is what values are multiples of: 1, and for w what makes all channels whole, unless given. The
    optimizer is the network's own unless given; averaged weights and split batches count as in the
    network's settings. Raises NetformError where no value is known to be the answer.
    """
    found = read_claim(claim) if isinstance(claim, str) else claim
    own = network.train.optimizer if optimizer is None else optimizer
    question = _question(network, found.quantity, symbol, dtype, own, step, values or {})
    return question.solution(found)


@dataclass(frozen=True, slots=True)
class _Question:
    """One quantity along the values of one symbol at which a network exists."""

    quantity: Quantity
    symbol: str
    poly: Poly
    progression: Progression
    candidates: PeriodicSet
    formulas: NetworkInSymbols
    dtype: str
    optimizer: str
    copies: int

    def solution(self, claim: Claim) -> Solution:
        """The value that answers a claim; raises NetformError if there is none."""
        best, beside = self.best_and_next(claim)
        most = self.number(LARGEST_VALUE)
        if self.symbol in self.formulas.extents:
            most = min(most, LONGEST_SIDE)
        if self.number(best) > most:
            raise NetformError(
                f"the answer is beyond {self.symbol} = {grouped(most)}",
                hint="give a smaller budget",
            )
        next_value, next_figure = None, None
        if beside is not None:
            next_value, next_figure = self.number(beside), self.figure(beside)
        return Solution(
            claim,
            self.symbol,
            self.progression.step,
            self.number(best),
            next_value,
            Certificate(self.figure(best), int_if_whole(claim.budget), next_figure),
            self.dtype,
            self.optimizer,
            self.copies,
        )

    def best_and_next(self, claim: Claim) -> tuple[int, int | None]:
        """The steps to the best value that keeps a claim, and to the next value, which breaks it."""
        progression, candidates = self.progression, self.candidates
        excess = progression.restricted(self.poly - self.formulas.algebra.constant(claim.budget))
        kept = KEPT_SIGNS[claim.relation]
        try:
            keeping = candidates & progression.where(excess, kept, candidates.after(0) or 1)
        except PeriodTooLongError as error:
            raise self.unclear(error) from None
        least = keeping.after(0)
        if least is None:
            raise self.unreachable(claim)
        if not claim.is_upper:
            return least, candidates.last(least - 1)
        greatest = None if keeping.is_endless else keeping.last()
        if greatest is None:
            raise self.endless(claim, excess, kept)
        return greatest, candidates.after(greatest)

    def number(self, steps: int) -> Number:
        """The value of the symbol after some steps."""
        return int_if_whole(self.progression.step * steps)

    def figure(self, steps: int) -> Number:
        """The quantity after some steps."""
        return int_if_whole(self.progression.value(self.progression.restricted(self.poly), steps))

    def unreachable(self, claim: Claim) -> NetformError:
        """The error where no value keeps the claim, with the nearest figure."""
        poly = self.progression.restricted(self.poly)
        sign = 1 if claim.is_upper else -1
        try:
            steps, _ = self.progression.least(poly * sign, self.candidates)
        except PeriodTooLongError as error:
            return self.unclear(error)
        best = self.figure(steps)
        name, budget = self.quantity.name, int_if_whole(claim.budget)
        return NetformError(
            f"no {self.symbol} keeps {name} {claim.relation} {grouped(budget)}: even at "
            f"{self.symbol} = {self.number(steps)} {name} {verb(self.quantity.unit)} {grouped(best)}",
            hint="give a larger budget" if claim.is_upper else "give a smaller budget",
        )

    def endless(self, claim: Claim, excess: Poly, kept: set[int]) -> NetformError:
        """The error where no value is the largest, with where the claim holds."""
        broken = self.candidates & self.progression.where(excess, {BELOW, AT, ABOVE} - kept)
        last = None if broken.is_endless else broken.last()
        start = self.candidates.after(last or 0)
        name, budget = self.quantity.name, int_if_whole(claim.budget)
        if broken.is_endless or start is None:
            where = f"for {self.symbol} without end"
        else:
            where = f"for every {self.symbol} from {self.number(start)} on"
        return NetformError(
            f"no {self.symbol} is the largest: {name} {claim.relation} {grouped(budget)} holds {where}",
            hint=f"ask for the smallest value that reaches a figure: {name} >= ...",
        )

    def unclear(self, error: PeriodTooLongError) -> NetformError:
        """The error where a quantity is not known to rise and has too many residue classes."""
        terms = {m: c for m, c in self.poly.items() if c < 0 and any(m)}
        falling = self.formulas.algebra.expression(self.poly.ring.from_dict(terms))
        name = self.quantity.name
        why = f"it has {falling}" if terms else "its roundings are not all known to increase"
        return NetformError(
            f"{name} {verb(self.quantity.unit)} not known to rise with {self.symbol}, since {why}, and the "
            "roundings repeat too rarely to look at every case",
            hint=f"look at fewer values: give {self.symbol} a larger --step",
        )


def _question(
    network: Network,
    quantity: Quantity,
    symbol: str,
    dtype: str,
    optimizer: str,
    step: Any,
    values: Mapping[str, Any],
) -> _Question:
    network, fixed = _with_values(network, symbol, values)
    formulas = network.in_symbols((symbol,))
    progression = Progression(formulas.algebra, symbol, _step(formulas, symbol, step), fixed)
    copies = network.train.copies
    poly = formulas.poly(quantity, dtype=dtype, optimizer=optimizer, copies=copies)
    number = number_of(progression.restricted(poly)) if poly else Fraction(0)
    if number is not None:
        raise _independent(quantity, symbol, number, progression, formulas)
    candidates = _candidates(formulas, progression, fixed)
    return _Question(
        quantity, symbol, poly, progression, candidates, formulas, dtype, optimizer, copies
    )


def _with_values(
    network: Network, symbol: str, values: Mapping[str, Any]
) -> tuple[Network, dict[str, Fraction]]:
    """The network with other symbols at some values, and the numbers of all its symbols."""
    if symbol in values:
        raise NetformError(
            f"{symbol} is the unknown, so it has no value", hint="fix other symbols only"
        )
    given = {name: exact(value) for name, value in values.items()}
    for name, value in given.items():
        check_number(name, value)
    scales = {name: given.pop(name) for name in WIDTH_AND_BATCH if name in given}
    network = network.having(**given) if given else network
    return network, {**scales, **network.values}


def _candidates(
    formulas: NetworkInSymbols, progression: Progression, fixed: Mapping[str, Fraction]
) -> PeriodicSet:
    """The numbers of steps at which the network exists; raises NetformError if there are none."""
    symbol = progression.symbol
    try:
        candidates = formulas.existing(progression)
    except PeriodTooLongError:
        raise NetformError(
            f"the {symbol} at which this network exists repeat too rarely to look at every case",
            hint=f"look at fewer values: give {symbol} a larger --step",
        ) from None
    if candidates.after(0) is None:
        typical = {**fixed, symbol: progression.step * TYPICAL}
        formulas.check(formulas.algebra.point(typical))
        raise NetformError(
            f"this network does not exist at any {symbol}", hint="see its domain: formula"
        )
    return candidates


def _step(formulas: NetworkInSymbols, symbol: str, given: Any) -> Fraction:
    """What the values of a symbol are multiples of."""
    known = formulas.width_step if symbol == "w" else Fraction(1)
    if given is not None:
        step = exact(given)
        if step <= 0:
            raise NetformError(
                f"a step is a positive number, not {step}", hint="write for example 1/20"
            )
        if (symbol == "B" or symbol in formulas.extents) and step.denominator != 1:
            raise NetformError(
                f"{symbol} is a whole number, so its step is not {step}",
                hint="give a whole step",
            )
        return step if known is None else least_common_multiple(step, known)
    if known is None and formulas.is_scaled:
        raise NetformError(
            "the widths of this network have no known step, since its channels are rounded, or "
            "no multiples of w",
            hint="give a step, such as all multiples of 1/20: --step 1/20",
        )
    return known or Fraction(1)


def least_common_multiple(*steps: Fraction) -> Fraction:
    """The least number that is a whole multiple of all steps; 1 where there are none."""
    numerator = math.lcm(*(step.numerator for step in steps))
    return Fraction(numerator, math.gcd(*(step.denominator for step in steps)) or 1)


def _independent(
    quantity: Quantity,
    symbol: str,
    number: Fraction,
    progression: Progression,
    formulas: NetworkInSymbols,
) -> NetformError:
    others = [
        name
        for name, other in QUANTITIES.items()
        if (poly := formulas.poly(other)) and number_of(progression.restricted(poly)) is None
    ]
    return NetformError(
        f"{quantity.name} {verb(quantity.unit)} {grouped(int_if_whole(number))} at every {symbol}",
        hint=f"choose a quantity that depends on {symbol}: {', '.join(others)}"
        if others
        else f"nothing of this network depends on {symbol}",
    )
