"""flat: a map becomes a vector."""

from __future__ import annotations

from dataclasses import dataclass

from ..shape import Shape
from .kind import Pointwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat(Pointwise):
    """All values of a map in one row: ``flat``. ``fc`` does it by itself."""

    op = "flat"

    def output(self, map: Shape) -> Shape:
        """A vector of the same values."""
        return Shape((), map.values)
