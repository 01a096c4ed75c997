"""ln: layer normalisation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .base.cost import Cost
from .base.kind import Pointwise
from .base.rules import RuleContext, Rules, rule
from .base.shape import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Ln(Pointwise):
    """The channels of every pixel get the mean and variance that are learnt: ``ln``.

    The mean and variance are those of one pixel's channels. As in Keras, 0.001 is added to a
    variance.
    """

    op = "ln"
    in_post = True
    is_norm = True

    def cost(self, entering: Shape, out: Shape) -> Cost:
        """Scale and shift of every channel are trained."""
        return Cost(weights=entering.channels, biases=entering.channels)

    def rules(self, at: RuleContext) -> Rules:
        """A scale and a shift for every channel."""
        return replace(
            super(Ln, self).rules(at),
            weights=rule(at.channels, "a scale for each channel"),
            biases=rule(at.channels, "a shift for each channel"),
        )
