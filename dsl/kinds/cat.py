"""cat: the channels of branches, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..polynomials import total
from ..shape import Shape
from .merge import Merge


@dataclass(frozen=True, slots=True, kw_only=True)
class Cat(Merge):
    """The channels of all branches, or of what enters one and its own: ``cat[conv32k3]``."""

    op = "cat"
    same_channels = False

    def joined(self, maps: Sequence[Shape]) -> Shape:
        """All channels together."""
        shape = super(Cat, self).joined(maps)
        return Shape(shape.extents, total(map.channels for map in maps))
