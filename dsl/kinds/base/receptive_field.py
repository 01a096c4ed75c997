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

import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ....grammar.budget import Work, spend
from ....grammar.short_repr import ShortRepr
from .reach import Connection as Connection
from .reach import Interval as Interval
from .reach import Reach as Reach
from .reach import Transposed as Transposed
from .reach import Window as Window
from .reach import check_phases, hull, shortest

STEPS_OF_A_REACH = 4  # beyond the first


@dataclass(frozen=True, slots=True)
class Aperture(ShortRepr):
    """What one pixel of a map sees of the image; each field has one entry per axis.

    ``size`` is the extent seen, in pixels; where it depends on the pixel, by its phase after
    up-convolutions or because branches move over the image at different speeds, it is a pair
    (least, most). ``jump`` is how far the aperture moves from one pixel to the next (a fraction
    after up-convolutions; a pair where branches differ). ``offset`` is the first image pixel that pixel 0 sees (or the first
    pixel that sees any), negative where that is in the padding, and ``padding`` is -offset, the
    effective padding of the literature. ``is_global`` means that on some path a layer (gap, fc, a
    gate) sees the whole image, ``is_local`` that on some path none does; the other fields are
    those of the local paths, or of the last local map where there are none.

    Source: Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks",
    Distill 2019.
    """

    size: tuple[int | Interval, ...]
    jump: tuple[Fraction | tuple[Fraction, Fraction], ...]
    offset: tuple[int, ...]
    padding: tuple[int, ...]
    is_global: bool
    is_local: bool


Axis = tuple[Reach, ...]  # one reach; more where branches move over the image at several speeds


