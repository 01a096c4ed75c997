"""A network's costs in total: the sums over its layers."""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...grammar.garbage import garbage_kept
from ...grammar.short_repr import ShortRepr
from ..algebra.polynomials import ZERO, Poly, sum_of_multiples, sum_of_polynomials
from ..graph.backward import Backward, unneeded_macs
from ..graph.layer import Layer
from ..kinds.base.cost import Cost


@dataclass(frozen=True)
class Totals(ShortRepr):
    """Sums over all layers, as polynomials in w; counts of values and work are per image.

    ``train_macs`` are the multiply-adds of a training step: forward, then one product for the
    gradient of every layer's weights and one for the gradient of its input, which a layer does not
    need where nothing before it is trained, and one more forward pass of what is computed again.
    ``error_signals`` are the feature maps but the image.
    ``batch`` is the letter B. Rarely used sums are computed from ``layers`` when they are used;
    ``backward`` is the way back through the whole network.
    """

    weights: Poly
    biases: Poly
    non_trainable: Poly
    macs: Poly
    train_macs: Poly
    feature_maps: Poly
    error_signals: Poly
    batch: Poly
    layers: Sequence[Layer]
    backward: Backward

    @functools.cached_property
    def sums(self) -> Poly:
        """The sums of all rows and columns, along the last two axes of every kernel."""
        return sum_of_polynomials(layer.sums_poly for layer in self.layers)

    @functools.cached_property
    def matrices(self) -> Poly:
        """The weights that are matrices, except those of the last layers."""
        return sum_of_polynomials(layer.matrix_poly for layer in self.layers)

    def sum_of(self, counts: Iterable[Poly]) -> Poly:
        """The sum of counts of layers, for quantities that are no field here."""
        return sum_of_polynomials(counts)

    @functools.cached_property
    def trainable(self) -> Poly:
        """Parameters that training changes."""
        return self.weights + self.biases

    @functools.cached_property
    def params(self) -> Poly:
        """All parameters, as the framework counts them."""
        return self.trainable + self.non_trainable

    @property
    def flops(self) -> Poly:
        """Floating-point operations: 2 for every multiply-add."""
        return self.macs * 2


def unneeded_by_layer(layers: Sequence[Layer]) -> dict[Layer, Poly]:
    """The multiply-adds that layers save on the way back, since nothing before is trained."""
    unneeded: dict[Layer, Poly] = {}
    for layer, macs in unneeded_macs(layers):
        unneeded[layer] = unneeded.get(layer, ZERO) + macs
    return unneeded


def recomputed_macs(layers: Sequence[Layer]) -> Poly:
    """The multiply-adds of the layers that the backward pass computes again."""
    return sum_of_polynomials(layer.cost.macs for layer in layers if layer.remat is not None)


def shares(layers: Sequence[Layer]) -> Iterator[tuple[Layer, Totals]]:
    """What every layer contributes to the totals; layers that contribute the same share an object."""
    unneeded, backward = unneeded_by_layer(layers), Backward(layers)
    known: dict[Hashable, Totals] = {}
    for layer in layers:
        is_image = layer is layers[0]
        key = (
            *(layer.once, layer.loops, layer.is_final, layer.kind, layer.output, is_image),
            tuple(before.output for before in layer.inputs),
            tuple(backward.without_gradient.get(layer, ())),
            layer.remat is None,
        )
        if key not in known:
            known[key] = _share(layer, unneeded.get(layer, ZERO), is_image, backward)
        yield layer, known[key]


def _share(layer: Layer, unneeded: Poly, is_image: bool, backward: Backward) -> Totals:
    """What a layer contributes to the totals."""
    feature_map, cost = layer.feature_map_poly, layer.cost
    return Totals(
        weights=cost.weights,
        biases=cost.biases,
        non_trainable=cost.non_trainable,
        macs=cost.macs,
        train_macs=cost.macs * (3 if layer.remat is None else 4) - unneeded,
        feature_maps=feature_map,
        error_signals=ZERO if is_image else feature_map,
        batch=layer.algebra.batch,
        layers=(layer,),
        backward=backward,
    )


def totals_of(layers: Sequence[Layer]) -> Totals:
    """The sums over layers in order, the image first."""
    with garbage_kept():
        costs = Counter(layer.cost for layer in layers)
        macs = _sum_of("macs", costs)
        feature_maps = _sum_of("feature_map", costs)
        return Totals(
            weights=_sum_of("weights", costs),
            biases=_sum_of("biases", costs),
            non_trainable=_sum_of("non_trainable", costs),
            macs=macs,
            train_macs=macs * 3
            - sum_of_polynomials(macs for _, macs in unneeded_macs(layers))
            + recomputed_macs(layers),
            feature_maps=feature_maps,
            error_signals=feature_maps - layers[0].feature_map_poly,
            batch=layers[0].algebra.batch,
            layers=layers,
            backward=Backward(layers),
        )


def _sum_of(field: str, costs: Mapping[Cost, int]) -> Poly:
    """The sum of a field of costs, each as often as it occurs."""
    counts: defaultdict[Poly, int] = defaultdict(int)
    for cost, times in costs.items():
        count = getattr(cost, field)
        if count:
            counts[count] += times
    return sum_of_multiples(counts)
