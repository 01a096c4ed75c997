"""What merges share: several branches become one tensor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ...algebra.floor_forms import Extent, when_large
from ...algebra.polynomial_terms import number_of
from .cost import FREE, Cost
from .kind import Kind
from .rules import RuleContext, Rules, rule
from .shape import Shape


class BranchShapeError(Exception):
    """Two branches, by their numbers from 0, do not fit; the builder adds their places."""

    def __init__(self, first: int, second: int, hint: str) -> None:
        super().__init__(first, second)
        self.first, self.second, self.hint = first, second, hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge(Kind):
    """A kind that takes two tensors or more, all maps of the same extents.

    ``same_channels`` means that all have the same channels too, ``broadcasts`` that a single pixel
    merges with every pixel of the others.
    """

    keeps_map = True
    keeps_sign = True
    same_channels = True
    broadcasts = False

    def joined(self, maps: Sequence[Shape]) -> Shape:
        """The output shape; raises BranchShapeError if branches do not fit together."""
        if all(entering is maps[0] for entering in maps):
            return maps[0]
        largest = self.largest(maps)
        for number, entering in enumerate(maps):
            first, second = sorted((largest, number))
            if not self.fit(maps[largest], entering):
                raise BranchShapeError(
                    first, second, "give all branches the same strides and padding"
                )
            if self.same_channels and number_of(entering.channels - maps[largest].channels):
                raise BranchShapeError(first, second, "end all branches with equally many channels")
        return next((entering for entering in maps if entering.is_vector), maps[0])

    def largest(self, maps: Sequence[Shape]) -> int:
        """The number of the branch with the largest map, whatever the input's size is."""
        return max(range(len(maps)), key=lambda n: math.prod(map(when_large, maps[n].extents)))

    def fit(self, largest: Shape, entering: Shape) -> bool:
        """Whether two branches may have extents that merge; a map of one pixel is a vector too."""
        if not largest.is_vector and not entering.is_vector:
            return may_be_equal(entering, largest)
        return may_be_pixel(largest) and may_be_pixel(entering)

    def output(self, entering: Shape) -> Shape:
        """The output if all branches have one shape."""
        return self.joined((entering, entering))

    def cost(self, entering: Shape, out: Shape) -> Cost:
        """No weights, and no multiply-adds."""
        return FREE

    def rules(self, at: RuleContext) -> Rules:
        """The shape of the branches, or of the largest."""
        maps = [entering.map for entering in at.entering]
        largest = next(
            n for n, entering in enumerate(maps) if entering.extents == at.output.extents
        )
        extents = at.extents_of(largest)
        return Rules(
            output=tuple(rule(extent, "as in the branches") for extent in extents),
            channels=rule(at.channels_of(largest, "C"), "as in the branches"),
        )

    def connections(self, entering: Shape) -> tuple[()]:
        """Pixel by pixel, of every branch."""
        return ()


def may_be_equal(one: Shape, other: Shape) -> bool:
    """Whether two maps have the same extents, or may have for some size of the input."""
    if len(one.extents) != len(other.extents):
        return False
    return all(_may_be_equal(a, b) for a, b in zip(one.extents, other.extents, strict=True))


def may_be_pixel(shape: Shape) -> bool:
    """Whether a shape has one pixel, or may have for some size of the input."""
    return all(_may_be_equal(extent, 1) for extent in shape.extents)


def _may_be_equal(a: int | Extent, b: int | Extent) -> bool:
    if isinstance(a, Extent):
        return a.may_be(b)
    return b.may_be(a) if isinstance(b, Extent) else a == b
