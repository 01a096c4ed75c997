"""bn: batch normalisation."""

from __future__ import annotations

from dataclasses import dataclass

from ..cost import Cost
from ..shape import Shape
from .kind import Pointwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Bn(Pointwise):
    """Every channel gets the mean and variance that it learns: ``bn``."""

    op = "bn"
    in_post = True
    is_norm = True

    def cost(self, map: Shape, out: Shape) -> Cost:
        """Scale and shift are trained, moving mean and variance are kept."""
        return Cost(weights=map.channels, biases=map.channels, non_trainable=map.channels * 2)
