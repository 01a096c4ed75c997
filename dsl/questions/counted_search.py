"""A question whose figures are counted anew at every value, since their formula is not exact.

The formula is a first guess; from there the answer is found by doubling and halving, on figures
that rise with the symbol.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..algebra.periodic_sets import PeriodicSet
from .claim_search import KEPT_SIGNS, Question, UnreachableError
from .claims import Claim
from .solution import Number


@dataclass(frozen=True, slots=True)
class CountedQuestion(Question):
    """A question that ``count`` answers at one value of the symbol."""

    count: Callable[[Number], Number]

    def figure(self, steps: int) -> Number:
        """The quantity after some steps."""
        return self.count(self.number(steps))

    def best_and_next(self, claim: Claim) -> tuple[int, int | None]:
        """The steps to the best value that keeps a claim, and to the next value, which breaks it."""
        first = self.candidates.after(0) or 1
        if not all(self.progression.is_rising(poly, first) for poly in self.polys):
            return Question.best_and_next(self, claim)
        try:
            guess, _ = Question.best_and_next(self, claim)
        except UnreachableError:
            guess = first
        kept = KEPT_SIGNS[claim.relation]

        def is_inside(steps: int) -> bool:
            excess = self.figure(steps) - claim.budget
            return (((excess > 0) - (excess < 0)) in kept) == claim.is_upper

        last, beyond = boundary(self.candidates, is_inside, guess)
        best, beside = (last, beyond) if claim.is_upper else (beyond, last)
        if best is None:
            raise self.unreachable(claim)
        return best, beside


def boundary(
    candidates: PeriodicSet, is_inside: Callable[[int], bool], guess: int
) -> tuple[int | None, int | None]:
    """The last of some numbers that is inside, and the next one, which is not.

    All numbers up to the last are inside, and none behind. ``guess`` is one of the numbers. None
    where no number is inside, or all are.
    """
    low, high = _around(candidates, is_inside, guess)
    while low is not None and high is not None:
        half = (low + high) // 2
        middle = candidates.after(half - 1)
        if middle is None or middle >= high:
            middle = candidates.last(half - 1)
        if middle is None or middle <= low:
            break
        low, high = (middle, high) if is_inside(middle) else (low, middle)
    return low, high


def _around(
    candidates: PeriodicSet, is_inside: Callable[[int], bool], guess: int
) -> tuple[int | None, int | None]:
    """A number inside and one that is not, found from a guess in steps that double."""
    place, width = guess, 1
    if is_inside(guess):
        while is_inside(place):
            low = place
            further = candidates.after(low + width - 1)
            if further is None:
                further, width = candidates.after(low), 1
            if further is None:
                return low, None
            place, width = further, 2 * width
        return low, place
    first = candidates.after(0)
    while not is_inside(place):
        high = place
        if place == first:
            return None, high
        place, width = candidates.last(high - width) or first or 1, 2 * width
    return place, high
