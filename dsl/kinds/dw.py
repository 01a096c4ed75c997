"""dw: a depthwise convolution."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from ..algebra.polynomial_terms import ZERO
from ..algebra.stated_formulas import product
from .base.cost import Cost
from .base.kind import modifier, value
from .base.readers import size, whole_number
from .base.rules import RuleContext, Rules, rule
from .base.shape import Shape
from .base.window import Convolving, Sizes


@dataclass(frozen=True, slots=True, kw_only=True)
class Dw(Convolving):
    """Each channel is convolved on its own, into m channels: ``dw3s2``."""

    op = "dw"

    kernel: Sizes = value(size(1), "kernel", "dw3")
    multiplier: int = modifier("m", whole_number(1), "depth multiplier", "m2", default=1)

    @property
    def is_grouped(self) -> bool:
        """Whether Keras has no depthwise layer for it, but a convolution in groups of a channel."""
        return len(set(self.strides)) > 1 or len(self.kernel) == 3

    def output(self, entering: Shape) -> Shape:
        """Each incoming channel makes m channels."""
        return Shape(self.extents(entering), entering.channels * self.multiplier)

    def cost(self, entering: Shape, out: Shape) -> Cost:
        """Every output pixel uses its channel's weights once."""
        weights = out.channels * prod(self.kernel)
        biases = out.channels if self.bias else ZERO
        last = (1, out.channels) if self.is_grouped else (entering.channels, self.multiplier)
        kernel = (*self.kernel, *last)
        return Cost(weights=weights, biases=biases, macs=weights * out.area, kernel=kernel)

    def rules(self, at: RuleContext) -> Rules:
        """Channels are not mixed."""
        kernel, out = at.sizes("k", self.kernel, "kernel"), product(at.channels)
        if self.multiplier > 1:
            out = out * at.letter("m", self.multiplier, "channels made of each")
        weights = product(*kernel, out)
        return Rules(
            output=self.extent_rules(at),
            channels=rule(out, "each channel is convolved on its own"),
            weights=rule(weights, "every outgoing channel has its own kernel"),
            biases=rule(out, "one for each outgoing channel") if self.bias else None,
            macs=rule(product(*at.out, weights), "every outgoing pixel uses every weight once"),
        )
