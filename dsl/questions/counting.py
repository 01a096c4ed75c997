"""What a convention counts in a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..algebra.polynomials import value_at, whole
from ..costs.conventions import convention_of
from ..graph.build import build
from ..graph.width import Width

if TYPE_CHECKING:
    from ..network import Network


def counts(network: Network, name: str, w: Any, rounding: str | None) -> tuple[int, ...]:
    """What a convention counts for every layer at a width, the image first, for one image."""
    tool, width = convention_of(name), network.at(w, 1, rounding).w
    graph = build(network.program, Width(width, rounding), network.values)
    polys = [tool.count(layer) for layer in graph.layers]
    point = graph.algebra.point({})
    return tuple(whole(value_at(poly, point)) for poly in polys)