@dataclass(frozen=True)
class ReceptiveField(ShortRepr):
    """What the pixels of a map see, along every axis, over all local paths from the image.

    ``is_local`` means that there is such a path, ``is_global`` that some path leads through a
    layer that sees the whole map. Where no path is local, the axes are those of the last map
    that had one.
    """

    axes: tuple[Axis, ...]
    is_global: bool = False
    is_local: bool = True

    def through(self, connections: Sequence[Connection] | None) -> ReceptiveField:
        """One layer further on; None is a layer that sees the whole map."""
        if connections is None:
            return ReceptiveField(self.axes, is_global=True, is_local=False)
        if not connections or not self.is_local:
            return self
        rank, axes = len(self.axes), self.axes
        if _alike(axes) and _alike(connections):  # nearly always
            axes, connections = axes[:1], connections[:1]
        pairs = list(zip(axes, connections, strict=True))
        spend(STEPS_OF_A_REACH * (sum(map(len, axes)) - len(axes)), Work.PHASES)
        followed = [tuple([reach.through(c) for reach in axis]) for axis, c in pairs]
        return ReceptiveField(tuple(followed * (rank // len(followed))), self.is_global)

    def aperture(self, extents: Sequence[int]) -> Aperture:
        """The aperture of the pixels of a map of these extents."""
        jumps = [sorted({reach.speed for reach in axis}) for axis in self.axes]
        offset = tuple(_offset(axis) for axis in self.axes)
        return Aperture(
            size=tuple(_size(axis, n) for axis, n in zip(self.axes, extents, strict=True)),
            jump=tuple(
                speeds[0] if len(speeds) == 1 else (speeds[0], speeds[-1]) for speeds in jumps
            ),
            offset=offset,
            padding=tuple(-first for first in offset),
            is_global=self.is_global,
            is_local=self.is_local,
        )

    @functools.cached_property
    def aperture_of_all(self) -> Aperture | None:
        """The aperture where it is the same for all pixels, as it nearly always is."""
        rank, axes = len(self.axes), self.axes
        if _alike(axes):  # nearly always
            axes = axes[:1]
        sizes, jumps, offsets, paddings = [], [], [], []
        for axis in axes:
            only = axis[0].only if len(axis) == 1 else None
            if only is None:
                return None
            first, last = only
            sizes.append(last - first + 1)
            jumps.append(_fraction(axis[0].jump))
            offsets.append(first)
            paddings.append(-first)
        times = rank // len(axes)
        return Aperture(
            tuple(sizes) * times,
            tuple(jumps) * times,
            tuple(offsets) * times,
            tuple(paddings) * times,
            self.is_global,
            self.is_local,
        )


def _alike(values: Sequence[object]) -> bool:
    """Whether all values are equal."""
    return values.count(values[0]) == len(values)


@functools.lru_cache
def _fraction(whole: int) -> Fraction:
    return Fraction(whole)


def union(fields: Sequence[ReceptiveField]) -> ReceptiveField:
    """What branches see together: all that any local path of any branch sees."""
    is_global = any(field.is_global for field in fields)
    local = [field for field in fields if field.is_local]
    if not local:
        return ReceptiveField(fields[0].axes, is_global, is_local=False)
    axes = list(zip(*(field.axes for field in local), strict=True))
    joined = [_union(branches) for branches in (axes[:1] if _alike(axes) else axes)]
    return ReceptiveField(tuple(joined * (len(axes) // len(joined))), is_global)


def _union(branches: Sequence[Axis]) -> Axis:
    """Reaches of the same speed become one; others stay side by side."""
    if _alike(branches):
        return branches[0]
    intervals = [axis[0].only for axis in branches if len(axis) == 1]
    jumps = {axis[0].jump for axis in branches}
    if len(jumps) == 1 and len(intervals) == len(branches) and None not in intervals:
        return (Reach(jumps.pop(), (hull(intervals),)),)  # nearly always: all pixels see the same
    by_speed: dict[tuple[int, int], list[Reach]] = {}
    for axis in branches:
        for reach in axis:
            spend(STEPS_OF_A_REACH + reach.period, Work.PHASES)
            common = math.gcd(reach.jump, reach.period)
            speed = reach.jump // common, reach.period // common
            same = by_speed.setdefault(speed, [])
            spend(len(same), Work.PHASES)
            if reach not in same:
                same.append(reach)
    return tuple(
        same[0] if len(same) == 1 else _hull_of(same) for _, same in sorted(by_speed.items())
    )


def _hull_of(reaches: Sequence[Reach]) -> Reach:
    """What reaches of one speed see together."""
    period = math.lcm(*(reach.period for reach in reaches))
    check_phases(period)
    spend(period * len(reaches), Work.PHASES)
    intervals = tuple(hull(reach.interval(i) for reach in reaches) for i in range(period))
    return shortest(int(reaches[0].speed * period), intervals)


def traced_back(indices: Iterable[int], connection: Connection, extent: int) -> set[int]:
    """The pixels of the map before, ``extent`` wide, that some pixels of one axis see.

    Pixels beyond the border are not there.
    """
    seen: set[int] = set()
    for i in indices:
        inputs = connection.inputs(i)
        spend(min(len(inputs), extent), Work.PHASES)
        before = max(0, -(inputs.start // inputs.step))  # taps before the map
        seen.update(
            range(inputs.start + before * inputs.step, min(inputs.stop, extent), inputs.step)
        )
    return seen


def _size(axis: Axis, extent: int) -> int | Interval:
    """The pixels seen by a pixel, or the least and the most over a map of some extent."""
    if len(axis) == 1:
        spend(axis[0].period, Work.PHASES)
        sizes = [_length(seen) for seen in axis[0].intervals]
    else:
        sizes = [_length(hull(reach.interval(i) for reach in axis)) for i in _telling(axis, extent)]
    least, most = min(sizes), max(sizes)
    return least if least == most else (least, most)


def _telling(axis: Axis, extent: int) -> Iterable[int]:
    """Pixels that hold the extremes of what reaches of several speeds see together.

    Pixels of one phase see an interval whose ends are a minimum and a maximum of lines, so its
    length is convex: the most is at either end, the least there or where two lines cross.
    """
    period = math.lcm(*(reach.period for reach in axis))
    if period >= extent:
        spend(extent * len(axis), Work.PHASES)
        return range(extent)
    spend(4 * period * len(axis) ** 2, Work.PHASES)
    telling: set[int] = set()
    for phase in range(period):
        turns = (extent - 1 - phase) // period
        found = {0, turns}
        lines = [
            (end, int(reach.speed * period))
            for reach in axis
            for end in reach.interval(phase) or ()
        ]
        for a, slope in lines:
            for b, other in lines:
                if slope != other:
                    crossing = (b - a) // (slope - other)
                    found |= {crossing, crossing + 1}
        telling |= {phase + period * turn for turn in found if 0 <= turn <= turns}
    return telling


def _length(seen: Interval | None) -> int:
    return seen[1] - seen[0] + 1 if seen else 0


def _offset(axis: Axis) -> int:
    """The first image pixel that the first pixel that sees any."""
    for i in range(max(reach.period for reach in axis)):
        seen = hull(reach.interval(i) for reach in axis)
        if seen:
            return seen[0]
    return 0
