"""What pools and upsampling compute on JAX."""

from __future__ import annotations

from collections.abc import Sequence

from ...algebra.polynomials import Poly
from ...graph.layer import Layer
from ...kinds import Kind
from ...kinds.pool import Pool
from .graph import Buffer, Graph, Value
from .values import GRADIENT, Gradients, Step, reached_values, values_of


def max_pool(kind: Pool, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """For its gradient XLA finds the place of each largest value, one index for every axis.

    It takes them from arrays of all places along an axis, which it makes when the step begins, as
    it makes the zeros to which the gradient is added. Margins of the map are part of all of these.
    """
    (entering,) = inputs
    wide = reached_values(kind, layer)
    padded = entering
    if wide != entering.values:
        padded = graph.fused(layer, "input with margins", wide, entering)
    if kind.padding is not None:
        entering = padded  # Keras has a layer for it
    out = graph.computed(layer, "output", values_of(layer), [graph.stored(entering)])
    if not graph.trains or not graph.has_gradient(layer.inputs[0]):
        return out, lambda gradient: [gradient]
    indices = _indices(layer, graph, graph.stored(padded), wide)
    start = []
    if padded is not inputs[0] or graph.is_read_once(layer.inputs[0]):
        why = "to which the gradient of its input is added"
        start.append(graph.fill(layer, "zeros", wide, why=why, part="workspace"))

    def pull(gradient: Value) -> Gradients:
        name = "gradient of the output"
        own = graph.fill(layer, name, out.values, [gradient], shares=True)
        added = graph.fill(layer, GRADIENT, wide, [*start, indices, own], shares=True)
        found = Value(layer, GRADIENT, wide, stored=added)
        if padded is not inputs[0]:
            found = graph.fused(layer, GRADIENT, inputs[0].values, found)
        return [found]

    return out, pull


def _indices(layer: Layer, graph: Graph, entering: Buffer, wide: Poly) -> Buffer:
    """The places of the largest values: found together with these, then joined."""
    after = values_of(layer)
    axes = range(len(layer.input.extents) + 2)
    reads = [entering, *(graph.places(layer, wide, axis) for axis in axes)]
    found = [graph.fill(layer, "largest values once more", after, reads)]
    for axis in axes:
        found.append(graph.fill(layer, f"indices of axis {axis}", after, reads, dtype="int32"))
    why = f"{layer.name}'s indices, for the gradient of its input"
    return graph.fill(layer, "indices", after * len(axes), found, why, dtype="int32")


def average_pool(kind: Kind, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """The gradient is a sum over windows, too."""
    (entering,) = inputs
    out = graph.computed(layer, "output", values_of(layer), _summed(layer, graph, entering))

    def pull(gradient: Value) -> Gradients:
        reads = [graph.stored(gradient)]
        return [graph.computed(layer, GRADIENT, entering.values, reads)]

    return out, pull


def upsampling(kind: Kind, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """Fused into what follows; its gradient is a sum over the copies of a pixel."""
    (entering,) = inputs
    out = graph.fused(layer, "output", values_of(layer), entering)

    def pull(gradient: Value) -> Gradients:
        reads = [graph.stored(gradient)]
        return [graph.computed(layer, GRADIENT, entering.values, reads)]

    return out, pull


def mean_of_all(kind: Kind, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """gap: each pixel has an equal part of the gradient."""
    (entering,) = inputs
    out = graph.computed(layer, "output", values_of(layer), _summed(layer, graph, entering))

    def pull(gradient: Value) -> Gradients:
        return [graph.fused(layer, GRADIENT, entering.values, gradient, is_spread=True)]

    return out, pull


def largest_of_all(kind: Kind, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """gmp: the gradient goes to the values that equal the largest."""
    (entering,) = inputs
    out = graph.computed(layer, "output", values_of(layer), [graph.stored(entering)])

    def pull(gradient: Value) -> Gradients:
        count = graph.statistic(layer, "count of the largest", entering, out)
        reads = (gradient, entering, out, count)
        return [graph.fused(layer, GRADIENT, entering.values, *reads)]

    return out, pull


def _summed(layer: Layer, graph: Graph, entering: Value) -> list[Buffer]:
    """What a sum over pixels reads. It takes an activation before it in, with its constant."""
    inside = entering.sum_reads
    is_apart = graph.is_tensorflow or not graph.trains
    if not inside or is_apart or not graph.is_read_once(layer.inputs[0]):
        return [graph.stored(entering)]
    reads = [graph.stored(value) for value in inside]
    if entering.needs_constant:
        why = "a number in every value, for the activation inside the sum"
        reads.append(graph.fill(layer, "constant", entering.values, why=why, part="workspace"))
    return reads
