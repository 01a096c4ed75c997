"""The tensors that a training step of the emitted Keras model keeps when Keras runs on PyTorch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction

from ....grammar.budget import Work, spend
from ....grammar.short_repr import LongTuple
from ...algebra.polynomials import Poly, value_at
from ...graph.layer import Layer
from ...kinds import Kind
from ...kinds.base.activation import Activation
from ...kinds.deconv import Deconv
from ...kinds.relu import Relu
from ..kept import KeptTensor
from .place import Place
from .rules import forward
from .windows import cut_by_padding
from ..request import Request, check_unrolled
from ..timeline import Timeline
from .tape import Tape, Tensor

_STEPS_OF_A_LAYER = 40
_EXTENT = 10**6  # by which the order of values is decided where the image's size is free
_BATCH = 2


def kept_tensors(layers: Sequence[Layer], dtype: str = "float32") -> Sequence[KeptTensor]:
    """Every tensor that is kept, once, however many layers keep it.

    ``dtype`` is float32, float64 or a policy of Keras for mixed precision. Raises NetformError
    where a part repeats a free number of times, or where a free size decides what is copied.
    """
    is_mixed = dtype.startswith("mixed_")
    compute, full = (dtype.removeprefix("mixed_"), "float32") if is_mixed else (dtype, dtype)
    tape, number = Tape(), _numbers(layers[0])
    fused = _fused(layers)
    outputs: dict[Layer, Tensor] = {}
    for layer in layers:
        check_unrolled(layer)
        spend(_STEPS_OF_A_LAYER, Work.LAYERS)
        tape.layer = layer
        place = Place(layer, tape, number, compute, full, layer in fused.values())
        y = forward(layer.kind, place, [outputs[before] for before in layer.inputs])
        if layer in fused and isinstance(fused[layer].kind, Deconv):
            y = cut_by_padding(fused[layer].kind, place, y)
        outputs[layer] = y
    return LongTuple(tape.kept())


def kept_in_mode(request: Request) -> Sequence[KeptTensor]:
    """What is kept between the passes."""
    return kept_tensors(request.layers, request.dtype)


def timeline(request: Request) -> Timeline:
    """What comes into memory and leaves it."""
    raise NotImplementedError


def _numbers(image: Layer) -> Callable[[Poly], int]:
    """The value of a polynomial at a large image, in a batch."""
    algebra = image.algebra
    free = {n.symbol for n in image.output.extents if not isinstance(n, int)}
    values = {name: Fraction(_EXTENT) for name in free} | {"B": Fraction(_BATCH)}
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
