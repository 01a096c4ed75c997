"""fc: a fully connected layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..algebra.polynomial_terms import ZERO
from ..algebra.stated_formulas import product
from .base.cost import Cost
from .base.kind import Kind, flag, modifier, value
from .base.readers import channels, switch
from .base.rules import RuleContext, Rules, rule
from .base.shape import Shape

if TYPE_CHECKING:
    from ..algebra.polynomials import Poly


@dataclass(frozen=True, slots=True, kw_only=True)
class Fc(Kind):
    """Every output weighs every input; a map is flattened first: ``fc1000``."""

    op = "fc"
    weighted = True
    keeps_map = True

    units: Poly = value(channels, "output channels", "fc10")
    bias: bool = modifier("b", switch, "bias", "b0", default=True)
    fixed: bool = flag("!", "fixed width: w leaves the channels alone")

    def output(self, entering: Shape) -> Shape:
        """A vector."""
        return Shape((), self.units)

    def cost(self, entering: Shape, out: Shape) -> Cost:
        """Inputs times outputs."""
        weights = entering.values * self.units
        biases = self.units if self.bias else ZERO
        return Cost(
            weights=weights, biases=biases, macs=weights, kernel=(entering.values, self.units)
        )

    def rules(self, at: RuleContext) -> Rules:
        """A map is flattened first."""
        units = at.letter("F", self.units, "units")
        weights = product(*at.extents, at.channels, units)
        return Rules(
            output=(),
            channels=rule(units, "each unit makes one value"),
            weights=rule(weights, "every unit weighs every incoming value"),
            biases=rule(units, "one for each unit") if self.bias else None,
            macs=rule(weights, "every weight is used once"),
        )

    def connections(self, entering: Shape) -> None:
        """All of the map."""

    def whole(self, entering: Shape) -> Sequence[tuple[Poly, str]]:
        """Channels are whole."""
        return ((self.units, "channels"),)
