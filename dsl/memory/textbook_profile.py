"""What the books' model keeps: every feature map, and in training an error signal for it.

Norms, activations and dropout work in place. Training keeps all of it until its step ends, so that
its peak is what it keeps. Inference keeps a map until the last layer that reads it has run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...grammar.short_repr import LongTuple
from ..graph.layer import Layer
from .kept import KeptTensor
from .last_use import last_uses
from .request import Request, check_unrolled
from .timeline import Event, Timeline


def kept(request: Request) -> Sequence[KeptTensor]:
    """The output of every layer that does not work in place, and in training its error signal."""
    return LongTuple(_kept(request))


def timeline(request: Request) -> Timeline:
    """Of training: everything comes and stays. Of inference: every map leaves after its last use."""
    always = request.variables()
    if request.trains:
        events = [Event(tensor, "activations", 1, "training") for tensor in kept(request)]
    else:
        events = list(_inference(request))
    return Timeline(events, always)


def _kept(request: Request) -> Iterator[KeptTensor]:
    for layer in request.layers:
        output = _output(layer, request.map_dtype)
        if output is None:
            continue
        yield output
        if request.trains and layer is not request.layers[0]:
            why = "the gradient of the loss by the output"
            yield KeptTensor(layer, "error signal", request.map_dtype, output.values, (why,))


def _inference(request: Request) -> Iterator[Event]:
    for layer in request.layers:
        check_unrolled(layer)
    outputs = {layer: _output(layer, request.map_dtype) for layer in request.layers}
    in_place = {layer for layer, output in outputs.items() if output is None}
    leaving = last_uses(request.layers, in_place)
    for layer in request.layers:
        output = outputs[layer]
        if output is not None:
            yield Event(output, "activations", 1, "forward")
        for made in leaving[layer]:
            found = outputs[made]
            if found is not None:
                yield Event(found, "activations", -1, "forward")


def _output(layer: Layer, dtype: str) -> KeptTensor | None:
    values = layer.feature_map_poly
    if not values:
        return None
    values = values * layer.algebra.batch
    return KeptTensor(layer, "output", dtype, values, ("every feature map is kept",))
