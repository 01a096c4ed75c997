"""input: the image, the first layer of every network."""

from __future__ import annotations

from dataclasses import dataclass

from .base.kind import Pointwise
from .base.rules import RuleContext, Rules, rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Input(Pointwise):
    """The image: ``input 32x32x3``. A statement of the language, not a word of the chain."""

    op = "input"
    in_chain = False
    keeps_map = True

    def rules(self, at: RuleContext) -> Rules:
        """The image as it is written."""
        return Rules(
            output=tuple(rule(extent, "as written") for extent in at.out),
            channels=rule(at.channels_out, "as written"),
        )
