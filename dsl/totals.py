"""A network's costs in total: the sums over its layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .layer import Layer
from .polynomials import RING, Poly


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over all layers, as polynomials in w; counts of values and work are per image.

    ``train_macs`` are the multiply-adds of a training step: forward, then one product for the
    gradient of every layer's weights and one for the gradient of its input, which no layer needs
    before which nothing is trained. ``error_signals`` are the feature maps but for the image.
    """

    weights: Poly
    biases: Poly
    non_trainable: Poly
    macs: Poly
    train_macs: Poly
    feature_maps: Poly
    error_signals: Poly

    @property
    def trainable(self) -> Poly:
        return self.weights + self.biases

    @property
    def params(self) -> Poly:
        return self.trainable + self.non_trainable

    @property
    def flops(self) -> Poly:
        return self.macs * 2


def total(layers: Sequence[Layer]) -> Totals:
    """The sums over layers in order, the image first."""
    macs = _sum(layer.cost.macs for layer in layers)
    feature_maps = _sum(layer.feature_map_poly for layer in layers)
    first = next((layer for layer in layers if layer.cost.weights or layer.cost.biases), None)
    return Totals(
        weights=_sum(layer.cost.weights for layer in layers),
        biases=_sum(layer.cost.biases for layer in layers),
        non_trainable=_sum(layer.cost.non_trainable for layer in layers),
        macs=macs,
        train_macs=macs * 3 - (first.cost.macs if first else 0),
        feature_maps=feature_maps,
        error_signals=feature_maps - layers[0].feature_map_poly,
    )


def _sum(polys: object) -> Poly:
    """The sum in time linear in the terms: ``+`` would copy the sum so far at every step."""
    terms: dict[tuple[int, int], object] = {}
    for poly in polys:  # type: ignore[attr-defined]
        for monomial, coefficient in poly.items():
            terms[monomial] = terms[monomial] + coefficient if monomial in terms else coefficient
    return RING.from_dict(terms)
