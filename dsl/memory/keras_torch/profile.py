"""The tensors that a training step of the emitted Keras model keeps when Keras runs on PyTorch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from ....grammar.budget import Work, spend
from ....grammar.errors import NetformError
from ....grammar.short_repr import LongTuple
from ...algebra.polynomials import Poly, value_at
from ...graph.layer import Layer
from ...kinds import Kind
from ...kinds.base.activation import Activation
from ...kinds.deconv import Deconv
from ...kinds.identity import Identity
from ...kinds.relu import Relu
from ..kept import KeptTensor
from ..request import Request, check_unrolled
from ..timeline import Timeline
from .forward_pass import events_of
from .place import Place
from .rules import forward
from .tape import Tape, Tensor
from .windows import cut_by_padding

_STEPS_OF_A_LAYER = 40
_EXTENT = 10**6  # by which the order of values is decided where the image's size is free
_BATCH = 2


def kept_in_mode(request: Request) -> Sequence[KeptTensor]:
    """What is kept between the passes; of inference, the memory of every map, once.

    Raises NetformError where a part repeats a free number of times, or where a free size decides
    what is copied.
    """
    tape, outputs = followed(request)
    if request.trains:
        return LongTuple(tape.kept())
    made = dict.fromkeys(output.memory for output in outputs.values())
    why = ("every map is kept",)
    return LongTuple(KeptTensor(m.layer, m.name, m.dtype, m.values, why) for m in made)


def timeline(request: Request) -> Timeline:
    """What comes into memory and leaves it in a forward pass: Keras holds what layers return.

    Raises NetformError for a training step, whose backward pass has no model yet.
    """
    if request.trains:
        raise NetformError(
            f"the profile keras-torch has no mode {request.mode}",
            hint="take training or inference_peak, or the profile torch",
        )
    tape, _ = followed(request)
    return Timeline(events_of(tape), request.variables())


def followed(request: Request) -> tuple[Tape, Mapping[Layer, Tensor]]:
    """All layers one after the other: the tape with what they keep, and their outputs."""
    layers = request.layers
    tape, number = Tape(), _numbers(layers[0], request.batch)
    fused = _fused(layers)
    outputs: dict[Layer, Tensor] = {}
    for layer in layers:
        check_unrolled(layer)
        spend(_STEPS_OF_A_LAYER, Work.LAYERS)
        tape.layer = layer
        is_cut_later = layer in fused.values()
        place = Place(layer, tape, number, request, is_cut_later)
        inputs = [outputs[before] for before in layer.inputs]
        if layer not in fused and not isinstance(layer.kind, Identity):  # else no layer of Keras
            inputs = [place.cast(x, place.dtype, f"input in {place.dtype}") for x in inputs]
        y = forward(layer.kind, place, inputs)
        inside = fused[layer].kind if layer in fused else None
        if isinstance(inside, Deconv):
            y = cut_by_padding(inside, place, y)
        outputs[layer] = y
        if layer not in fused.values():
            tape.hold(y)
    return tape, outputs


def _numbers(image: Layer, batch: Fraction | None) -> Callable[[Poly], int]:
    """The value of a polynomial at a large image, in its batch or, where B is free, in one of many."""
    algebra = image.algebra
    free = {n.symbol for n in image.output.extents if not isinstance(n, int)}
    values = {name: Fraction(_EXTENT) for name in free} | {"B": batch or Fraction(_BATCH)}
    point = algebra.point(values)
    return lambda poly: int(value_at(poly, point))


def _fused(layers: Sequence[Layer]) -> dict[Layer, Layer]:
    """The activations that Keras applies inside a layer with weights, and that layer.

    As the program has them: the activation is all that follows the layer in its step.
    """
    posts = Counter(layer.step for layer in layers if layer.is_post)
    return {
        layer: layer.inputs[0]
        for layer in layers
        if layer.is_post
        and posts[layer.step] == 1
        and layer.inputs[0].kind.weighted
        and _has_name_in_keras(layer.kind)
    }


def _has_name_in_keras(kind: Kind) -> bool:
    if isinstance(kind, Relu):
        return kind.cap in (None, 6)
    return isinstance(kind, Activation)
