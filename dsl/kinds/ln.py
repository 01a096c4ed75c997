"""ln: layer normalisation."""

from __future__ import annotations

from dataclasses import dataclass

from ..cost import Cost
from ..shape import Shape
from .kind import Pointwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Ln(Pointwise):
    """The channels of every pixel get the mean and variance that are learnt: ``ln``."""

    op = "ln"
    in_post = True
    is_norm = True

    def cost(self, map: Shape, out: Shape) -> Cost:
        """Scale and shift of every channel are trained."""
        return Cost(weights=map.channels, biases=map.channels)
