"""What the books' model keeps: every feature map, and in training an error signal for it.

Norms, activations and dropout work in place. Training keeps all of it until its step ends, so that
its peak is what it keeps. Of a group that is computed again it keeps the output; the other maps and
their error signals live while the backward pass of the group runs. Inference keeps a map until the last layer that reads it has run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...grammar.short_repr import LongTuple
from ..graph.layer import Layer
from ..graph.remat import RematGroup
from .kept import KeptTensor
from .last_use import last_uses, makers
from .request import Request, check_unrolled
from .timeline import Event, Timeline


def kept(request: Request) -> Sequence[KeptTensor]:
    """The output of every layer that does not work in place, and in training its error signal.

    In training, of a group that is computed again only its output is kept.
    """
    hidden = _hidden(request) if request.trains else {}
    found = [layer for layer in request.layers if layer not in hidden]
    return LongTuple(tensor for layer in found for tensor in _kept(request, layer))


def timeline(request: Request) -> Timeline:
    """Of training: everything comes and stays, but for what is computed again, group by group.

    Of inference: every map leaves after its last use.
    """
    always = request.variables()
    if not request.trains:
        return Timeline(list(_inference(request)), always)
    events = [Event(tensor, "activations", 1, "training") for tensor in kept(request)]
    return Timeline([*events, *_computed_again(request)], always)


def _hidden(request: Request) -> Mapping[Layer, RematGroup]:
    """The layers whose outputs are not kept, and the groups that they are computed again with."""
    in_place = {layer for layer in request.layers if not layer.feature_map_poly}
    maker = makers(request.layers, in_place)
    read_outside = {maker[request.layers[-1]]}
    for layer in request.layers:
        read_outside |= {maker[b] for b in layer.inputs if b.remat is not layer.remat}
    return {
        layer: layer.remat
        for layer in request.layers
        if layer.remat is not None and layer not in read_outside
    }


def _computed_again(request: Request) -> Iterator[Event]:
    """The maps and error signals of each group, which live while its backward pass runs."""
    groups: dict[RematGroup, list[KeptTensor]] = {}
    for layer, group in _hidden(request).items():
        if group.is_repeated:
            check_unrolled(layer)
        groups.setdefault(group, []).extend(_kept(request, layer))
    for tensors in reversed(groups.values()):
        yield from (Event(tensor, "transient", 1, "backward") for tensor in tensors)
        yield from (Event(tensor, "transient", -1, "backward") for tensor in tensors)


def _kept(request: Request, layer: Layer) -> Iterator[KeptTensor]:
    output = _output(layer, request.map_dtype)
    if output is None:
        return
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
