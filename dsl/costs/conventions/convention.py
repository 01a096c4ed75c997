"""A convention: how a tool counts the work of a network, and in what unit it says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....grammar.errors import NetformError
from ...algebra.polynomials import Poly
from ...algebra.polynomials import total as add_up
from ...graph.layer import Layer
from ...kinds import Kind
from .law import Law, NotCountedError, law_for, shown, value

MULTIPLY_ADDS = "multiply-adds"
OPERATIONS = "operations"


@dataclass(frozen=True, slots=True)
class Convention:
    """The law of a tool for every kind of layer, the image among them, for one image.

    ``unit`` is what the tool's figure is a count of, whatever the tool calls it. ``tool`` names
    it and its version, ``figure`` which of its figures this is.
    """

    name: str
    unit: str
    meaning: str
    tool: str
    figure: str
    laws: Mapping[type[Kind], Law]

    def as_json(self) -> dict[str, Any]:
        """The convention as JSON values: laws are text, by the word for the kind of layer."""
        return {
            "name": self.name,
            "unit": self.unit,
            "meaning": self.meaning,
            "tool": self.tool,
            "figure": self.figure,
            "laws": {kind.op: shown(law) for kind, law in self.laws.items()},
        }

    @property
    def quantity(self) -> str:
        """The quantity of netform in the same unit: macs or flops."""
        return "macs" if self.unit == MULTIPLY_ADDS else "flops"

    def count(self, layer: Layer) -> Poly:
        """What it counts for a layer in all its rounds; raises NetformError where it cannot.

        May raise TooFewLetters, where a count is a rounding of its own.
        """
        law = law_for(self.laws[type(layer.kind)], layer)
        if isinstance(law, NotCountedError):
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
    return add_up(convention.count(layer) for layer in layers)
