"""The way back: which layers need no gradient of their inputs."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from ...grammar.short_repr import ShortRepr
from ..algebra.polynomials import Poly
from .layer import Layer
from .loops import Loop

Later = tuple[bool, ...]  # for each loop, the outermost first: its first round, or all later ones


def without_gradient(layers: Sequence[Layer]) -> Iterator[tuple[Layer, Later, tuple[int, ...]]]:
    """Layers, and the numbers of their inputs before which nothing is trained on any path.

    A layer in loops comes with one flag a loop, the outermost first: False is the first round,
    True are the later ones.
    """
    depth = max(len(layer.loops) for layer in layers)
    trained_round: set[Loop] = set()  # whose rounds end behind a trained layer
    for later in product((False, True), repeat=depth):
        behind: set[Layer] = set()
        for layer in layers:
            loops = layer.loops
            missing = tuple(n for n, before in enumerate(layer.inputs) if before not in behind)
            if loops and layer.step == loops[-1].opening and later[len(loops) - 1]:
                missing = () if loops[-1] in trained_round else missing
            if missing and not any(later[len(loops) :]):
                yield layer, later[: len(loops)], missing
            if is_trained(layer) or len(missing) < len(layer.inputs):
                behind.add(layer)
                if loops and layer.step == loops[-1].last:
                    trained_round.add(loops[-1])


def is_trained(layer: Layer) -> bool:
    """Whether a layer has parameters that training changes."""
    return bool(layer.once.weights or layer.once.biases)


def first_trained(layers: Sequence[Layer]) -> Iterator[tuple[Layer, Later]]:
    """The trained layers before which nothing is trained on any path, with their rounds."""
    for layer, later, missing in without_gradient(layers):
        if is_trained(layer) and len(missing) == len(layer.inputs):
            yield layer, later


def in_rounds(layer: Layer, later: Later, count: Poly) -> Poly:
    """The sum of a count of one round over some rounds of the loops around a layer."""
    for loop, is_later in zip(reversed(layer.loops), reversed(later), strict=True):
        count = loop.after_first(count) if is_later else loop.in_round(count, 0)
    return count


def unneeded_macs(layers: Sequence[Layer]) -> Iterator[tuple[Layer, Poly]]:
    """Layers, and multiply-adds of gradients of their inputs that nothing before can use."""
    for layer, later in first_trained(layers):
        yield layer, in_rounds(layer, later, layer.once.macs)


@dataclass(frozen=True, eq=False)
class Backward(ShortRepr):
    """The way back through layers, worked out when it is first asked for."""

    layers: Sequence[Layer]

    @functools.cached_property
    def without_gradient(self) -> Mapping[Layer, Sequence[tuple[Later, tuple[int, ...]]]]:
        """For layers, the rounds and the inputs, by number, that need no gradient."""
        found: dict[Layer, list[tuple[Later, tuple[int, ...]]]] = {}
        for layer, later, missing in without_gradient(self.layers):
            found.setdefault(layer, []).append((later, missing))
        return found
