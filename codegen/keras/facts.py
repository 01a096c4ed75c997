"""Facts about every tensor beside its shape: its sign, and whether it is a vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...dsl.graph.layer import Layer
from ...dsl.kinds import Kind, Merge
from ...dsl.kinds.base.window import GlobalPooling


@dataclass(frozen=True, slots=True)
class Facts:
    """Sets of layers: by their outputs, and the global pools that keep their map."""

    non_negative: set[Layer]
    vectors: set[Layer]
    kept_maps: set[Layer]


def facts_of(layers: Sequence[Layer]) -> Facts:
    """The facts of a network, from its layers in order."""
    kept = _kept_maps(layers)
    non_negative: set[Layer] = set()  # the image is normalised
    vectors: set[Layer] = set()
    for layer in layers[1:]:
        signs = [before in non_negative for before in layer.inputs]
        if layer.kind.is_non_negative or (layer.kind.keeps_sign and all(signs)):
            non_negative.add(layer)
        if _leaves_vector(layer, vectors, kept):
            vectors.add(layer)
    return Facts(non_negative, vectors, kept)


def _leaves_vector(layer: Layer, vectors: set[Layer], kept: set[Layer]) -> bool:
    if isinstance(layer.kind, GlobalPooling):
        return layer not in kept
    if layer.output.is_vector:
        return True
    entering = [before in vectors for before in layer.inputs]
    return all(entering) and (layer.output.area == 1)


def _kept_maps(layers: Sequence[Layer]) -> set[Layer]:
    """The global pools whose pixel stays a map, since a later layer needs one."""
    needed: set[Layer] = set()  # layers whose output must be a map
    kept: set[Layer] = set()
    for layer in reversed(layers[1:]):
        if layer in needed and isinstance(layer.kind, GlobalPooling):
            kept.add(layer)
        for before in layer.inputs:
            if _needs_map(layer.kind, layer, before, needed):
                needed.add(before)
    return kept


def _needs_map(kind: Kind, layer: Layer, before: Layer, needed: set[Layer]) -> bool:
    if before.output.area != 1 or before.output.is_vector:
        return False
    if isinstance(kind, Merge):
        if layer.output.area != 1 or layer.output.is_vector:
            return False  # a pixel that multiplies a map, or joins a vector, is as good as a vector
        return layer in needed or not all(_may_be_vector(one) for one in layer.inputs)
    return kind.needs_map or (layer in needed and not layer.output.is_vector)


def _may_be_vector(layer: Layer) -> bool:
    """Whether a map of one pixel can be a vector in Keras just as well."""
    if isinstance(layer.kind, GlobalPooling):
        return True
    if layer.kind.needs_map or not layer.inputs:
        return False
    return all(_may_be_vector(before) for before in layer.inputs)
