"""Sets of whole numbers from 1 on that consist of runs along the residue classes of a period.

The sizes that a network exists for are such a set: "divisible by 16 and at least 75".
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...grammar.budget import Work, spend

LONGEST_PERIOD = 10_000  # of a set that is looked at class by class

Run = tuple[int, int | None]  # its first number, and its last unless it has no end


class PeriodTooLongError(Exception):
    """A period has too many residue classes to look at; the argument is the period."""


@dataclass(frozen=True, slots=True)
class PeriodicSet:
    """The numbers n of every run in ``runs[n % period]``.

    >>> even = PeriodicSet(2, {0: ((2, None),)})
    >>> small = PeriodicSet(1, {0: ((1, 9),)})
    >>> (even & small).last(), (even & small).after(4), 5 in even
    (8, 6, False)
    """

    period: int
    runs: Mapping[int, tuple[Run, ...]]

    def __contains__(self, number: int) -> bool:
        runs = self.runs.get(number % self.period, ())
        return any(first <= number and (last is None or number <= last) for first, last in runs)

    def __and__(self, other: PeriodicSet) -> PeriodicSet:
        """The numbers in both; raises PeriodTooLongError where their common period is too long."""
        period = math.lcm(self.period, other.period)
        check_period(period)
        spend(period // 2, Work.CASES)
        runs = {}
        for residue in range(period):
            mine = self.runs.get(residue % self.period, ())
            others = other.runs.get(residue % other.period, ())
            both = tuple(_both(mine, others))
            if both:
                runs[residue] = both
        return PeriodicSet(period, runs)

    def __or__(self, other: PeriodicSet) -> PeriodicSet:
        """The numbers in one or both; raises PeriodTooLongError as their common numbers do."""
        period = math.lcm(self.period, other.period)
        check_period(period)
        spend(period // 2, Work.CASES)
        runs = {}
        for residue in range(period):
            mine = self.runs.get(residue % self.period, ())
            either = mine + other.runs.get(residue % other.period, ())
            if either:
                runs[residue] = either
        return PeriodicSet(period, runs)

    def after(self, number: int) -> int | None:
        """The least above a number; None if there is none."""
        found = (
            ahead
            for residue, runs in self.runs.items()
            for first, last in runs
            if (ahead := self._next(max(first, number + 1), residue)) <= (last or ahead)
        )
        return min(found, default=None)

    def last(self, most: int | None = None) -> int | None:
        """The greatest, or the greatest up to ``most``; None if there is none.

        Without ``most`` the set must have an end.
        """
        found = (
            back
            for residue, runs in self.runs.items()
            for first, last in runs
            if (back := self._previous(_least(last, most), residue)) >= first
        )
        return max(found, default=None)

    @property
    def is_endless(self) -> bool:
        """Whether there is no greatest."""
        return any(last is None for runs in self.runs.values() for _, last in runs)

    @property
    def continued(self) -> PeriodicSet:
        """The classes in which it has no greatest, each from its first number on."""
        endless = (r for r, runs in self.runs.items() if any(last is None for _, last in runs))
        return PeriodicSet(self.period, dict.fromkeys(endless, ((1, None),)))

    def _next(self, number: int, residue: int) -> int:
        return number + (residue - number) % self.period

    def _previous(self, number: int, residue: int) -> int:
        return number - (number - residue) % self.period


EVERY = PeriodicSet(1, {0: ((1, None),)})
NONE = PeriodicSet(1, {})


def check_period(period: int) -> None:
    """Raise PeriodTooLongError where a period has too many residue classes to look at."""
    if period > LONGEST_PERIOD:
        raise PeriodTooLongError(period)


def _both(some: Iterable[Run], others: tuple[Run, ...]) -> Iterable[Run]:
    for first, last in some:
        for other_first, other_last in others:
            start = max(first, other_first)
            ends = [end for end in (last, other_last) if end is not None]
            if not ends or start <= min(ends):
                yield start, min(ends, default=None)


def _least(last: int | None, most: int | None) -> int:
    ends = [end for end in (last, most) if end is not None]
    return min(ends)
