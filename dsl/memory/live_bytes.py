"""The bytes that live after every event of a step, by what they are counted as."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from ...grammar.errors import NetformError
from ..algebra.polynomials import ZERO, Poly, value_at, whole
from .profiles import PARTS

if TYPE_CHECKING:
    from .account import Account
    from .timeline import Timeline


def live_bytes_by_part(account: Account) -> dict[str, list[int]]:
    """For every part that ever lives its bytes at the start and after each event of the step.

    Raises NetformError where the account is of no peak, or leaves a letter free.
    """
    timeline = timeline_of_numbers(account)
    point = account.network.algebra.point(account.on_a_device)
    known: dict[Poly, int] = {}

    def size(poly: Poly) -> int:
        if poly not in known:
            known[poly] = whole(value_at(poly, point))
        return known[poly]

    live = {part: size(timeline.always.get(part, ZERO)) for part in PARTS}
    found = {part: [value] for part, value in live.items()}
    for event in timeline.events:
        live[event.part] += event.sign * size(event.bytes)
        for part, value in live.items():
            found[part].append(value)
    return {part: values for part, values in found.items() if any(values)}


def phases(timeline: Timeline) -> Iterator[tuple[str, int, int]]:
    """The passes of a step in order: the name, and the numbers of its first and last event from 1."""
    numbered = enumerate((event.phase for event in timeline.events), start=1)
    for phase, group in groupby(numbered, key=lambda pair: pair[1]):
        numbers = [number for number, _ in group]
        yield phase, numbers[0], numbers[-1]


def timeline_of_numbers(account: Account) -> Timeline:
    """The events of an account whose sizes are numbers; raises NetformError where it has none."""
    if account.timeline is None:
        raise NetformError(
            f"the mode {account.mode} is one sum, without the events of a step",
            hint="take the mode training_peak or inference_peak",
        )
    free = sorted(set(account.network.algebra.names) - account.values.keys())
    if free:
        raise NetformError(
            f"the bytes of an event are formulas in {', '.join(free)}",
            hint="give every symbol a value",
        )
    return account.timeline
