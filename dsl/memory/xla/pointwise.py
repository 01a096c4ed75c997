"""What activations, merges and layers of one value for another compute on JAX.

Most are fused into what follows and need no buffer. A function that takes long to compute is stored
where more than one operation reads it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...graph.layer import Layer
from ...kinds import Kind
from ...kinds.drop import Drop
from .graph import Graph, Value
from .values import GRADIENT, Gradients, Step, values_of


def view(kind: Kind, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """The same values in another shape."""
    return inputs[0], lambda gradient: [gradient]


def linear(kind: Kind, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """A sum, zeros around a map or its middle: the gradient needs no map."""
    out = graph.fused(layer, "output", values_of(layer), *inputs)

    def pull(gradient: Value) -> Gradients:
        return [graph.fused(layer, GRADIENT, value.values, gradient) for value in inputs]

    return out, pull


def relu(kind: Kind, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """The gradient is worked out from the input again."""
    (entering,) = inputs
    out = graph.fused(layer, "output", entering.values, entering)
    out.sum_reads, out.needs_constant = (entering,), True  # zeros to compare with

    def pull(gradient: Value) -> Gradients:
        return [graph.fused(layer, GRADIENT, entering.values, gradient, entering)]

    return out, pull


def from_output(kind: Kind, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """A sigmoid or tanh: stored, and its gradient needs the output alone."""
    (entering,) = inputs
    out = graph.computed(layer, "output", entering.values, [entering])

    def pull(gradient: Value) -> Gradients:
        return [graph.fused(layer, GRADIENT, entering.values, gradient, out)]

    return out, pull


def swish(kind: Kind, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """The input times its sigmoid, which is stored; TensorFlow computes it again."""
    if graph.is_tensorflow:
        return relu(kind, layer, graph, inputs)
    return _gated(layer, graph, inputs[0], ["sigmoid"])


def gelu(kind: Kind, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """The input times an error function, which is stored, and so is the exponential inside it."""
    return _gated(layer, graph, inputs[0], ["exponential", "error function"])


def _gated(layer: Layer, graph: Graph, entering: Value, names: Sequence[str]) -> Step:
    if not graph.trains:
        return graph.fused(layer, "output", entering.values, entering), lambda gradient: [gradient]
    gates: list[Value] = []
    for name in names:
        wants = (*gates[-1:], entering)
        gates.append(graph.computed(layer, name, entering.values, wants, "for both passes"))
    out = graph.fused(layer, "output", entering.values, gates[-1], entering)
    out.sum_reads, out.needs_constant = (entering, gates[-1]), len(gates) > 1  # halves

    def pull(gradient: Value) -> Gradients:
        return [graph.fused(layer, GRADIENT, entering.values, gradient, entering, *gates)]

    return out, pull


def softmax(kind: Kind, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """The exponentials are stored."""
    (entering,) = inputs
    powers = graph.computed(layer, "exponentials", entering.values, [entering])
    total = graph.statistic(layer, "sum of exponentials", powers)
    out = graph.fused(layer, "output", entering.values, powers, total)

    def pull(gradient: Value) -> Gradients:
        mean = graph.statistic(layer, "mean gradient", gradient, out)
        return [graph.fused(layer, GRADIENT, entering.values, gradient, out, mean)]

    return out, pull


def dropout(kind: Drop, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """Two random words for each value, on TensorFlow one, of which each pass makes the mask."""
    (entering,) = inputs
    if not kind.rate or not graph.trains:
        return view(kind, layer, graph, inputs)
    why = "random bits, of which each pass works out the mask"
    words = [
        graph.fill(layer, f"random word {number}", entering.values, why=why, dtype="int32")
        for number in ((1,) if graph.is_tensorflow else (1, 2))
    ]
    bits = Value(layer, "random bits", entering.values, sources=tuple(words))
    out = graph.fused(layer, "output", entering.values, entering, bits)

    def pull(gradient: Value) -> Gradients:
        return [graph.fused(layer, GRADIENT, entering.values, gradient, bits)]

    return out, pull


def joined(kind: Kind, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """cat: stored once; all that follow read the joined map."""
    out = graph.fused(layer, "output", values_of(layer), *inputs)
    graph.stored(out)
    out.is_unary = False

    def pull(gradient: Value) -> Gradients:
        return [graph.fused(layer, GRADIENT, value.values, gradient) for value in inputs]

    return out, pull


def product(kind: Kind, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """mul: the gradient of a factor with fewer values is a sum over pixels."""
    values = values_of(layer)
    out = graph.fused(layer, "output", values, *inputs)

    def pull(gradient: Value) -> Gradients:
        found = []
        for number, own in enumerate(inputs):
            others = [gradient, *inputs[:number], *inputs[number + 1 :]]
            if own.values == values:
                found.append(graph.fused(layer, GRADIENT, values, *others))
            else:
                reads = [graph.stored(value) for value in others]
                found.append(graph.computed(layer, "gradient of a gate", own.values, reads))
        return found

    return out, pull
