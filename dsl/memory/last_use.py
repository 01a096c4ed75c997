"""After which layer the memory of each output is free in a forward pass."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ..graph.layer import Layer


def makers(layers: Sequence[Layer], in_place: Collection[Layer]) -> Mapping[Layer, Layer]:
    """The layer whose memory each output is: of those that work in place, that of the input."""
    found: dict[Layer, Layer] = {}
    for layer in layers:
        found[layer] = found[layer.inputs[0]] if layer in in_place and layer.inputs else layer
    return found


def last_uses(
    layers: Sequence[Layer], in_place: Collection[Layer]
) -> Mapping[Layer, Sequence[Layer]]:
    """For each layer the makers of what leaves after it has run; the network's output stays."""
    maker = makers(layers, in_place)
    last: dict[Layer, Layer] = {}
    for layer in layers:
        last[maker[layer]] = layer
        for before in layer.inputs:
            last[maker[before]] = layer
    found: dict[Layer, list[Layer]] = {layer: [] for layer in layers}
    for made, layer in last.items():
        if made is not maker[layers[-1]]:
            found[layer].append(made)
    return found
