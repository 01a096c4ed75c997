"""What a convention counts in a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...grammar.errors import NetformError
from ..algebra.polynomials import MOST_ROUNDINGS, Poly, TooFewLetters, value_at, whole
from ..costs.conventions import convention_of, counted
from ..graph.build import Built, build
from ..graph.width import Width

if TYPE_CHECKING:
    from ..network import Network


def counts(network: Network, name: str, w: Any, rounding: str | None) -> tuple[int, ...]:
    """What a convention counts for every layer at a width, the image first, for one image."""
    tool, width = convention_of(name), network.at(w, 1, rounding).w
    built = build(network.program, Width(width, rounding), network.values)
    polys = [tool.count(layer) for layer in built.layers]
    point = built.algebra.point({})
    return tuple(whole(value_at(poly, point)) for poly in polys)


def counted_in_letters(
    network: Network, name: str, quantity: str, built: Built
) -> tuple[Built, Poly]:
    """What a convention counts in all, and the network that it is said of.

    That is built anew where the counts round, and the network has no letters for that.
    """
    convention = convention_of(name, quantity)
    while True:
        try:
            return built, counted(built.layers, convention)
        except TooFewLetters:
            letters = built.algebra.most_roundings
            if letters == MOST_ROUNDINGS:
                raise NetformError(
                    f"the count of {name} has more roundings than can be followed",
                    hint="netform table has it at any width",
                ) from None
            built = network.lettered(built.algebra.names[2:], 4 * (letters or 1))
