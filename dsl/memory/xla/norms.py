"""What normalisations compute on JAX: sums over a map, each of which reads it from a buffer."""

from __future__ import annotations

from collections.abc import Sequence

from ...graph.layer import Layer
from ...kinds.bn import Bn
from ...kinds.ln import Ln
from .graph import Buffer, Graph, Value
from .pointwise import relu
from .values import GRADIENT, Gradients, Step

_SPREAD = "for the gradients, once more in every value of the map"


def batch_norm(kind: Bn, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """In inference the statistics are known: a function of each value."""
    if not graph.trains:
        return relu(kind, layer, graph, inputs)
    return _normalised(layer, graph, inputs[0], is_spread=False)


def layer_norm(kind: Ln, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """The scale of a channel and the deviation of a pixel are spread over the map."""
    return _normalised(layer, graph, inputs[0], is_spread=graph.trains and not graph.is_tensorflow)


def _normalised(layer: Layer, graph: Graph, entering: Value, is_spread: bool) -> Step:
    """The mean, the variance, and from these the output.

    The gradients by the scale, the shift and the variance are sums over maps that are stored, and
    so is that by the mean.
    """
    values = entering.values
    spread: list[Buffer] = []
    if is_spread:
        spread.append(graph.fill(layer, "scale", values, why=_SPREAD))
    mean = graph.statistic(layer, "mean", graph.stored(entering))
    centred = graph.fused(layer, "difference from the mean", values, entering, mean)
    variance = graph.statistic(layer, "variance", graph.stored(centred))
    if is_spread:
        spread.append(graph.fill(layer, "deviation", values, [variance], _SPREAD))
    out = graph.fused(layer, "output", values, entering, mean, variance)

    def pull(gradient: Value) -> Gradients:
        own = graph.stored(gradient)
        scale = graph.statistic(layer, "gradient of the scale", own, entering, *spread)
        shift = graph.statistic(layer, "gradient of the shift", own)
        part = graph.fused(
            *(layer, "gradient by the variance", values), scale, shift, entering, mean
        )
        centre = graph.statistic(layer, "gradient by the mean", graph.stored(part))
        sums = (scale, shift, centre, variance, mean)
        return [graph.fused(layer, GRADIENT, values, gradient, entering, *sums)]

    return out, pull
