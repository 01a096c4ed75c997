"""The conditions on the extents of the input in words: the least, a divisor, residues, single sizes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from ...algebra.periodic_sets import EVERY, PeriodicSet
from .conditions import Condition
from .existence import by_symbol, candidates, meeting, shortest, symbol_of
from .extent_conditions import Least, Meeting

MOST_SIZES = 10_000  # that are looked at one by one
MOST_RANGES = 6  # of sizes, that are listed


def sizes_in_words(conditions: Sequence[Condition]) -> list[str]:
    """The conditions on the extents of the input: the least, and a divisor or residues."""
    words = [
        condition.words
        for condition in conditions
        if isinstance(condition, Meeting) and symbol_of(condition) is None
    ]
    for symbol, found in by_symbol(conditions).items():
        words += _sizes_of_symbol(symbol, found)
    return list(dict.fromkeys(words))


def _sizes_of_symbol(symbol: str, conditions: Sequence[Least | Meeting]) -> list[str]:
    met, progression = meeting(symbol, conditions)
    enough = candidates([c for c in conditions if isinstance(c, Least)], progression)
    if met is None:  # too many sizes would have to be looked at
        words = [condition.words for condition in conditions if isinstance(condition, Meeting)]
        return [*dict.fromkeys(words), *_regular_sizes(symbol, EVERY, enough.after(0) or 1)]
    exact = met & enough
    if exact.after(0) is None:
        return [f"there is no such {symbol}"]
    if not exact.is_endless:
        listed = _listed(exact, exact.last())
        words = [condition.words for condition in conditions if isinstance(condition, Meeting)]
        return [f"{symbol} is {listed}"] if listed else list(dict.fromkeys(words))
    sizes = exact.continued
    least = _least_regular(exact, sizes)
    words = _regular_sizes(symbol, sizes, least)
    others = _listed(exact, least - 1)
    return [f"{' and '.join(words)}, or {symbol} is {others}"] if others else words


def _regular_sizes(symbol: str, sizes: PeriodicSet, least: int) -> list[str]:
    """All sizes of some residues from the least on."""
    words = []
    residues, period = shortest(sizes)
    if period > 1:
        named = " or ".join(map(str, sorted(residues)))
        words.append(
            f"{symbol} is divisible by {period}"
            if residues == {0}
            else f"{symbol} mod {period} is {named}"
        )
    if least != sizes.after(0):
        words.append(f"{symbol} is at least {least}")
    return words


def _least_regular(exact: PeriodicSet, sizes: PeriodicSet) -> int:
    """The number from which on all sizes of the endless residues are there, and no others."""
    bounds = [n for runs in exact.runs.values() for run in runs for n in run if n is not None]
    start = max(bounds) + exact.period
    for number in range(start, max(0, start - MOST_SIZES), -1):
        if (number in sizes) != (number in exact):
            return sizes.after(number) or start
    return sizes.after(max(0, start - MOST_SIZES)) or start


def _listed(sizes: PeriodicSet, last: int | None) -> str:
    """The sizes up to the last as ranges; '' where there are none, or too many."""
    if last is None or last > MOST_SIZES:
        return ""
    ranges = list(_ranges(number for number in range(1, last + 1) if number in sizes))
    if len(ranges) > MOST_RANGES:
        return ""
    return " or ".join(
        str(first) if first == end else f"from {first} to {end}" for first, end in ranges
    )


def _ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Numbers in order, those that follow one another as their first and last."""
    for _, run in itertools.groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        found = [number for _, number in run]
        yield found[0], found[-1]
