"""The effect of a kind of layer on its input shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ..algebra.floor_forms import Extent
from ..algebra.polynomials import Poly
from ..kinds import Kind
from ..kinds.base.cost import Cost
from ..kinds.base.receptive_field import Connection
from ..kinds.base.shape import LONGEST_SIDE, Shape, ShapeError

MOST_CHANNELS = 10**12
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Effect:
    """What leaves a layer, what that costs, and the conditions under which it exists.

    ``connections`` connect pixels of the output with those of the input. ``least`` are extents
    with the pixels that each has at least, ``whole`` are counts that must be whole, with names.
    """

    output: Shape
    cost: Cost
    connections: Sequence[Connection] | None
    least: Sequence[tuple[Extent, int]]
    whole: Sequence[tuple[Poly, str]]


class Shared:
    """Keeps one object of all that are equal: whatever compares or counts them is then fast."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def one(self, value: T) -> T:
        """The object that is kept for this value."""
        found: T = self._known.setdefault(value, value)
        return found


def effect_of(kind: Kind, entering: Shape, shared: Shared) -> Effect:
    """The effect of a layer on a shape; raises ShapeError if the shape does not fit."""
    output = shared.one(kind.output(entering))
    _check_size(output)
    whole = [(shared.one(count), what) for count, what in kind.whole(entering)]
    kept = output.values  # gives every floor its letter
    cost = kind.cost(entering, output)
    if kind.keeps_map:
        cost = cost.with_feature_map(kept)
    if entering.sizes == entering.extents:
        return Effect(output, cost, kind.connections(entering), (), whole)
    least = [
        (extent, number) for extent, number in kind.least(entering) if isinstance(extent, Extent)
    ]
    return Effect(output, cost, (), least, whole)  # where an extent is free, no pixel is known


def _check_size(out: Shape) -> None:
    longest = max((extent for extent in out.extents if isinstance(extent, int)), default=1)
    if longest > LONGEST_SIDE:
        raise ShapeError(
            f"a map has at most {LONGEST_SIDE:,} pixels a side, but this one has {longest:,}",
            "upsample or pad by less",
        )
    counts = out.channels.values()
    if any(abs(count.numerator) > MOST_CHANNELS * count.denominator for count in counts):
        raise ShapeError(
            f"a layer has at most {MOST_CHANNELS:,} channels, but this one has more",
            "write a smaller number",
        )
