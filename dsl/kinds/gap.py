"""gap: global average pooling."""

from __future__ import annotations

from dataclasses import dataclass

from ..cost import FREE, Cost
from ..shape import Shape
from .kind import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap(Kind):
    """The mean of every channel: ``gap``."""

    op = "gap"
    keeps_map = True
    needs_map = True

    def output(self, map: Shape) -> Shape:
        """A map of one pixel."""
        return Shape((1,) * len(map.extents), map.channels)

    def cost(self, map: Shape, out: Shape) -> Cost:
        """Nothing is multiplied."""
        return FREE

    def sight(self, map: Shape) -> None:
        """All of the map."""
