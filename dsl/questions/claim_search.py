"""A quantity along the values of one symbol, searched for the value that answers a claim."""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass
from fractions import Fraction

from ...grammar.budget import LONGEST_SIDE
from ...grammar.errors import NetformError
from ..algebra.periodic_sets import PeriodicSet, PeriodTooLongError
from ..algebra.polynomials import Poly
from ..algebra.progressions import ABOVE, AT, BELOW, Progression
from ..algebra.units import verb
from ..costs.quantities import Quantity
from ..memory.cases import Cases
from .claims import Claim
from .solution import Certificate, Number, Solution, grouped, int_if_whole

LARGEST_VALUE = 10**12  # steps of a symbol that are searched
KEPT_SIGNS = {  # of a quantity less its budget
    "<=": {BELOW, AT},
    "<": {BELOW},
    ">=": {AT, ABOVE},
    ">": {ABOVE},
}


class UnreachableError(NetformError):
    """No value keeps a claim. ``value`` of the symbol comes nearest."""

    value: Number = 0


@dataclass(frozen=True, slots=True)
class Question:
    """One quantity along the values of one symbol at which a network exists."""

    quantity: Quantity
    symbol: str
    cases: Cases
    polys: tuple[Poly, ...]  # of the cases, restricted to the progression
    progression: Progression
    candidates: PeriodicSet
    dtype: str
    optimizer: str
    copies: int

    def solution(self, claim: Claim) -> Solution:
        """The value that answers a claim; raises NetformError if there is none."""
        best, beside = self.best_and_next(claim)
        most = self.number(LARGEST_VALUE)
        if self.symbol in self.cases.network.extents:
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
        candidates, kept = self.candidates, KEPT_SIGNS[claim.relation]
        try:
            keeping = self.where(claim.budget, kept)
        except PeriodTooLongError as error:
            raise self.unclear(error) from None
        least = keeping.after(0)
        if least is None:
            raise self.unreachable(claim)
        if not claim.is_upper:
            return least, candidates.last(least - 1)
        greatest = None if keeping.is_endless else keeping.last()
        if greatest is None:
            raise self.endless(claim, kept)
        return greatest, candidates.after(greatest)

    def number(self, steps: int) -> Number:
        """The value of the symbol after some steps."""
        return int_if_whole(self.progression.step * steps)

    def figure(self, steps: int) -> Number:
        """The quantity after some steps."""
        return int_if_whole(max(self.progression.value(poly, steps) for poly in self.polys))

    def where(self, budget: Fraction, wanted: set[int]) -> PeriodicSet:
        """Where the quantity less a budget has one of some signs: of several, the largest has it.

        Raises PeriodTooLongError where this is not known.
        """
        first = self.candidates.after(0) or 1
        level = self.cases.network.algebra.constant(budget)
        found = (
            self.candidates & self.progression.where(poly - level, wanted, first)
            for poly in self.polys
        )
        return functools.reduce(operator.or_ if ABOVE in wanted else operator.and_, found)

    def unreachable(self, claim: Claim) -> NetformError:
        """The error where no value keeps the claim, with the nearest figure."""
        sign = 1 if claim.is_upper else -1
        try:
            ends = [self.progression.least(poly * sign, self.candidates) for poly in self.polys]
        except PeriodTooLongError as error:
            return self.unclear(error)
        steps = min((steps for steps, _ in ends), key=lambda steps: self.figure(steps) * sign)
        best = self.figure(steps)
        name, budget = self.quantity.name, int_if_whole(claim.budget)
        refusal = UnreachableError(
            f"no {self.symbol} keeps {name} {claim.relation} {grouped(budget)}: even at "
            f"{self.symbol} = {self.number(steps)} {name} {verb(self.quantity.unit)} {grouped(best)}",
            hint="give a larger budget" if claim.is_upper else "give a smaller budget",
        )
        refusal.value = self.number(steps)
        return refusal

    def endless(self, claim: Claim, kept: set[int]) -> NetformError:
        """The error where no value is the largest, with where the claim holds."""
        broken = self.where(claim.budget, {BELOW, AT, ABOVE} - kept)
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
        terms = {m: c for poly in self.cases.polys for m, c in poly.items() if c < 0 and any(m)}
        algebra = self.cases.network.algebra
        falling = algebra.expression(algebra.ring.from_dict(terms))
        name = self.quantity.name
        why = f"it has {falling}" if terms else "its roundings are not all known to increase"
        return NetformError(
            f"{name} {verb(self.quantity.unit)} not known to rise with {self.symbol}, since {why}, and the "
            "roundings repeat too rarely to look at every case",
            hint=f"look at fewer values: give {self.symbol} a larger --step",
        )
