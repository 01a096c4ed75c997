"""crop: the middle of the map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..algebra.floor_forms import Extent
from .base.cost import FREE, Cost
from .base.kind import Kind, value
from .base.readers import size
from .base.receptive_field import Connection, Window
from .base.rules import RuleContext, Rules, rule
from .base.shape import Shape, ShapeError
from .base.window import Sizes


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop(Kind):
    """Pixels are cut off both sides of every axis: ``crop1``."""

    op = "crop"
    keeps_map = True
    needs_map = True
    keeps_sign = True

    amount: Sizes = value(size(0), "pixels on each side", "crop1")

    def output(self, entering: Shape) -> Shape:
        """Twice the amount is gone."""
        pairs = list(zip(entering.extents, self.amount, strict=True))
        for n, p in pairs:
            if isinstance(n, int) and 2 * p >= n:
                raise ShapeError(
                    f"crop leaves at least one pixel, but it cuts {2 * p} off a map of {n}",
                    "cut off less",
                )
        return Shape(tuple(n - 2 * p for n, p in pairs), entering.channels)

    def least(self, entering: Shape) -> Sequence[tuple[int | Extent, int]]:
        """A pixel more than is cut off."""
        return [(n, 2 * p + 1) for n, p in zip(entering.extents, self.amount, strict=True)]

    def cost(self, entering: Shape, out: Shape) -> Cost:
        """Nothing is multiplied."""
        return FREE

    def rules(self, at: RuleContext) -> Rules:
        """Twice the amount is gone."""
        pairs = zip(at.extents, self.amount, strict=True)
        return Rules(
            output=tuple(
                rule(
                    extent - 2 * at.letter("p", p, "pixels on each side"), "both sides are cut off"
                )
                for extent, p in pairs
            ),
            channels=rule(at.channels, "the channels stay as they are"),
        )

    def connections(self, entering: Shape) -> Sequence[Connection]:
        """Pixel i sees pixel i + amount."""
        return [Window(1, before=-p) for p in self.amount]
