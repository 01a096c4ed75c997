"""cat: the channels of branches, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..algebra.polynomial_terms import sum_of_polynomials
from ..algebra.stated_formulas import sum_of_formulas
from .base.merge import Merge
from .base.rules import RuleContext, Rules, rule
from .base.shape import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Cat(Merge):
    """The channels of all branches; one alone is joined to its input: ``cat[conv32k3]``."""

    op = "cat"
    same_channels = False

    def joined(self, maps: Sequence[Shape]) -> Shape:
        """All channels together."""
        shape = super(Cat, self).joined(maps)
        return Shape(shape.extents, sum_of_polynomials(entering.channels for entering in maps))

    def rules(self, at: RuleContext) -> Rules:
        """All channels together."""
        channels = [at.channels_of(n, f"C_{n + 1}") for n in range(len(at.entering))]
        return replace(
            super(Cat, self).rules(at),
            channels=rule(sum_of_formulas(channels), "the channels of all branches"),
        )
