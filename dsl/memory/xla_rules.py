"""What each kind of layer computes on JAX, forward and backward, in buffers.

A rule gives the output of a layer, and the function that takes the gradient of the output to those
of the inputs. The text is what ``jax.grad`` makes of the Keras layer, after XLA's fusion for a CPU.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from math import prod
from typing import TypeAlias

from ..algebra.polynomials import ZERO, Poly
from ..graph.layer import Layer
from ..kinds import Kind, Merge
from ..kinds.avg import Avg
from ..kinds.base.activation import Activation
from ..kinds.base.window import Windowed
from ..kinds.base.window_sizes import span
from ..kinds.bn import Bn
from ..kinds.cat import Cat
from ..kinds.deconv import Deconv
from ..kinds.drop import Drop
from ..kinds.flat import Flat
from ..kinds.gap import Gap
from ..kinds.gelu import Gelu
from ..kinds.gmp import Gmp
from ..kinds.identity import Identity
from ..kinds.ln import Ln
from ..kinds.mul import Mul
from ..kinds.pool import Pool
from ..kinds.sigmoid import Sigmoid
from ..kinds.softmax import Softmax
from ..kinds.swish import Swish
from ..kinds.tanh import Tanh
from ..kinds.up import Up
from .xla_graph import Buffer, Graph, Value

Gradients: TypeAlias = Sequence[Value]
Pull: TypeAlias = Callable[[Value], Gradients]
Step: TypeAlias = tuple[Value, Pull]


def values_of(layer: Layer) -> Poly:
    """Values of the output for a batch."""
    return layer.output.values * layer.algebra.batch


def padded_values(kind: Windowed, layer: Layer) -> Poly:
    """Values of the input with the zeros that p writes around it; other padding needs no memory."""
    extents, padding = layer.input.extents, kind.padding
    if padding is None or isinstance(kind, Deconv):
        return layer.input.values * layer.algebra.batch
    area = prod(
        (n if isinstance(n, int) else n.poly) + 2 * p for n, p in zip(extents, padding, strict=True)
    )
    return layer.input.channels * area * layer.algebra.batch


def reached_values(kind: Windowed, layer: Layer) -> Poly:
    """Values of the input with what all windows reach beyond its ends."""
    if kind.padding is not None:
        return padded_values(kind, layer)
    area: Poly | int = 1
    for axis, before in enumerate(layer.input.extents):
        amount, stride = 0, kind.strides[axis]
        after, reach = layer.output.extents[axis], span(kind.kernel[axis], kind.dilations[axis])
        if isinstance(before, int) and isinstance(after, int):
            amount = max(0, (after - 1) * stride + reach - before)
        elif not kind.valid:
            amount = max(0, reach - stride)
        area = area * ((before if isinstance(before, int) else before.poly) + amount)
    return layer.input.channels * area * layer.algebra.batch


@functools.singledispatch
def step(kind: Kind, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """The output, and what takes its gradient to those of the inputs; elementwise by default."""
    out = graph.fused(layer, "output", values_of(layer), *inputs)

    def pull(gradient: Value) -> Gradients:
        return [
            graph.fused(layer, "gradient of the input", value.values, gradient) for value in inputs
        ]

    return out, pull


@step.register
def _(kind: Activation, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """The gradient is worked out from the input again."""
    (entering,) = inputs
    out = graph.fused(layer, "output", entering.values, entering)

    def pull(gradient: Value) -> Gradients:
        return [graph.fused(layer, "gradient of the input", entering.values, gradient, entering)]

    return out, pull


@step.register(Sigmoid)
@step.register(Tanh)
def _(kind: Kind, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """Stored, since it is not worked out twice; the gradient needs the output alone."""
    (entering,) = inputs
    out = graph.computed(layer, "output", entering.values, entering.sources)

    def pull(gradient: Value) -> Gradients:
        return [graph.fused(layer, "gradient of the input", entering.values, gradient, out)]

    return out, pull


@step.register
def _(kind: Swish, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    return _times_a_gate(layer, graph, inputs[0], ["sigmoid"])


@step.register
def _(kind: Gelu, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    return _times_a_gate(layer, graph, inputs[0], ["exponential", "error function"])


def _times_a_gate(layer: Layer, graph: Graph, entering: Value, names: Sequence[str]) -> Step:
    """The input times a function of it, which is stored in steps."""
    gates: list[Value] = []
    for name in names:
        before = [buffer for value in (*gates[-1:], entering) for buffer in value.sources]
        gates.append(graph.computed(layer, name, entering.values, before, "for both passes"))
    out = graph.fused(layer, "output", entering.values, gates[-1], entering)

    def pull(gradient: Value) -> Gradients:
        reads = (gradient, entering, *gates)
        return [graph.fused(layer, "gradient of the input", entering.values, *reads)]

    return out, pull


@step.register
def _(kind: Softmax, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """The exponentials are stored, and their sums."""
    (entering,) = inputs
    powers = graph.computed(layer, "exponentials", entering.values, entering.sources)
    total = graph.statistic(layer, "sum of exponentials", powers)
    out = graph.fused(layer, "output", entering.values, powers, total)

    def pull(gradient: Value) -> Gradients:
        mean = graph.statistic(layer, "mean gradient", gradient, out)
        reads = (gradient, out, mean)
        return [graph.fused(layer, "gradient of the input", entering.values, *reads)]

    return out, pull


@step.register(Flat)
@step.register(Identity)
def _(kind: Kind, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """The same values in another shape."""
    return inputs[0], lambda gradient: [gradient]


@step.register
def _(kind: Drop, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """Threefry makes two random words for each value; the mask is worked out from them twice."""
    (entering,) = inputs
    if not kind.rate or not graph.trains:
        return entering, lambda gradient: [gradient]
    why = "random bits, of which each pass works out the mask"
    words = [
        graph.fill(layer, f"random word {number}", entering.values, why=why, dtype="int32")
        for number in (1, 2)
    ]
    bits = Value(layer, "random bits", entering.values, tuple(words))
    out = graph.fused(layer, "output", entering.values, entering, bits)

    def pull(gradient: Value) -> Gradients:
        return [graph.fused(layer, "gradient of the input", entering.values, gradient, bits)]

    return out, pull


@step.register
def _(kind: Bn, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    (entering,) = inputs
    if not graph.trains:
        return graph.fused(layer, "output", entering.values, entering), _nothing
    return _normalised(layer, graph, entering)


@step.register
def _(kind: Ln, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """What one value scales is spread over the map, for the sums of the gradients."""
    entering = inputs[0]
    why = "for the gradients, in every value of the map"
    scale = graph.fill(layer, "scale", entering.values, why=why) if graph.trains else None
    return _normalised(layer, graph, entering, scale)


def _normalised(
    layer: Layer, graph: Graph, entering: Value, spread_scale: Buffer | None = None
) -> Step:
    """Mean and variance are sums; each of their gradients is a sum over a map that is stored."""
    values = entering.values
    graph.stored(entering)
    mean = graph.statistic(layer, "mean", stored_value(entering))
    centred = graph.fused(layer, "difference from the mean", values, entering, mean)
    graph.stored(centred)
    variance = graph.statistic(layer, "variance", stored_value(centred))
    spread_over: list[Buffer] = []
    if spread_scale is not None:
        why = "for the gradients, in every value of the map"
        deviation = graph.fill(layer, "deviation", values, variance.sources, why)
        spread_over = [spread_scale, deviation]
    out = graph.fused(layer, "output", values, entering, mean, variance)

    def pull(gradient: Value) -> Gradients:
        graph.stored(gradient)
        own = stored_value(gradient)
        given = Value(layer, "", values, tuple(spread_over))
        scale = graph.statistic(layer, "gradient of the scale", own, entering, given)
        shift = graph.statistic(layer, "gradient of the shift", own)
        spread = graph.fused(
            layer, "gradient by the variance", values, scale, shift, entering, mean
        )
        graph.stored(spread)
        centre = graph.statistic(layer, "gradient by the mean", stored_value(spread))
        sums = (scale, shift, centre, variance, mean)
        return [graph.fused(layer, "gradient of the input", values, own, entering, *sums)]

    return out, pull


def stored_value(value: Value) -> Value:
    """The value as it lies in its buffer."""
    if value.stored is None:
        return value
    return Value(value.layer, value.name, value.values, (value.stored,), value.stored)


def _nothing(gradient: Value) -> Gradients:
    raise AssertionError("inference has no backward pass")


@step.register
def _(kind: Pool, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """Its gradient needs the place of each largest value: one index for every axis."""
    (entering,) = inputs
    before, after = reached_values(kind, layer), values_of(layer)
    is_padded = before != entering.values
    padded = entering
    if is_padded:
        padded = graph.fused(layer, "input with a margin", before, entering)
    if kind.padding is not None:
        entering = padded  # of a layer of its own
    out = graph.computed(layer, "output", after, [graph.stored(entering)])
    if not graph.trains:
        return out, _nothing
    axes = range(len(layer.input.extents) + 2)
    why = "the places of the values along an axis, to find the largest"
    places = [
        graph.constant(layer, f"places along axis {axis}", before, why, "int32") for axis in axes
    ]
    whole = [graph.stored(padded), *places]
    again = graph.fill(layer, "largest values, with places", after, whole)
    found = [
        graph.fill(layer, f"places along axis {axis}", after, whole, dtype="int32") for axis in axes
    ]
    indices = graph.fill(
        layer,
        "indices",
        after * len(axes),
        [*found, again],
        f"{layer.name}'s indices, for the gradient of its input",
        dtype="int32",
    )
    start = []
    if is_padded or graph.is_read_once(layer.inputs[0]):  # else it is added to the other gradients
        why = "to which the gradient of its input is added"
        start.append(graph.fill(layer, "zeros", before, why=why, part="workspace"))

    def pull(gradient: Value) -> Gradients:
        copied = graph.fill(layer, "gradient of the output", after, gradient.sources, shares=True)
        reads = [*start, indices, copied]
        added = graph.fill(layer, "gradient of the input", before, reads, shares=True)
        found = Value(layer, "gradient of the input", before, (added,), added)
        if is_padded:
            found = graph.fused(layer, "gradient of the input", inputs[0].values, found)
        return [found]

    return out, pull


@step.register
def _(kind: Avg, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    (entering,) = inputs
    out = graph.computed(layer, "output", values_of(layer), [graph.stored(entering)])

    def pull(gradient: Value) -> Gradients:
        reads = [graph.stored(gradient)]
        return [graph.computed(layer, "gradient of the input", entering.values, reads)]

    return out, pull


@step.register
def _(kind: Gap, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    (entering,) = inputs
    out = graph.computed(layer, "output", values_of(layer), [graph.stored(entering)])

    def pull(gradient: Value) -> Gradients:
        return [graph.fused(layer, "gradient of the input", entering.values, gradient)]

    return out, pull


@step.register
def _(kind: Gmp, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """The gradient goes to the values that equal the largest."""
    (entering,) = inputs
    out = graph.computed(layer, "output", values_of(layer), [graph.stored(entering)])

    def pull(gradient: Value) -> Gradients:
        count = graph.statistic(layer, "count of the largest", entering, out)
        reads = (gradient, entering, out, count)
        return [graph.fused(layer, "gradient of the input", entering.values, *reads)]

    return out, pull


@step.register
def _(kind: Cat, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """Joined once; what follows reads the joined map."""
    out = graph.fused(layer, "output", values_of(layer), *inputs)
    graph.stored(out)
    joined = stored_value(out)

    def pull(gradient: Value) -> Gradients:
        return [graph.fused(layer, "gradient of a branch", v.values, gradient) for v in inputs]

    return joined, pull


@step.register
def _(kind: Mul, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """A factor with fewer values has a gradient that is a sum over pixels."""
    values = values_of(layer)
    out = graph.fused(layer, "output", values, *inputs)

    def pull(gradient: Value) -> Gradients:
        found = []
        for number, own in enumerate(inputs):
            others = [value for other, value in enumerate(inputs) if other != number]
            if own.values == values:
                name = "gradient of a branch"
                found.append(graph.fused(layer, name, values, gradient, *others))
                continue
            reads = [graph.stored(value) for value in (gradient, *others)]
            found.append(graph.computed(layer, "gradient of a gate", own.values, reads))
        return found

    return out, pull


@step.register
def _(kind: Up, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """The gradient is a sum over the copies of a pixel."""
    (entering,) = inputs
    out = graph.fused(layer, "output", values_of(layer), entering)

    def pull(gradient: Value) -> Gradients:
        reads = [graph.stored(gradient)]
        return [graph.computed(layer, "gradient of the input", entering.values, reads)]

    return out, pull
