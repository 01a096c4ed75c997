"""What comes into memory and leaves it during a step, and the largest sum that lives at one time."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from ...grammar.short_repr import LongTuple, ShortRepr, shown
from ..algebra.polynomials import (
    Algebra,
    Poly,
    plain_value_at,
    sum_of_multiples,
    sum_of_polynomials,
)
from ..algebra.units import plain_number
from .dominance import Least, Terms, from_least, largest_of_terms
from .kept import BYTES, KeptTensor
from .peak import Moment, Peak
from .profiles import PARTS


class Event(NamedTuple):
    """A tensor comes into memory (``sign`` is 1) or leaves it (-1).

    ``phase`` is the pass of the step: start, forward, loss, backward, optimizer. ``part`` is one of
    PARTS: what the tensor is counted as.
    """

    tensor: KeptTensor
    part: str
    sign: int
    phase: str

    @property
    def bytes(self) -> Poly:
        """The size of the tensor."""
        return self.tensor.bytes

    def __repr__(self) -> str:
        return shown(self)


RecordedEvent: TypeAlias = tuple[KeptTensor, str, int, str]  # quicker to make than an Event


@dataclass(frozen=True)
class Timeline(ShortRepr):
    """The events of a step in order. ``always`` are bytes that live all the time, by part.

    ``recorded`` has a tuple for every event, with the fields of an Event.
    """

    recorded: Sequence[RecordedEvent]
    always: Mapping[str, Poly]

    @functools.cached_property
    def events(self) -> Sequence[Event]:
        """The events in order."""
        return LongTuple(map(Event._make, self.recorded))

    def live_bytes(self, algebra: Algebra, values: Mapping[str, Fraction]) -> list[int | Fraction]:
        """The sum of what lives after each event, at a number for every letter."""
        point = [plain_number(value) for value in algebra.point(values)]
        known: dict[int, int | Fraction] = {}  # by identity: tensors share their polynomials
        total = plain_value_at(sum_of_polynomials(self.always.values()), point)
        found = []
        for (_, _, dtype, size, _), _, sign, _ in self.recorded:
            key = id(size)
            if key not in known:
                known[key] = plain_value_at(size, point)
            total += sign * BYTES[dtype] * known[key]
            found.append(total)
        return found

    def peak_at(self, algebra: Algebra, values: Mapping[str, Fraction]) -> Peak:
        """The largest sum at a number for every letter: one moment."""
        live = self.live_bytes(algebra, values)
        index = live.index(max(live)) if live else -1
        return Peak(self._moments([index]))

    def peak(self, least: Least) -> Peak:
        """The largest sum for all values of the letters: the moments that may have it.

        ``least`` are the least values of the letters.
        """
        return Peak(self._moments(largest_of_terms(self._tops(least), least) or [-1]))

    def _tops(self, least: Least) -> Iterator[tuple[int, Terms]]:
        """The events after which the sum falls, with the terms of the sum from the least values."""
        known: dict[int, Terms] = {}  # by identity: tensors share their polynomials
        total = dict(from_least(sum_of_polynomials(self.always.values()), least))
        rises = False
        for index, ((_, _, dtype, values, _), _, sign, _) in enumerate(self.recorded):
            if rises and sign < 0:
                yield index - 1, total.copy()
            rises = sign > 0
            key = id(values)
            if key not in known:
                known[key] = from_least(values, least)
            factor = sign * BYTES[dtype]
            for monomial, coefficient in known[key].items():
                total[monomial] = total.get(monomial, 0) + coefficient * factor
        if rises:
            yield len(self.recorded) - 1, total

    def _moments(self, indices: Sequence[int]) -> tuple[Moment, ...]:
        """What lives after each of some events, in order; -1 is the start."""
        found, live, done = [], dict[int, RecordedEvent](), 0
        for index in indices:
            for event in self.recorded[done : index + 1]:
                tensor, _, sign, _ = event
                if sign > 0:
                    live[id(tensor)] = event
                else:
                    del live[id(tensor)]
            done = index + 1
            phase = self.recorded[index][-1] if index >= 0 else "start"
            tensors = LongTuple(tensor for tensor, *_ in live.values())
            found.append(Moment(index, phase, self._parts(live.values()), tensors))
        return tuple(found)

    def _parts(self, live: Iterable[RecordedEvent]) -> Mapping[str, Poly]:
        """The bytes by part where some tensors live."""
        times: dict[str, dict[Poly, int]] = {part: {} for part in PARTS}
        for (_, _, dtype, values, _), part, _, _ in live:
            times[part][values] = times[part].get(values, 0) + BYTES[dtype]
        for part, poly in self.always.items():
            times[part][poly] = times[part].get(poly, 0) + 1
        return {part: sum_of_multiples(found) for part, found in times.items()}
