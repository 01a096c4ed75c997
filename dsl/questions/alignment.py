"""Two networks layer by layer: equal layers, changed layers, and layers of one network alone.

Layers are matched in order: first as many as possible with the same text and the same costs;
between those, with the same text; between those, of the same kind. The longest common subsequence
is found by whole rows of bits, so that ten thousand layers take a second.

Source: Hyyro, "Bit-parallel LCS-length computation revisited", 2004.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ...grammar.budget import Work, spend
from ...grammar.short_repr import ShortRepr
from ..algebra.polynomials import Poly, value_at, whole
from ..costs.evaluated import EvaluatedNetwork
from ..graph.layer import Layer

STEPS_OF_A_LAYER = 8  # of the budget
MOST_BITS = 4 * 10**8  # of one table; beyond, halves are matched with halves


@dataclass(frozen=True, slots=True)
class WrittenLayer(ShortRepr):
    """A layer as written, its post chain with it; its costs are theirs together.

    ``layers`` are the names of all layers in it, ``output`` is H, W, C.
    """

    op: str
    text: str
    layers: tuple[str, ...]
    output: tuple[int, ...]
    params: int
    macs: int
    feature_map: int

    @property
    def name(self) -> str:
        """The name of the layer itself, without its post chain."""
        return self.layers[0]

    @property
    def size(self) -> str:
        """The output as text: ``32x32x64``."""
        return "x".join(map(str, self.output))

    @property
    def text_and_costs(self) -> Hashable:
        """What is the same of equal layers."""
        return self.text, self.output, self.params, self.macs, self.feature_map


@dataclass(frozen=True, slots=True)
class LayerPair(ShortRepr):
    """A layer of each network, side by side; None where a network has no such layer."""

    one: WrittenLayer | None
    other: WrittenLayer | None

    @property
    def kind(self) -> Literal["equal", "changed", "only in one", "only in other"]:
        """How the two layers differ."""
        if self.other is None:
            return "only in one"
        if self.one is None:
            return "only in other"
        is_equal = self.one.text_and_costs == self.other.text_and_costs
        return "equal" if is_equal else "changed"


def written_layers(figures: EvaluatedNetwork) -> tuple[WrittenLayer, ...]:
    """The layers of a network at a width as written, in order, each with its post chain."""
    found: list[list[Layer]] = []
    for layer in figures.graph.layers:
        if layer.is_post:
            found[-1].append(layer)
        else:
            found.append([layer])

    @functools.cache  # layers are often alike
    def value(poly: Poly) -> int:
        return whole(value_at(poly, figures.point))

    spend(STEPS_OF_A_LAYER * len(found), Work.LAYERS)
    return tuple(_written_layer(layers, value) for layers in found)


def _written_layer(layers: Sequence[Layer], value: Callable[[Poly], int]) -> WrittenLayer:
    head, *posts = layers
    last = layers[-1]
    return WrittenLayer(
        op=head.op,
        text=head.text.partition(":")[0]
        + (":" + ".".join(post.text for post in posts) if posts else ""),
        layers=tuple(layer.name for layer in layers),
        output=(*last.extents, value(last.output.channels)),
        params=sum(value(layer.params_poly) for layer in layers),
        macs=sum(value(layer.cost.macs) for layer in layers),
        feature_map=sum(value(layer.feature_map_poly) for layer in layers),
    )


_KEYS: tuple[Callable[[WrittenLayer], Hashable], ...] = (
    lambda part: part.text_and_costs,
    lambda part: part.text,
    lambda part: (part.op, part.output[:-1]),
    lambda part: part.op,
)


def aligned(one: Sequence[WrittenLayer], other: Sequence[WrittenLayer]) -> tuple[LayerPair, ...]:
    """All layers of two networks, in order, each once."""
    return tuple(_aligned(one, other, _KEYS))


def _aligned(
    one: Sequence[WrittenLayer],
    other: Sequence[WrittenLayer],
    keys: Sequence[Callable[[WrittenLayer], Hashable]],
) -> Iterator[LayerPair]:
    if not (keys and one and other):
        yield from (LayerPair(part, None) for part in one)
        yield from (LayerPair(None, part) for part in other)
        return
    key, *looser = keys
    found = matches([key(part) for part in one], [key(part) for part in other])
    ends = [(-1, -1), *found, (len(one), len(other))]
    for (i, j), (next_i, next_j) in itertools.pairwise(ends):
        if i >= 0:
            yield LayerPair(one[i], other[j])
        yield from _aligned(one[i + 1 : next_i], other[j + 1 : next_j], looser)


def matches(one: Sequence[Hashable], other: Sequence[Hashable]) -> list[tuple[int, int]]:
    """The places of a longest common subsequence, as pairs that rise in both sequences.

    >>> matches("conv relu pool".split(), "conv bn relu".split())
    [(0, 0), (1, 2)]
    """
    most = min(len(one), len(other))
    head = next((i for i in range(most) if one[i] != other[i]), most)
    most -= head
    tail = next((i for i in range(most) if one[-1 - i] != other[-1 - i]), most)
    inner = _inner(one[head : len(one) - tail], other[head : len(other) - tail])
    return [
        *((i, i) for i in range(head)),
        *((head + i, head + j) for i, j in inner),
        *((len(one) - i, len(other) - i) for i in range(tail, 0, -1)),
    ]


def _inner(one: Sequence[Hashable], other: Sequence[Hashable]) -> list[tuple[int, int]]:
    if len(one) * len(other) > MOST_BITS:
        half, middle = len(one) // 2, len(other) // 2
        later = _inner(one[half:], other[middle:])
        return [*_inner(one[:half], other[:middle]), *((half + i, middle + j) for i, j in later)]
    places: dict[Hashable, int] = {}
    for j, word in enumerate(other):
        places[word] = places.get(word, 0) | 1 << j
    every = (1 << len(other)) - 1
    row, rows = every, [every]  # a bit is 0 where the length grows with that column
    for word in one:
        met = row & places.get(word, 0)
        row = ((row + met) | (row - met)) & every
        rows.append(row)
    found = []
    i, j = len(one), len(other)
    while i and j:
        if rows[i] >> (j - 1) & 1:
            j -= 1
        elif not rows[i - 1] >> (j - 1) & 1:
            i -= 1
        else:
            i, j = i - 1, j - 1
            found.append((i, j))
    return found[::-1]
