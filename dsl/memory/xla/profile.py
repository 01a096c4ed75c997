"""A step of JAX, as XLA compiles it for a CPU: what lies in memory, and when.

The program that ``jax.grad`` makes of the Keras model is followed layer by layer; XLA's fusion, its
order of execution and the life of each buffer are worked out from it. The state of training is
donated: parameters and the optimizer's values are updated in place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ....grammar.budget import Work, spend
from ....grammar.short_repr import LongTuple
from ...graph.layer import Layer
from ..kept import BYTES, KeptTensor
from ..request import Request, check_unrolled
from ..timeline import Timeline
from .graph import Buffer, Graph, Value
from .live import events_of, read_in_backward
from .rules import RULES
from .values import Pull, values_of

_STEPS_OF_A_LAYER = 40


def kept(request: Request, is_tensorflow: bool = False) -> Sequence[KeptTensor]:
    """What the forward pass leaves for the backward pass; of inference, every buffer of a map."""
    graph = graph_of(request, is_tensorflow)
    if not request.trains:
        return LongTuple(_tensor(b, ("every map is kept",)) for b in graph.buffers if b.values)
    return LongTuple(
        _tensor(buffer, [f"for {reader.layer.name}'s {reader.name}" for reader in readers])
        for buffer, readers in read_in_backward(graph.buffers).items()
        if buffer.part is None  # not for the maps
    )


def _tensor(buffer: Buffer, why: Sequence[str]) -> KeptTensor:
    reasons = tuple(dict.fromkeys(why))
    return KeptTensor(buffer.layer, buffer.name, buffer.dtype, buffer.values, reasons)


def timeline(request: Request, is_tensorflow: bool = False) -> Timeline:
    """What comes into memory and leaves it in a training step, or in a forward pass alone.

    On JAX a forward pass gives back the statistics of norms, as Keras has it: copies of them.
    """
    always = dict(request.variables())
    if request.trains:
        del always["gradients"]
    elif not is_tensorflow:
        always["overhead"] = request.network.totals.non_trainable * BYTES[request.dtype]
    return Timeline(events_of(graph_of(request, is_tensorflow)), always)


def graph_of(request: Request, is_tensorflow: bool = False) -> Graph:
    """The buffers of a step."""
    layers = request.layers
    readers = Counter(before for layer in layers for before in layer.inputs)
    graph = Graph(request.dtype, request.trains, _with_gradient(layers), readers, is_tensorflow)
    image, *others = layers
    stored = graph.fill(image, "output", values_of(image), why="the images of the step")
    values = {image: Value(image, "output", stored.values, stored=stored)}
    graph.ends.append(stored)
    pulls: dict[Layer, Pull] = {}
    for layer in others:
        check_unrolled(layer)
        spend(_STEPS_OF_A_LAYER, Work.LAYERS)
        inputs = [values[before] for before in layer.inputs]
        values[layer], pulls[layer] = RULES[type(layer.kind)](layer.kind, layer, graph, inputs)
    if request.trains:
        _backward(graph, layers, values[layers[-1]], pulls)
    else:
        graph.ends.append(graph.stored(values[layers[-1]]))
    graph.finish()
    return graph


def _backward(
    graph: Graph, layers: Sequence[Layer], out: Value, pulls: Mapping[Layer, Pull]
) -> None:
    """The loss, and then all layers in the opposite order."""
    last = layers[-1]
    loss = graph.computed(last, "exponentials", out.values, [out], "of the loss")
    total = graph.statistic(last, "sum of exponentials", loss)
    graph.phase = "backward"
    gradients = {last: [graph.fused(last, "gradient of the loss", out.values, loss, total)]}
    for layer in reversed(layers):
        found = gradients.pop(layer, [])
        if layer not in pulls or not found:
            continue
        gradient = found[0]
        if len(found) > 1:
            gradient = graph.fused(layer, "gradient of the output", gradient.values, *found)
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
