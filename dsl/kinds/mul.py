"""mul: the product of branches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .base.merge import Merge, may_be_equal, may_be_pixel
from .base.shape import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Mul(Merge):
    """The product of the branches, a gate: ``mul[gap fc(c/4) fc(c):sigmoid]``.

    A vector, or a map of one pixel, multiplies every pixel of the others.
    """

    op = "mul"
    broadcasts = True

    def joined(self, maps: Sequence[Shape]) -> Shape:
        """The shape of the largest; of single pixels, a map rather than a vector.

        So what follows a gate does not depend on the size of the map that it multiplies.
        """
        shape = super(Mul, self).joined(maps)
        pixels = [entering for entering in maps if not entering.is_vector]
        return pixels[self.largest(pixels)] if pixels else shape

    def fit(self, largest: Shape, entering: Shape) -> bool:
        """Equal extents, or a single pixel."""
        return may_be_equal(entering, largest) or may_be_pixel(entering)
