"""How every kind of layer is spelled in Keras.

``spell`` turns one layer into the calls that make it, one overload per kind. Adding a kind means
adding an overload here; a test walks the kinds and demands each.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...dsl import kinds
from ...dsl.algebra.polynomials import Point, Poly, value_at, whole
from ...dsl.kinds import Kind
from ...dsl.kinds.base.shape import Shape
from ...dsl.kinds.base.window import Convolving, Pooling
from ..python.source import Call, Name, Value

MINUS_INFINITY = Name('float("-inf")')


@dataclass(frozen=True, slots=True)
class Place:
    """What a layer's spelling depends on beside the layer itself.

    ``point`` has the numbers of the letters in its channels. ``written`` are fields that the
    program writes as expressions, ``s`` rather than 2. ``activation`` is an activation that Keras
    applies inside the layer, ``keep_map`` says that a later layer needs the map of one pixel that
    a global pool leaves, and ``non_negative`` that no value that enters is below zero.
    ``is_vector`` tells of the tensor, not the shape: the pixel of a global pool is a vector in
    Keras unless its map is kept.
    """

    map: Shape
    rank: int
    point: Point
    written: Mapping[str, Value] = field(default_factory=dict)
    activation: str | None = None
    keep_map: bool = False
    non_negative: bool = False
    is_vector: bool = False

    def count(self, channels: Poly) -> int:
        """A number of channels."""
        return whole(value_at(channels, self.point))

    def channels(self, field: str, channels: Poly) -> Value:
        """The output channels, as they are written."""
        return self.written.get(field) or self.count(channels)

    def size(self, field: str, size: tuple[int, ...] | None) -> Value:
        """A size as it is written, or one number where all axes agree."""
        if field in self.written:
            return self.written[field]
        assert size
        return size[0] if len(set(size)) == 1 else tuple(size)


@functools.singledispatch
def spell(kind: Kind, place: Place) -> list[Call]:
    """The Keras calls for one layer, in order; the last is named as the layer is."""
    raise NotImplementedError(f"{kind.op} needs an overload of spell in codegen/keras/spelling.py")


@spell.register
def _(kind: kinds.Conv, place: Place) -> list[Call]:
    groups: dict[str, Value] = {}
    if kind.groups > 1 or "groups" in place.written:
        groups = {"groups": place.written.get("groups") or kind.groups}
    call = _layer(
        f"Conv{place.rank}D",
        (place.channels("filters", kind.filters), place.size("kernel", kind.kernel)),
        _window(kind, place) | groups | _weights(kind, place),
    )
    return [*_zeros(kind, place), call]


@spell.register
def _(kind: kinds.Dw, place: Place) -> list[Call]:
    if kind.is_grouped:
        channels = place.count(place.map.channels)
        grouped = _layer(
            f"Conv{place.rank}D",
            (channels * kind.multiplier, place.size("kernel", kind.kernel)),
            _window(kind, place) | {"groups": channels} | _weights(kind, place),
        )
        return [*_zeros(kind, place), grouped]
    multiplier: dict[str, Value] = {}
    if kind.multiplier > 1 or "multiplier" in place.written:
        multiplier = {"depth_multiplier": place.written.get("multiplier") or kind.multiplier}
    call = _layer(
        f"DepthwiseConv{place.rank}D",
        (place.size("kernel", kind.kernel),),
        _window(kind, place) | multiplier | _weights(kind, place),
    )
    return [*_zeros(kind, place), call]


@spell.register
def _(kind: kinds.Deconv, place: Place) -> list[Call]:
    call = _layer(
        f"Conv{place.rank}DTranspose",
        (place.channels("filters", kind.filters), place.size("kernel", kind.kernel)),
        _window(kind, place) | _weights(kind, place),
    )
    if not _pads(kind, place):
        return [call]
    crop = (place.size("padding", kind.padding),)
    return [call, _layer(f"Cropping{place.rank}D", crop, suffix="_crop")]


@spell.register
def _(kind: kinds.Fc, place: Place) -> list[Call]:
    flatten = [] if place.is_vector else [_layer("Flatten", suffix=None)]
    units = place.channels("units", kind.units)
    return [*flatten, _layer("Dense", (units,), _weights(kind, place))]


@spell.register
def _(kind: kinds.Pool, place: Place) -> list[Call]:
    padding: list[Call] = []
    if _pads(kind, place):
        if place.non_negative:
            padding = _zeros(kind, place)
        else:
            borders = ((0, 0), *((p, p) for p in kind.padding or ()), (0, 0))
            values = {"constant_values": MINUS_INFINITY}
            padding = [Call("keras.ops.pad", (borders,), values, on_tensor=False, suffix=None)]
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
    return [_layer(f"UpSampling{place.rank}D", (place.size("factor", kind.factor),))]


@spell.register
def _(kind: kinds.Pad, place: Place) -> list[Call]:
    return [_layer(f"ZeroPadding{place.rank}D", (place.size("amount", kind.amount),))]


@spell.register
def _(kind: kinds.Crop, place: Place) -> list[Call]:
    return [_layer(f"Cropping{place.rank}D", (place.size("amount", kind.amount),))]


@spell.register
def _(kind: kinds.Drop, place: Place) -> list[Call]:
    return [_layer("Dropout", (place.written.get("rate") or kind.rate,))]


@spell.register
def _(kind: kinds.Bn, place: Place) -> list[Call]:
    return [_layer("BatchNormalization")]


@spell.register
def _(kind: kinds.Ln, place: Place) -> list[Call]:
    return [_layer("LayerNormalization")]


@spell.register
def _(kind: kinds.Relu, place: Place) -> list[Call]:
    cap = () if kind.cap is None else (place.written.get("cap") or kind.cap,)
    return [_layer("ReLU", cap)]


@spell.register(kinds.Sigmoid)
@spell.register(kinds.Tanh)
@spell.register(kinds.Softmax)
@spell.register(kinds.Swish)
@spell.register(kinds.Gelu)
def _(kind: Kind, place: Place) -> list[Call]:
    return [_layer("Activation", (activation(kind),))]


@spell.register
def _(kind: kinds.Flat, place: Place) -> list[Call]:
    return [_layer("Flatten")]


@spell.register
def _(kind: kinds.Identity, place: Place) -> list[Call]:
    return [_layer("Identity")]


@spell.register
def _(kind: kinds.Add, place: Place) -> list[Call]:
    return [_layer("Add")]


@spell.register
def _(kind: kinds.Cat, place: Place) -> list[Call]:
    return [_layer("Concatenate")]


@spell.register
def _(kind: kinds.Mul, place: Place) -> list[Call]:
    return [_layer("Multiply")]


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
    name: str,
    arguments: tuple[Value, ...] = (),
    keywords: Mapping[str, Value] | None = None,
    suffix: str | None = "",
) -> Call:
    return Call(f"layers.{name}", arguments, keywords or {}, suffix=suffix)


def _window(kind: Convolving, place: Place) -> dict[str, Value]:
    keywords: dict[str, Value] = {}
    if max(kind.strides) > 1 or "stride" in place.written:
        keywords["strides"] = place.size("stride", kind.strides)
    if kind.padding is None and not kind.valid:
        keywords["padding"] = "same"
    if max(kind.dilations) > 1 or "dilation" in place.written:
        keywords["dilation_rate"] = place.size("dilation", kind.dilations)
    return keywords


def _weights(kind: Convolving | kinds.Fc, place: Place) -> dict[str, Value]:
    keywords: dict[str, Value] = {}
    if not kind.bias:
        keywords["use_bias"] = False
    if place.activation:
        keywords["activation"] = place.activation
    return keywords


def _pooling(layer: str, kind: Pooling, place: Place) -> Call:
    keywords: dict[str, Value] = {}
    if kind.strides != kind.kernel or "stride" in place.written:
        keywords["strides"] = place.size("stride", kind.strides)
    if kind.padding is None and kind.default_padding() == "same":
        keywords["padding"] = "same"
    return _layer(f"{layer}{place.rank}D", (place.size("kernel", kind.kernel),), keywords)


def _pads(kind: Convolving | Pooling, place: Place) -> bool:
    return any(kind.padding or ()) or "padding" in place.written


def _zeros(kind: Convolving | Pooling, place: Place) -> list[Call]:
    if not _pads(kind, place):
        return []
    amount = (place.size("padding", kind.padding),)
    return [_layer(f"ZeroPadding{place.rank}D", amount, suffix="_pad")]


def _global(layer: str, place: Place) -> Call:
    return _layer(f"{layer}{place.rank}D", (), {"keepdims": True} if place.keep_map else {})
