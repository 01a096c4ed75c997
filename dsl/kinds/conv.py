"""conv: a convolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from ..algebra.polynomial_terms import ZERO
from ..algebra.stated_formulas import product
from .base.cost import Cost
from .base.kind import flag, modifier, value
from .base.readers import channels, size, whole_number
from .base.rules import RuleContext, Rules, rule
from .base.shape import Shape
from .base.window import Convolving, Sizes

if TYPE_CHECKING:
    from ..algebra.polynomials import Poly


@dataclass(frozen=True, slots=True, kw_only=True)
class Conv(Convolving):
    """A window slides over the map and weighs all channels under it: ``conv64k3s2``."""

    op = "conv"

    filters: Poly = value(channels, "output channels", "conv64k3")
    kernel: Sizes = modifier("k", size(1), "kernel", "k3")
    groups: int = modifier("g", whole_number(1), "groups", "g4", default=1)
    fixed: bool = flag("!", "fixed width: w leaves the channels alone")

    def output(self, entering: Shape) -> Shape:
        """Each filter makes one channel."""
        return Shape(self.extents(entering), self.filters)

    def cost(self, entering: Shape, out: Shape) -> Cost:
        """Every output pixel uses every weight once."""
        seen = entering.channels if self.groups == 1 else entering.channels / self.groups
        weights = seen * self.filters * prod(self.kernel)
        biases = self.filters if self.bias else ZERO
        kernel = (*self.kernel, seen, self.filters)
        return Cost(weights=weights, biases=biases, macs=weights * out.area, kernel=kernel)

    def rules(self, at: RuleContext) -> Rules:
        """In groups, a filter sees only the channels of its group."""
        kernel, filters = (
            at.sizes("k", self.kernel, "kernel"),
            at.letter("F", self.filters, "filters"),
        )
        seen = (
            at.channels if self.groups == 1 else at.channels / at.letter("g", self.groups, "groups")
        )
        weights = product(*kernel, seen, filters)
        return Rules(
            output=self.extent_rules(at),
            channels=rule(filters, "each filter makes one channel"),
            weights=rule(weights, "every filter weighs all it sees under its kernel"),
            biases=rule(filters, "one for each filter") if self.bias else None,
            macs=rule(product(*at.out, weights), "every outgoing pixel uses every weight once"),
        )

    def whole(self, entering: Shape) -> Sequence[tuple[Poly, str]]:
        """The groups divide both channel counts."""
        if self.groups == 1:
            return ((self.filters, "channels"),)
        return (
            (self.filters / self.groups, f"output channels in each of its {self.groups} groups"),
            (
                entering.channels / self.groups,
                f"incoming channels in each of its {self.groups} groups",
            ),
        )
