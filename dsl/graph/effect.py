"""The effect of a kind of layer on its input shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ...grammar.budget import LONGEST_SIDE, MOST_CHANNELS
from ..algebra.floor_forms import Extent, TooLargeExtentError
from ..algebra.polynomials import Algebra, Poly
from ..kinds import Kind
from ..kinds.base.cost import Cost
from ..kinds.base.receptive_field import Connection
from ..kinds.base.shape import Shape, ShapeError

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


def effect_of(kind: Kind, entering: Shape, shared: Shared, algebra: Algebra) -> Effect:
    """The effect of a layer on a shape; raises ShapeError if the shape does not fit."""
    try:
        output = shared.one(kind.output(entering))
    except TooLargeExtentError:
        raise ShapeError(
            "numbers stay below 10^18, but the size of this map is a formula with larger ones",
            "use smaller strides and factors, or give the size of the input a number",
        ) from None
    check_size(output, algebra)
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


def check_size(out: Shape, algebra: Algebra) -> None:
    """Raise ShapeError where a map has too many pixels a side, or too many channels."""
    longest = max((extent for extent in out.extents if isinstance(extent, int)), default=1)
    if longest > LONGEST_SIDE:
        raise ShapeError(
            f"a map has at most {LONGEST_SIDE:,} pixels a side, but this one has {longest:,}",
            "upsample or pad by less",
        )
    if algebra.power_and_size(out.channels)[1] > MOST_CHANNELS:
        raise ShapeError(
            f"a layer has at most {MOST_CHANNELS:,} channels, but this one has more",
            "write a smaller number",
        )
