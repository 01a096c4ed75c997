"""The tensors that a training step of plain PyTorch keeps for its backward pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...grammar.budget import Work, spend
from ...grammar.short_repr import LongTuple
from ..graph.layer import Layer
from ..kinds.drop import Drop
from ..kinds.fc import Fc
from ..kinds.flat import Flat
from .kept import Keeps, KeepsInput, KeepsOutput, KeepsOwn, KeptTensor, TensorKey, merged
from .request import Request, check_unrolled
from .timeline import Timeline
from .torch_layout import Layout, layout_of
from .torch_remat import Followed, Found, recomputations
from .torch_rules import is_view, kept
from .torch_step import timeline_of

_STEPS_OF_A_LAYER = 40
_FLATTENING = (Fc, Flat)


def kept_tensors(layers: Sequence[Layer], dtype: str = "float32") -> Sequence[KeptTensor]:
    """Every tensor that is kept, once, however many layers keep it.

    ``dtype`` is float32 or float64. Raises NetformError where a part repeats a free number of
    times.
    """
    return merged((key, why) for _, key, why in followed(layers, dtype).kept)


def kept_in_mode(request: Request) -> Sequence[KeptTensor]:
    """What is kept between the passes; of inference, every output that is memory of its own."""
    if request.trains:
        return kept_tensors(request.layers, request.dtype)
    views = [is_view(layer) or isinstance(layer.kind, Drop) for layer in request.layers]
    return LongTuple(
        KeptTensor(
            layer,
            "output",
            request.dtype,
            layer.values_of_batch,
            ("every map is kept",),
        )
        for layer, view in zip(request.layers, views, strict=True)
        if not view
    )


def timeline(request: Request) -> Timeline:
    """What comes into memory and leaves it in a training step, or in a forward pass alone."""
    return timeline_of(request, followed(request.layers, request.dtype))


def followed(layers: Sequence[Layer], dtype: str) -> Followed:
    """What each layer keeps and why, and the layers whose output has a gradient."""
    found: list[Found] = []
    maker: dict[Layer, Layer] = {}  # the layer whose memory an output is
    with_gradient: set[Layer] = set()
    layouts: dict[Layer, Layout] = {}
    for layer in layers:
        check_unrolled(layer)
        spend(_STEPS_OF_A_LAYER, Work.LAYERS)
        is_copied = _is_flattened(layer) and layouts[layer.inputs[0]].is_copied_flat(
            layer.inputs[0]
        )
        maker[layer] = maker[layer.inputs[0]] if is_view(layer) and not is_copied else layer
        layouts[layer] = layout_of(layer, layouts)
        needing = [i for i, before in enumerate(layer.inputs) if before in with_gradient]
        if needing or layer.kind.weighted or layer.kind.is_norm:
            with_gradient.add(layer)
        for what in kept(layer.kind, layer):
            if what.gradients_of is None or not set(what.gradients_of).isdisjoint(needing):
                if is_copied and isinstance(layer.kind, Fc):
                    values = layer.inputs[0].values_of_batch
                    what = KeepsOwn(tensor="flat input", values=values, gradients_of=None)
                found.append((layer, *_tensor(layer, what, maker, dtype)))
    return Followed(found, with_gradient, recomputations(layers, found, maker, dtype))


def _tensor(
    layer: Layer, what: Keeps, maker: Mapping[Layer, Layer], dtype: str
) -> tuple[TensorKey, str]:
    """The layer that made it, its name, type, values, and the reason."""
    match what:
        case KeepsInput(number=number):
            made, name = maker[layer.inputs[number]], "input"
        case KeepsOutput():
            made, name = maker[layer], "output"
        case KeepsOwn(tensor=name, values=values):
            why = f"{layer.name}'s {name}, {what.why}"
            return (layer, name, what.dtype or dtype, values), why
    return (made, "output", dtype, made.values_of_batch), f"{layer.name}'s {name}, {what.why}"


def _is_flattened(layer: Layer) -> bool:
    """Whether a layer makes a vector of a map."""
    return isinstance(layer.kind, _FLATTENING) and not layer.input.is_vector
