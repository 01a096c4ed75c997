"""How long one count takes in a warm process, and how much of that is building the model."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

M = TypeVar("M")
R = TypeVar("R")

# This many runs suffice once this many seconds have gone: seconds, because a shared machine
# has slow moments, and a median of runs that all fall into one means little.
ENOUGH = ((10, 4.0), (3, 20.0))


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one count: the first in its process, and the median of those after it.

    ``median_ms`` includes building the model; ``counting_ms`` is the median without that.
    """

    first_ms: float
    median_ms: float
    counting_ms: float
    runs: int


def measure(
    build: Callable[[], M], count: Callable[[M], R], before: Callable[[], object] = lambda: None
) -> tuple[Timing, R]:
    """Build and count again and again; ``before`` comes before every run and is not timed."""

    def run() -> tuple[float, float, R]:
        before()
        started = time.perf_counter()
        model = build()
        built = time.perf_counter()
        result = count(model)
        ended = time.perf_counter()
        return 1000 * (ended - started), 1000 * (ended - built), result

    first_ms, _, _ = run()
    wholes: list[float] = []
    counts: list[float] = []
    started = time.perf_counter()
    while not _done(len(wholes), time.perf_counter() - started):
        whole, counting, result = run()
        wholes.append(whole)
        counts.append(counting)
    return Timing(
        first_ms=round(first_ms, 2),
        median_ms=round(statistics.median(wholes), 2),
        counting_ms=round(statistics.median(counts), 2),
        runs=len(wholes),
    ), result


def _done(runs: int, seconds: float) -> bool:
    return any(runs >= enough and seconds >= limit for enough, limit in ENOUGH)
