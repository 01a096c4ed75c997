"""The way back: which trained layers need no gradient of their input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from ..algebra.polynomials import Poly
from .layer import Layer
from .loops import Loop


def first_trained(layers: Sequence[Layer]) -> Iterator[tuple[Layer, tuple[bool, ...]]]:
    """The trained layers before which nothing is trained on any path.

    A layer in loops comes with one flag a loop, the outermost first: False is the first round,
    True are the later ones.
    """
    depth = max(len(layer.loops) for layer in layers)
    trained_round: set[Loop] = set()  # whose rounds end behind a trained layer
    for later in product((False, True), repeat=depth):
        behind: set[Layer] = set()
        for layer in layers:
            loops = layer.loops
            is_behind = not behind.isdisjoint(layer.inputs)
            if loops and layer.step == loops[-1].opening and later[len(loops) - 1]:
                is_behind |= loops[-1] in trained_round
            is_trained = bool(layer.once.weights or layer.once.biases)
            if is_trained and not is_behind and not any(later[len(loops) :]):
                yield layer, later[: len(loops)]
            if is_trained or is_behind:
                behind.add(layer)
                if loops and layer.step == loops[-1].last:
                    trained_round.add(loops[-1])


def unneeded_macs(layers: Sequence[Layer]) -> Iterator[tuple[Layer, Poly]]:
    """Layers, and multiply-adds of gradients of their inputs that nothing before can use."""
    for layer, later in first_trained(layers):
        macs = layer.once.macs
        for loop, is_later in zip(reversed(layer.loops), reversed(later), strict=True):
            macs = loop.after_first(macs) if is_later else loop.in_round(macs, 0)
        yield layer, macs
