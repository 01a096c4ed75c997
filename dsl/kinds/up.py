"""up: nearest-neighbour upsampling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .base.cost import FREE, Cost
from .base.kind import Kind, value
from .base.readers import size
from .base.receptive_field import Connection, Transposed
from .base.rules import RuleContext, Rules, rule
from .base.shape import Shape
from .base.window import Sizes


@dataclass(frozen=True, slots=True, kw_only=True)
class Up(Kind):
    """Every pixel is repeated: ``up2``."""

    op = "up"
    keeps_map = True
    needs_map = True
    keeps_sign = True

    factor: Sizes = value(size(1), "factor", "up2")

    def output(self, entering: Shape) -> Shape:
        """Factor times the extents."""
        pairs = zip(entering.extents, self.factor, strict=True)
        return Shape(tuple(n * f for n, f in pairs), entering.channels)

    def cost(self, entering: Shape, out: Shape) -> Cost:
        """Nothing is multiplied."""
        return FREE

    def rules(self, at: RuleContext) -> Rules:
        """Factor times the extents."""
        pairs = zip(at.extents, self.factor, strict=True)
        return Rules(
            output=tuple(
                rule(at.letter("f", f, "factor") * extent, "every pixel is repeated")
                for extent, f in pairs
            ),
            channels=rule(at.channels, "the channels stay as they are"),
        )

    def connections(self, entering: Shape) -> Sequence[Connection]:
        """Pixel i sees pixel floor(i / factor)."""
        return [Transposed(f, f) for f in self.factor]
