"""What comes into memory and leaves it during a step, and the largest sum that lives at one time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ...grammar.short_repr import LongTuple, ShortRepr
from ..algebra.polynomials import ZERO, Algebra, Poly, sum_of_polynomials, value_at
from .dominance import Least, largest
from .kept import KeptTensor
from .peak import Moment, Peak
from .profiles import PARTS


@dataclass(frozen=True, slots=True)
class Event(ShortRepr):
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


@dataclass(frozen=True)
class Timeline(ShortRepr):
    """The events of a step in order. ``always`` are bytes that live all the time, by part."""

    events: Sequence[Event]
    always: Mapping[str, Poly]

    def live_bytes(self, algebra: Algebra, values: Mapping[str, Fraction]) -> list[Fraction]:
        """The sum of what lives after each event, at a number for every letter."""
        point = algebra.point(values)
        known: dict[Poly, Fraction] = {}
        total = value_at(sum_of_polynomials(self.always.values()), point)
        found = []
        for event, size in self._sizes():
            if size not in known:
                known[size] = value_at(size, point)
            total += event.sign * known[size]
            found.append(total)
        return found

    def peak_at(self, algebra: Algebra, values: Mapping[str, Fraction]) -> Peak:
        """The largest sum at a number for every letter: one moment."""
        live = self.live_bytes(algebra, values)
        index = max(range(len(live)), key=live.__getitem__, default=-1)
        return Peak((self._moment(index),))

    def peak(self, least: Least) -> Peak:
        """The largest sum for all values of the letters: the moments that may have it.

        ``least`` are the least values of the letters.
        """
        totals = []
        total = sum_of_polynomials(self.always.values())
        signs = [event.sign for event in self.events]
        for index, (event, size) in enumerate(self._sizes()):
            total = total + size * event.sign
            if event.sign > 0 and (index + 1 == len(signs) or signs[index + 1] < 0):
                totals.append((index, total))
        return Peak(tuple(map(self._moment, largest(totals, least) or [-1])))

    def _sizes(self) -> Iterator[tuple[Event, Poly]]:
        """The events, each with its size, which is worked out once for each tensor."""
        known: dict[int, Poly] = {}
        for event in self.events:
            key = id(event.tensor)
            if key not in known:
                known[key] = event.tensor.bytes
            yield event, known[key]

    def _moment(self, index: int) -> Moment:
        """What lives after the event of an index; -1 is the start."""
        live: dict[int, Event] = {}
        for event in self.events[: index + 1]:
            if event.sign > 0:
                live[id(event.tensor)] = event
            else:
                del live[id(event.tensor)]
        parts = {
            part: sum_of_polynomials(
                [self.always.get(part, ZERO), *(e.bytes for e in live.values() if e.part == part)]
            )
            for part in PARTS
        }
        tensors = LongTuple(event.tensor for event in live.values())
        phase = self.events[index].phase if index >= 0 else "start"
        return Moment(index, phase, parts, tensors)
