"""bn: batch normalisation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .base.cost import Cost
from .base.kind import Pointwise
from .base.rules import RuleContext, Rules, rule
from .base.shape import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Bn(Pointwise):
    """Every channel gets the mean and variance that it learns: ``bn``.

    Training normalises by the mean and variance of the batch, inference by moving averages of
    them, of which a step keeps 0.99. As in Keras, 0.001 is added to a variance.
    """

    op = "bn"
    in_post = True
    is_norm = True

    def cost(self, entering: Shape, out: Shape) -> Cost:
        """Scale and shift are trained, moving mean and variance are kept."""
        return Cost(
            weights=entering.channels, biases=entering.channels, non_trainable=entering.channels * 2
        )

    def rules(self, at: RuleContext) -> Rules:
        """A scale, a shift and two statistics for every channel."""
        C = at.channels
        return replace(
            super(Bn, self).rules(at),
            weights=rule(C, "a scale for each channel"),
            biases=rule(C, "a shift for each channel"),
            non_trainable=rule(2 * C, "a moving mean and variance for each channel"),
        )
