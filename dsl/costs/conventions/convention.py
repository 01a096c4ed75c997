"""A convention: how a tool counts the work of a network, and the unit of its figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....grammar.budget import Work, spend
from ....grammar.errors import NetformError
from ....grammar.short_repr import ShortRepr
from ...algebra.polynomials import Poly, sum_of_polynomials
from ...graph.layer import Layer
from ...kinds import ALL_KINDS, Kind
from .law import Law, NotCounted, law_for, shown, value

STEPS_OF_A_LAYER = 40
MULTIPLY_ADDS = "multiply-adds"
OPERATIONS = "operations"


@dataclass(frozen=True, slots=True)
class Convention(ShortRepr):
    """The laws of a tool, by the kind of layer, for one image.

    ``unit`` is what the tool's figure counts, whatever the tool calls it. ``tool`` names
    it and its version, ``figure`` which of its figures this is. A law of a base of kinds, such
    as ``Activation``, is the law of all of these kinds that have no own law.
    """

    name: str
    unit: str
    meaning: str
    tool: str
    figure: str
    laws: Mapping[type[Kind], Law]

    def __repr__(self) -> str:
        return f"Convention({self.name})"

    def as_json(self) -> dict[str, Any]:
        """The convention as JSON values: laws are text, by the word for the kind of layer."""
        return {
            "name": self.name,
            "unit": self.unit,
            "meaning": self.meaning,
            "tool": self.tool,
            "figure": self.figure,
            "laws": {kind.op: shown(self.law_of(kind)) for kind in ALL_KINDS},
        }

    @property
    def quantity(self) -> str:
        """The quantity of netform in the same unit: macs or flops."""
        return "macs" if self.unit == MULTIPLY_ADDS else "flops"

    def law_of(self, kind: type[Kind]) -> Law:
        """The law of a kind, or of its closest base that has one."""
        for base in kind.__mro__:
            if issubclass(base, Kind) and base in self.laws:
                return self.laws[base]
        return NotCounted(f"netform does not know how {self.name} counts {kind.op}")

    def count(self, layer: Layer) -> Poly:
        """What it counts for a layer in all its rounds; raises NetformError where it cannot.

        May raise TooFewLetters, where a count is itself rounded.
        """
        spend(STEPS_OF_A_LAYER, Work.LAYERS)
        law = law_for(self.law_of(type(layer.kind)), layer)
        if isinstance(law, NotCounted):
            raise NetformError(
                f"{self.name} has no count for {layer.name}: {law.reason}",
                layer.span,
                layer.source,
                "netform conventions lists the others",
            )
        poly = value(law, layer)
        if _rounds_what_changes(poly, layer):
            raise NetformError(
                f"{self.name} rounds what it counts for {layer.name} anew in every round",
                layer.span,
                layer.source,
                "give the number of rounds a value",
            )
        return layer.over_rounds(poly)


def _rounds_what_changes(poly: Poly, layer: Layer) -> bool:
    """Whether a rounding in a count depends on the number of a round."""
    algebra = layer.algebra
    letters = algebra.ring.gens[len(algebra.names) :]
    return any(
        poly.degree(letter) > 0 and rounding.argument.degree(loop.entering) > 0
        for letter, rounding in zip(letters, algebra.roundings, strict=False)
        for loop in layer.loops
    )


def counted(layers: Sequence[Layer], convention: Convention) -> Poly:
    """What a convention counts for all layers, as a polynomial for one image."""
    return sum_of_polynomials(convention.count(layer) for layer in layers)
