"""The aperture (receptive field): which input pixels one pixel of a map sees, exactly.

Along one axis a layer connects output pixel i to a few input pixels. Following the connections
back to the image gives, for every i, an interval of image pixels. The intervals repeat: after
``period`` output pixels the same pattern comes ``jump`` image pixels further on. The period is 1
for convolutions and pools, and more only after an up-convolution, where it depends on a pixel's
phase which taps reach it.

For period 1 this is the usual recurrence: with the strides before a layer multiplied to ``jump``,
``size += (kernel - 1) * dilation * jump`` and ``offset -= before * jump``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

LONGEST_PERIOD = 4096

Interval = tuple[int, int]  # first and last pixel


@dataclass(frozen=True, slots=True)
class Window:
    """Output pixel i sees pixels i*stride - before + t*dilation for t = 0 .. kernel - 1."""

    kernel: int
    stride: int = 1
    dilation: int = 1
    before: int = 0

    def inputs(self, i: int) -> range:
        first = i * self.stride - self.before
        return range(first, first + (self.kernel - 1) * self.dilation + 1, self.dilation)


@dataclass(frozen=True, slots=True)
class Transposed:
    """The window turned round: output pixel i sees j where i + before - j*stride is a tap."""

    kernel: int
    stride: int = 1
    dilation: int = 1
    before: int = 0

    def inputs(self, i: int) -> range:
        reach = (self.kernel - 1) * self.dilation
        place = i + self.before
        if self.dilation > 1:  # then the stride is 1
            return range(place - reach, place + 1, self.dilation)
        return range(-((reach - place) // self.stride), place // self.stride + 1)


Connection = Window | Transposed


@dataclass(frozen=True, slots=True)
class Reach:
    """Along one axis: pixel q*period + r sees ``intervals[r]`` shifted by q*jump.

    An interval is None where no tap of an up-convolution lands.
    """

    jump: int = 1
    intervals: tuple[Interval | None, ...] = ((0, 0),)

    @property
    def period(self) -> int:
        return len(self.intervals)

    def interval(self, i: int) -> Interval | None:
        """The image pixels that pixel i sees, on an image without borders."""
        turns, phase = divmod(i, self.period)
        seen = self.intervals[phase]
        return seen and (seen[0] + turns * self.jump, seen[1] + turns * self.jump)

    def through(self, connection: Connection) -> Reach:
        """The reach one layer further on."""
        match connection:
            case Window(kernel, stride, dilation, before) if self.period == 1 and (
                only := self.intervals[0]
            ):
                first = only[0] - before * self.jump
                last = only[1] + ((kernel - 1) * dilation - before) * self.jump
                return Reach(self.jump * stride, ((first, last),))
            case Window(stride=stride):
                period = self.period // math.gcd(self.period, stride)
                jump = self.jump * (period * stride // self.period)
            case Transposed(stride=stride):
                period, jump = self.period * stride, self.jump
        if period > LONGEST_PERIOD:
            raise OverflowError(period)
        intervals = tuple(self._hull(connection.inputs(i)) for i in range(period))
        return _shortest(jump, intervals)

    def _hull(self, inputs: range) -> Interval | None:
        """What several pixels see together: from the first that sees anything to the last.

        Intervals move on with their pixels, and one period of them holds every kind there is.
        """
        ends = inputs[: self.period], inputs[::-1][: self.period]
        first = next((seen for i in ends[0] if (seen := self.interval(i))), None)
        last = next((seen for i in ends[1] if (seen := self.interval(i))), None)
        return (first[0], last[1]) if first and last else None


def _shortest(jump: int, intervals: tuple[Interval | None, ...]) -> Reach:
    """The same reach with the shortest period that describes it."""
    whole = Reach(jump, intervals)
    period = len(intervals)
    for shorter in range(1, period // 2 + 1):
        turns, rest = divmod(period, shorter)
        if rest or jump % turns:
            continue
        candidate = Reach(jump // turns, intervals[:shorter])
        if all(candidate.interval(i) == intervals[i] for i in range(period)):
            return candidate
    return whole


@dataclass(frozen=True, slots=True)
class Aperture:
    """What one pixel of a map sees of the image; each field has one entry per axis.

    ``size`` is the extent seen, in pixels; where it depends on the pixel's phase it is a pair
    (least, most). ``jump`` is how far the aperture moves from one pixel to the next (a fraction
    after up-convolutions). ``offset`` is the first image pixel that pixel 0 sees (or the first
    pixel that sees any), negative where that lies in the padding, and ``padding`` is -offset, the
    effective padding of the literature. ``is_global`` says that a layer on the way (gap, fc) sees
    the whole image; the other fields are then those of the last local map.

    Source: Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks",
    Distill 2019.
    """

    size: tuple[int | Interval, ...]
    jump: tuple[Fraction, ...]
    offset: tuple[int, ...]
    padding: tuple[int, ...]
    is_global: bool


@dataclass(frozen=True, slots=True)
class Sight:
    """The reach along every axis of a map, on the way from the image."""

    axes: tuple[Reach, ...]
    is_global: bool = False

    def through(self, connections: Sequence[Connection] | None) -> Sight:
        """One layer further on; None is a layer that sees the whole map."""
        if self.is_global or connections is None:
            return Sight(self.axes, True)
        if not connections:
            return self
        pairs = zip(self.axes, connections, strict=True)
        return Sight(tuple(axis.through(connection) for axis, connection in pairs))

    def aperture(self) -> Aperture:
        offset = tuple(_offset(axis) for axis in self.axes)
        return Aperture(
            size=tuple(_size(axis) for axis in self.axes),
            jump=tuple(Fraction(axis.jump, axis.period) for axis in self.axes),
            offset=offset,
            padding=tuple(-first for first in offset),
            is_global=self.is_global,
        )


def traced_back(indices: Iterable[int], connection: Connection, extent: int) -> set[int]:
    """The pixels of the map before, ``extent`` wide, that some pixels of one axis see.

    Pixels beyond the border are not there.
    """
    seen: set[int] = set()
    for i in indices:
        inputs = connection.inputs(i)
        before = max(0, -(inputs.start // inputs.step))  # taps that lie before the map
        seen.update(
            range(inputs.start + before * inputs.step, min(inputs.stop, extent), inputs.step)
        )
    return seen


def _size(axis: Reach) -> int | Interval:
    sizes = [
        last - first + 1 if seen else 0
        for seen in axis.intervals
        for first, last in [seen or (0, 0)]
    ]
    least, most = min(sizes), max(sizes)
    return least if least == most else (least, most)


def _offset(axis: Reach) -> int:
    """The first image pixel that the first pixel with any sight sees."""
    return next((seen[0] for seen in axis.intervals if seen), 0)
