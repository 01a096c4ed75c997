"""How every kind of layer is spelled in Keras.

``spell`` turns one layer into the calls that make it, one overload per kind. Adding a kind means
adding an overload here; a test walks the kinds and demands each.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from ...dsl import kinds
from ...dsl.kinds import Kind
from ...dsl.kinds.window import Convolving, Pooling
from ...dsl.polynomials import Poly, value_at, whole
from ...dsl.shape import Shape
from .source import Call, Name, Value

MINUS_INFINITY = Name('float("-inf")')


@dataclass(frozen=True, slots=True)
class Place:
    """What a layer's spelling depends on beside the layer itself.

    ``activation`` is an activation that Keras applies inside the layer, ``keep_map`` says that a
    later layer needs the map of one pixel that a global pool leaves, and ``non_negative`` that no
    value that enters is below zero. ``is_vector`` tells of the tensor, not the shape: the pixel
    of a global pool is a vector in Keras unless its map is kept.
    """

    name: str
    map: Shape
    width: Fraction
    activation: str | None = None
    keep_map: bool = False
    non_negative: bool = False
    is_vector: bool = False

    @property
    def rank(self) -> int:
        return len(self.map.extents)

    def count(self, channels: Poly) -> int:
        return whole(value_at(channels, self.width))


@functools.singledispatch
def spell(kind: Kind, place: Place) -> list[Call]:
    """The Keras calls for one layer, in order."""
    raise NotImplementedError(f"{kind.op} needs an overload of spell in codegen/keras/spelling.py")


@spell.register
def _(kind: kinds.Conv, place: Place) -> list[Call]:
    groups = {"groups": kind.groups} if kind.groups > 1 else {}
    call = _layer(
        f"Conv{place.rank}D",
        (place.count(kind.filters), _size(kind.kernel)),
        _window(kind) | groups | _weights(kind, place),
    )
    return [*_zeros(kind, place), call]


@spell.register
def _(kind: kinds.Dw, place: Place) -> list[Call]:
    if len(set(kind.strides)) > 1:  # which TensorFlow's depthwise convolution has not
        channels = place.count(place.map.channels)
        grouped = _layer(
            f"Conv{place.rank}D",
            (channels * kind.multiplier, _size(kind.kernel)),
            _window(kind) | {"groups": channels} | _weights(kind, place),
        )
        return [*_zeros(kind, place), grouped]
    multiplier = {"depth_multiplier": kind.multiplier} if kind.multiplier > 1 else {}
    call = _layer(
        f"DepthwiseConv{place.rank}D",
        (_size(kind.kernel),),
        _window(kind) | multiplier | _weights(kind, place),
    )
    return [*_zeros(kind, place), call]


@spell.register
def _(kind: kinds.Deconv, place: Place) -> list[Call]:
    call = _layer(
        f"Conv{place.rank}DTranspose",
        (place.count(kind.filters), _size(kind.kernel)),
        _window(kind) | _weights(kind, place),
    )
    if not any(kind.padding or ()):
        return [call]
    crop = {"name": f"{place.name}_crop"}
    return [call, _layer(f"Cropping{place.rank}D", (_size(kind.padding),), crop)]


@spell.register
def _(kind: kinds.Fc, place: Place) -> list[Call]:
    flatten = [] if place.is_vector else [_layer("Flatten")]
    return [*flatten, _layer("Dense", (place.count(kind.units),), _weights(kind, place))]


@spell.register
def _(kind: kinds.Pool, place: Place) -> list[Call]:
    padding: list[Call] = []
    if any(kind.padding or ()):
        if place.non_negative:
            padding = _zeros(kind, place)
        else:
            borders = ((0, 0), *((p, p) for p in kind.padding or ()), (0, 0))
            values = {"constant_values": MINUS_INFINITY}
            padding = [Call("keras.ops.pad", (borders,), values, on_tensor=False)]
    return [*padding, _pooling("MaxPooling", kind, place)]


@spell.register
def _(kind: kinds.Avg, place: Place) -> list[Call]:
    return [*_zeros(kind, place), _pooling("AveragePooling", kind, place)]


@spell.register
def _(kind: kinds.Gap, place: Place) -> list[Call]:
    return [_global("GlobalAveragePooling", place)]


@spell.register
def _(kind: kinds.Gmp, place: Place) -> list[Call]:
    return [_global("GlobalMaxPooling", place)]


@spell.register
def _(kind: kinds.Up, place: Place) -> list[Call]:
    return [_layer(f"UpSampling{place.rank}D", (_size(kind.factor),), {"name": place.name})]


@spell.register
def _(kind: kinds.Pad, place: Place) -> list[Call]:
    return [_layer(f"ZeroPadding{place.rank}D", (_size(kind.amount),), {"name": place.name})]


@spell.register
def _(kind: kinds.Crop, place: Place) -> list[Call]:
    return [_layer(f"Cropping{place.rank}D", (_size(kind.amount),), {"name": place.name})]


@spell.register
def _(kind: kinds.Drop, place: Place) -> list[Call]:
    return [_layer("Dropout", (kind.rate,), {"name": place.name})]


@spell.register
def _(kind: kinds.Bn, place: Place) -> list[Call]:
    return [_layer("BatchNormalization", (), {"name": place.name})]


@spell.register
def _(kind: kinds.Ln, place: Place) -> list[Call]:
    return [_layer("LayerNormalization", (), {"name": place.name})]


@spell.register
def _(kind: kinds.Relu, place: Place) -> list[Call]:
    cap = () if kind.cap is None else (kind.cap,)
    return [_layer("ReLU", cap, {"name": place.name})]


@spell.register(kinds.Sigmoid)
@spell.register(kinds.Tanh)
@spell.register(kinds.Softmax)
@spell.register(kinds.Swish)
@spell.register(kinds.Gelu)
def _(kind: Kind, place: Place) -> list[Call]:
    return [_layer("Activation", (activation(kind),), {"name": place.name})]


@spell.register
def _(kind: kinds.Flat, place: Place) -> list[Call]:
    return [_layer("Flatten", (), {"name": place.name})]


@spell.register
def _(kind: kinds.Identity, place: Place) -> list[Call]:
    return [_layer("Identity", (), {"name": place.name})]


def activation(kind: Kind) -> str | None:
    """The name by which Keras knows an activation; None for what is none of those."""
    match kind:
        case kinds.Relu(cap=None):
            return "relu"
        case kinds.Relu(cap=6):
            return "relu6"
        case kinds.Swish():
            return "silu"
        case kinds.Sigmoid() | kinds.Tanh() | kinds.Softmax() | kinds.Gelu():
            return kind.op
        case _:
            return None


def _layer(
    name: str, arguments: tuple[Value, ...] = (), keywords: Mapping[str, Value] | None = None
) -> Call:
    return Call(f"layers.{name}", arguments, keywords or {})


def _window(kind: Convolving) -> dict[str, Value]:
    keywords: dict[str, Value] = {}
    if max(kind.strides) > 1:
        keywords["strides"] = _size(kind.strides)
    if kind.padding is None and not kind.valid:
        keywords["padding"] = "same"
    if max(kind.dilations) > 1:
        keywords["dilation_rate"] = _size(kind.dilations)
    return keywords


def _weights(kind: Convolving | kinds.Fc, place: Place) -> dict[str, Value]:
    keywords: dict[str, Value] = {}
    if not kind.bias:
        keywords["use_bias"] = False
    if place.activation:
        keywords["activation"] = place.activation
    return keywords | {"name": place.name}


def _pooling(layer: str, kind: Pooling, place: Place) -> Call:
    keywords: dict[str, Value] = {}
    if kind.strides != kind.kernel:
        keywords["strides"] = _size(kind.strides)
    if kind.padding is None and kind.default_padding() == "same":
        keywords["padding"] = "same"
    keywords["name"] = place.name
    return _layer(f"{layer}{place.rank}D", (_size(kind.kernel),), keywords)


def _zeros(kind: Convolving | Pooling, place: Place) -> list[Call]:
    if not any(kind.padding or ()):
        return []
    name = {"name": f"{place.name}_pad"}
    return [_layer(f"ZeroPadding{place.rank}D", (_size(kind.padding),), name)]


def _global(layer: str, place: Place) -> Call:
    keep = {"keepdims": True} if place.keep_map else {}
    return _layer(f"{layer}{place.rank}D", (), keep | {"name": place.name})


def _size(size: tuple[int, ...] | None) -> Value:
    """One number where all axes agree."""
    assert size
    return size[0] if len(set(size)) == 1 else tuple(size)
