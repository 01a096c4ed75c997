"""flat: a map becomes a vector."""

from __future__ import annotations

from dataclasses import dataclass

from ..algebra.stated_formulas import product
from .base.kind import Pointwise
from .base.rules import RuleContext, Rules, rule
from .base.shape import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat(Pointwise):
    """All values of a map in one row: ``flat``. ``fc`` does it by itself."""

    op = "flat"
    keeps_sign = True

    def output(self, entering: Shape) -> Shape:
        """A vector of the same values."""
        return Shape((), entering.values)

    def rules(self, at: RuleContext) -> Rules:
        """A vector of the same values."""
        values = product(*at.extents, at.channels)
        return Rules(output=(), channels=rule(values, "all values in one row"))
