"""The largest batch that really fits a memory, by trial: each in a process that may die."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from ...dsl.algebra.units import bytes_in_words
from ...grammar.errors import NetformError
from .measuring import predict
from .process import failure, run
from .request import BACKENDS, Request

MOST = 2**24  # images of a batch


@dataclass(frozen=True, slots=True)
class Trial:
    """A batch that was tried, and whether it fits."""

    batch: int
    fits: bool


@dataclass(frozen=True, slots=True)
class Largest:
    """The largest batch of a profile's model inside a memory, in bytes, and the predicted one.

    ``is_exact`` is False where a trial took too long: a larger one may fit.
    """

    profile: str
    memory: int
    batch: int
    predicted: int | None
    is_exact: bool
    trials: tuple[Trial, ...]

    def as_json(self) -> dict[str, Any]:
        """The answer as JSON values."""
        return asdict(self)


class _OverTimeError(Exception):
    """A trial took too long."""


def largest(
    request: Request, memory: int, show: Callable[[Trial], None] = lambda trial: None
) -> Largest:
    """Find the largest batch of the model that netform emits, by trial.

    ``show`` is told every trial. Raises NetformError where no batch fits, or a trial fails
    otherwise.
    """
    request.check()
    profile = BACKENDS[request.backend][-1]
    predicted = predicted_largest(request, profile, memory)
    trials: list[Trial] = []

    def fits(batch: int) -> bool:
        ending = run(request, profile, [batch], memory)
        if ending.kind == "time":
            raise _OverTimeError
        if ending.kind in ("card", "error"):
            raise failure(ending, f"the trial of {batch} images", request.seconds)
        trials.append(Trial(batch, ending.kind == "done"))
        show(trials[-1])
        return trials[-1].fits

    is_exact = True
    try:
        last_that(fits, predicted or 1)
    except _OverTimeError:
        is_exact = False
    best = max((trial.batch for trial in trials if trial.fits), default=0)
    if not best:
        raise _too_little(request, profile, memory, is_exact)
    return Largest(profile, memory, best, predicted, is_exact, tuple(trials))


def predicted_largest(request: Request, profile: str, memory: int) -> int | None:
    """The largest batch that a profile predicts to fit: 0 if there is none; None if it cannot."""
    if predict(request, profile, "training_peak", 1)[0] is None:
        return None

    def fits(batch: int) -> bool:
        found, _ = predict(request, profile, "training_peak", batch)
        return found is not None and found <= memory

    return last_that(fits, 1)


def last_that(fits: Callable[[int], bool], guess: int) -> int:
    """The last whole number from 1 on that fits, where all below it do; 0 where 1 does not.

    The search begins at the guess, with steps that double.
    """
    low, high = 0, MOST + 1
    at, step = guess, max(1, guess // 32)
    while low < high - 1:
        if fits(at):
            low = at
            at = min(low + step, MOST) if high > MOST else (low + high) // 2
        else:
            high = at
            at = max(high - step, 1) if low == 0 else (low + high) // 2
        step *= 2
    return low


def _too_little(request: Request, profile: str, memory: int, in_time: bool) -> NetformError:
    if not in_time:
        return NetformError(
            f"no trial ended within {request.seconds:g} seconds",
            hint="give more time with --timeout",
        )
    predicted, _ = predict(request, profile, "training_peak", 1)
    needed = "" if predicted is None else f"; {profile} predicts {bytes_in_words(predicted)}"
    return NetformError(
        f"a batch of one image does not fit {bytes_in_words(memory)}",
        hint=f"give more memory{needed}",
    )
