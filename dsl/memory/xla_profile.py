"""A step of JAX, as XLA compiles it for a CPU: what lies in memory, and when.

The program that ``jax.grad`` makes of the Keras model is followed layer by layer; XLA's fusion, its
order of execution and the life of each buffer are worked out from it. The state of training is
donated: parameters and the optimizer's values are updated in place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ...grammar.budget import Work, spend
from ...grammar.short_repr import LongTuple
from ..algebra.polynomials import Poly
from ..graph.layer import Layer
from .kept import KeptTensor
from .request import Request, check_unrolled
from .timeline import Timeline
from .xla_graph import Buffer, Graph, Value
from .xla_live import events_of, read_in_backward
from .xla_rules import Pull, step, values_of
from . import xla_weights  # noqa: F401  registers the rules of layers with weights

_STEPS_OF_A_LAYER = 40


def kept(request: Request) -> Sequence[KeptTensor]:
    """What the forward pass leaves for the backward pass; of inference, every buffer of a map."""
    graph = graph_of(request)
    if request.trains:
        found = read_in_backward(graph.buffers)
    else:
        found = [b for b in graph.buffers if b.values]
    return LongTuple(
        KeptTensor(b.layer, b.name, b.dtype, b.values, (b.why,)) for b in found
    )


def timeline(request: Request) -> Timeline:
    """What comes into memory and leaves it in a training step, or in a forward pass alone."""
    graph = graph_of(request)
    always = dict(request.variables())
    always.pop("gradients", None)
    return Timeline(events_of(graph), always)


def graph_of(request: Request) -> Graph:
    """The buffers of a step."""
    layers = request.layers
    readers = Counter(before for layer in layers for before in layer.inputs)
    graph = Graph(request.dtype, request.trains, _with_gradient(layers), readers)
    values: dict[Layer, Value] = {}
    pulls: dict[Layer, Pull] = {}
    for layer in layers:
        check_unrolled(layer)
        spend(_STEPS_OF_A_LAYER, Work.LAYERS)
        if not layer.inputs:
            image = graph.fill(layer, "output", values_of(layer), why="the images of the step")
            values[layer] = Value(layer, "output", values_of(layer), (image,), image)
            graph.ends.append(image)
            continue
        inputs = [values[before] for before in layer.inputs]
        values[layer], pulls[layer] = step(layer.kind, layer, graph, inputs)
    out = values[layers[-1]]
    if request.trains:
        _backward(graph, layers, values, pulls)
    else:
        graph.ends.append(graph.stored(out))
    return graph


def _backward(
    graph: Graph, layers: Sequence[Layer], values: Mapping[Layer, Value], pulls: Mapping[Layer, Pull]
) -> None:
    """The loss, and then all layers in the opposite order."""
    last = layers[-1]
    out = values[last]
    powers = graph.fill(last, "exponentials", out.values, out.sources, "of the loss")
    total = graph.statistic(last, "sum of exponentials", Value(last, "", out.values, (powers,)))
    graph.phase = "backward"
    loss = Value(last, "exponentials", out.values, (powers,), powers)
    gradients = {last: [graph.fused(last, "gradient of the output", out.values, loss, total)]}
    for layer in reversed(layers):
        found = gradients.pop(layer, [])
        if not found or layer not in pulls or not graph.has_gradient(layer):
            continue
        gradient = found[0]
        if len(found) > 1:
            gradient = graph.fused(layer, "gradient of the output", found[0].values, *found)
        for before, entering in zip(layer.inputs, pulls[layer](gradient), strict=False):
            if graph.has_gradient(before):
                gradients.setdefault(before, []).append(entering)


def _with_gradient(layers: Sequence[Layer]) -> frozenset[Layer]:
    """The layers with something to train in them or before them."""
    found: set[Layer] = set()
    for layer in layers:
        is_trained = layer.kind.weighted or layer.kind.is_norm
        if is_trained or not found.isdisjoint(layer.inputs):
            found.add(layer)
    return frozenset(found)
