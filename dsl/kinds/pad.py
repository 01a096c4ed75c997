"""pad: zeros around the map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .base.cost import FREE, Cost
from .base.kind import Kind, value
from .base.readers import size
from .base.receptive_field import Connection, Window
from .base.rules import RuleContext, Rules, rule
from .base.shape import Shape
from .base.window import Sizes


@dataclass(frozen=True, slots=True, kw_only=True)
class Pad(Kind):
    """Zeros on both sides of every axis: ``pad1``."""

    op = "pad"
    keeps_map = True
    needs_map = True
    keeps_sign = True

    amount: Sizes = value(size(0), "pixels on each side", "pad1")

    def output(self, entering: Shape) -> Shape:
        """Twice the amount is added."""
        pairs = zip(entering.extents, self.amount, strict=True)
        return Shape(tuple(n + 2 * p for n, p in pairs), entering.channels)

    def cost(self, entering: Shape, out: Shape) -> Cost:
        """Nothing is multiplied."""
        return FREE

    def rules(self, at: RuleContext) -> Rules:
        """Twice the amount is added."""
        pairs = zip(at.extents, self.amount, strict=True)
        return Rules(
            output=tuple(
                rule(extent + 2 * at.letter("p", p, "pixels on each side"), "zeros on both sides")
                for extent, p in pairs
            ),
            channels=rule(at.channels, "the channels stay as they are"),
        )

    def connections(self, entering: Shape) -> Sequence[Connection]:
        """Pixel i sees pixel i - amount."""
        return [Window(1, before=p) for p in self.amount]
