"""The pixels of the image that one pixel sees, with borders: followed back layer by layer."""

from __future__ import annotations

from collections.abc import Sequence

from ...grammar.budget import Work, spend
from ...grammar.errors import NetformError
from ..graph.layer import Layer
from ..kinds.base.receptive_field import Interval, traced_back

Pixels = tuple[frozenset[int], ...]  # the indices along every axis: all their combinations


def trace_pixel(
    layers: Sequence[Layer], layer: Layer, position: Sequence[int]
) -> tuple[Interval | None, ...]:
    """Per axis, the first and last image pixel that a pixel of a layer's map sees.

    Pixels beyond the border of any map on the way are not there. None where nothing is seen.
    """
    extents = layer.output.sizes
    if len(position) != len(extents) or any(
        not 0 <= i < n for i, n in zip(position, extents, strict=False)
    ):
        shape = "x".join(map(str, extents)) or "a vector"
        raise NetformError(f"{layer.name} is {shape} and has no pixel {tuple(position)}")
    seen: dict[Layer, set[Pixels]] = {layer: {tuple(frozenset([i]) for i in position)}}
    for found in reversed(layers[1 : layers.index(layer) + 1]):
        for pixels in _outermost(seen.pop(found, set())):
            for before in found.inputs:
                seen.setdefault(before, set()).add(_before(pixels, found, before))
    image = [pixels for pixels in seen.get(layers[0], set()) if all(pixels)]
    axes = len(layers[0].output.extents)
    if not image:
        return (None,) * axes
    unions = [frozenset[int]().union(*(pixels[axis] for pixels in image)) for axis in range(axes)]
    return tuple((min(union), max(union)) for union in unions)


def _before(pixels: Pixels, layer: Layer, before: Layer) -> Pixels:
    """The pixels of the map before that some pixels of a layer see."""
    entering = before.output
    connections = layer.kind.connections(entering)
    if connections is None or len(pixels) != len(entering.extents):
        spend(sum(entering.sizes), Work.PHASES)
        return tuple(frozenset(range(extent)) for extent in entering.sizes)
    if not connections:  # pixel by pixel, but a map of one pixel broadcasts
        return pixels if entering.area != 1 else tuple(frozenset([0]) for _ in pixels)
    axes = zip(pixels, connections, entering.sizes, strict=True)
    return tuple(frozenset(traced_back(*axis)) for axis in axes)


def _outermost(found: set[Pixels]) -> list[Pixels]:
    """The sets that no other contains, without those that are empty along an axis."""
    whole = [pixels for pixels in found if all(pixels)]
    spend(len(whole) ** 2 * 4, Work.PHASES)
    return [
        pixels
        for pixels in whole
        if not any(
            pixels != other and all(a <= b for a, b in zip(pixels, other, strict=True))
            for other in whole
        )
    ]
