"""Which pixels of a map, or of the image, the pixels along one axis see.

A :class:`Window` or :class:`Transposed` connects the pixels of one layer with those before it, a
:class:`Reach` connects the pixels of a map with those of the image.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from ....grammar.budget import LARGEST_NUMBER, MOST_PHASES, Work, spend

STEPS_OF_A_PHASE = 8

Interval = tuple[int, int]  # first and last pixel


@dataclass(frozen=True, slots=True)
class Window:
    """Output pixel i sees pixels i*stride - before + t*dilation for t = 0 .. kernel - 1."""

    kernel: int
    stride: int = 1
    dilation: int = 1
    before: int = 0

    def inputs(self, i: int) -> range:
        """The pixels before the layer that pixel i sees."""
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
        """The pixels before the layer that pixel i sees."""
        reach = (self.kernel - 1) * self.dilation
        place = i + self.before
        if self.dilation > 1:  # then the stride is 1
            return range(place - reach, place + 1, self.dilation)
        return range(-((reach - place) // self.stride), place // self.stride + 1)


Connection = Window | Transposed


class ReachError(Exception):
    """What pixels see is too far away, or too various, to compute; the builder adds the place."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


@dataclass(frozen=True, slots=True)
class Reach:
    """Along one axis: pixel q*period + r sees ``intervals[r]`` shifted by q*jump.

    An interval is None where no tap of an up-convolution lands.
    """

    jump: int = 1
    intervals: tuple[Interval | None, ...] = ((0, 0),)

    @property
    def period(self) -> int:
        """The number of pixels after which the pattern comes again."""
        return len(self.intervals)

    @property
    def only(self) -> Interval | None:
        """The interval of pixel 0 where all other pixels see the same, moved on; else None."""
        return self.intervals[0] if len(self.intervals) == 1 else None

    @property
    def speed(self) -> Fraction:
        """Image pixels further on from one pixel to the next, on average."""
        return Fraction(self.jump, len(self.intervals))

    def interval(self, i: int) -> Interval | None:
        """The image pixels that pixel i sees, on an image without borders."""
        turns, phase = divmod(i, self.period)
        seen = self.intervals[phase]
        return seen and (seen[0] + turns * self.jump, seen[1] + turns * self.jump)

    def through(self, connection: Connection) -> Reach:
        """The reach one layer further on."""
        match connection:
            case Window(kernel, stride, dilation, before) if only := self.only:
                first = only[0] - before * self.jump
                last = only[1] + ((kernel - 1) * dilation - before) * self.jump
                check_numbers(self.jump * stride, first, last)
                return Reach(self.jump * stride, ((first, last),))
            case Window(stride=stride):
                period = self.period // math.gcd(self.period, stride)
                jump = self.jump * (period * stride // self.period)
            case Transposed(stride=stride):
                period, jump = self.period * stride, self.jump
        check_phases(period)
        check_numbers(jump)
        intervals = tuple(self._hull(connection.inputs(i)) for i in range(period))
        check_numbers(*(end for seen in intervals if seen for end in seen))
        return shortest(jump, intervals)

    def _hull(self, inputs: range) -> Interval | None:
        """What several pixels see together: from the first that sees anything to the last.

        Intervals move on with their pixels, and one period of them has every kind there is.
        """
        ends = inputs[: self.period], inputs[::-1][: self.period]
        first = next((seen for i in ends[0] if (seen := self.interval(i))), None)
        last = next((seen for i in ends[1] if (seen := self.interval(i))), None)
        return (first[0], last[1]) if first and last else None


def check_numbers(*numbers: int) -> None:
    """Raise ReachError where a pixel or a distance is too far away."""
    for number in numbers:
        if not -LARGEST_NUMBER <= number <= LARGEST_NUMBER:
            raise ReachError(
                "apertures (receptive fields) stay below 10^18 pixels, but these are larger",
                "use smaller strides and kernels",
            )


def check_phases(period: int) -> None:
    """Count the work of all phases; raises ReachError where they are too many."""
    if period > MOST_PHASES:
        raise ReachError(
            f"apertures (receptive fields) that repeat only every {period} pixels are too long to "
            "compute",
            "upsample by less",
        )
    spend(period * STEPS_OF_A_PHASE, Work.PHASES)


def shortest(jump: int, intervals: tuple[Interval | None, ...]) -> Reach:
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


def hull(intervals: Iterable[Interval | None]) -> Interval | None:
    """The least interval that contains all others; None if there is none."""
    seen = [interval for interval in intervals if interval]
    return (min(first for first, _ in seen), max(last for _, last in seen)) if seen else None
