"""The statements of ``build_model``: a network's layers as Keras calls."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ...dsl import kinds
from ...dsl.kinds import Kind
from ...dsl.layer import Layer
from .source import Call
from .spelling import Place, activation, spell

# what leaves these is never below zero, whatever enters
_NON_NEGATIVE = (kinds.Relu, kinds.Sigmoid, kinds.Softmax)
# what leaves these is non-negative when what enters is
_KEEPS_SIGN = (
    kinds.Pool, kinds.Avg, kinds.Gap, kinds.Gmp, kinds.Up, kinds.Pad, kinds.Crop, kinds.Drop,
    kinds.Flat, kinds.Identity,
)  # fmt: skip


def statements(layers: Sequence[Layer], width: Fraction) -> list[str]:
    """One statement per Keras call, from ``x`` to ``x``; the input is not among them."""
    calls: list[Call] = []
    non_negative = False  # the image is normalised
    is_vector = False
    rank = len(layers[0].output.extents)
    skip = False
    for i, layer in enumerate(layers[1:], start=1):
        if skip:  # an activation that the layer before took in
            non_negative, skip = _sign(layer.kind, non_negative), False
            continue
        fused = _fused(layers, i)
        place = Place(
            name=layer.name.replace(".", "_"),
            map=layer.input,
            width=width,
            activation=fused,
            keep_map=_needs_map_later(layers, i),
            non_negative=non_negative,
            is_vector=is_vector,
        )
        calls += spell(layer.kind, place)
        skip = fused is not None
        non_negative = _sign(layer.kind, non_negative)
        if isinstance(layer.kind, (kinds.Gap, kinds.Gmp)):
            is_vector = not place.keep_map
        elif layer.output.is_vector:
            is_vector = True
    last = layers[-1].output
    if not is_vector and last.extents == (1,) * rank:  # one label an image: a vector, not a map
        calls.append(Call("layers.Flatten"))
    return [call.assigned("x", "x") for call in calls]


def _fused(layers: Sequence[Layer], i: int) -> str | None:
    """The activation behind a weighted layer, where it is all of its post chain."""
    behind = [layer.is_post for layer in layers[i + 1 : i + 3]]
    if not layers[i].kind.weighted or behind not in ([True], [True, False]):
        return None
    return activation(layers[i + 1].kind)


def _needs_map_later(layers: Sequence[Layer], i: int) -> bool:
    """Whether a global pool's pixel must stay a map, for a layer before it becomes a vector."""
    if not isinstance(layers[i].kind, (kinds.Gap, kinds.Gmp)):
        return False
    for layer in layers[i + 1 :]:
        if layer.kind.needs_map:
            return True
        if layer.output.is_vector:
            return False
    return False


def _sign(kind: Kind, entering: bool) -> bool:
    return isinstance(kind, _NON_NEGATIVE) or (entering and isinstance(kind, _KEEPS_SIGN))
