"""How every kind of layer is spelled in Keras.

``spell`` turns one layer into the calls that make it. Activations and layers without arguments have
a row in layer_names.py, any other kind has an overload of ``spell`` here.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...dsl.algebra.polynomials import Point, Poly, value_at, whole
from ...dsl.kinds import Kind
from ...dsl.kinds.avg import Avg
from ...dsl.kinds.base.activation import Activation
from ...dsl.kinds.base.shape import Shape
from ...dsl.kinds.base.window import Convolving, Pooling
from ...dsl.kinds.conv import Conv
from ...dsl.kinds.crop import Crop
from ...dsl.kinds.deconv import Deconv
from ...dsl.kinds.drop import Drop
from ...dsl.kinds.dw import Dw
from ...dsl.kinds.fc import Fc
from ...dsl.kinds.gap import Gap
from ...dsl.kinds.gmp import Gmp
from ...dsl.kinds.pad import Pad
from ...dsl.kinds.pool import Pool
from ...dsl.kinds.relu import Relu
from ...dsl.kinds.up import Up
from ...grammar.errors import NetformError
from ..python.source import Call, Name, Value
from .layer_names import ACTIVATIONS, PLAIN_LAYERS, activation

MINUS_INFINITY = Name('float("-inf")')


@dataclass(frozen=True, slots=True)
class SpellingContext:
    """What a layer's spelling depends on beside the layer itself.

    ``point`` has the numbers of the letters in its channels. ``written`` are fields that the
    program writes as expressions, ``s`` rather than 2. ``activation`` is an activation that Keras
    applies inside the layer, ``keep_map`` means that a later layer needs the map of one pixel that
    a global pool gives, and ``non_negative`` that no input value is below zero.
    ``is_vector`` is about the tensor, not the shape: the pixel of a global pool is a vector in
    Keras unless its map is kept.
    """

    entering: Shape
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
def spell(kind: Kind, context: SpellingContext) -> list[Call]:
    """The Keras calls for one layer, in order; the last is named as the layer is."""
    if type(kind) not in PLAIN_LAYERS:
        raise NetformError(
            f"{kind.op} has no spelling in Keras",
            hint="add a row to codegen/keras/layer_names.py, or an overload to spelling.py",
        )
    return [_layer(PLAIN_LAYERS[type(kind)])]


@spell.register
def _(kind: Conv, context: SpellingContext) -> list[Call]:
    groups: dict[str, Value] = {}
    if kind.groups > 1 or "groups" in context.written:
        groups = {"groups": context.written.get("groups") or kind.groups}
    call = _layer(
        f"Conv{context.rank}D",
        (context.channels("filters", kind.filters), context.size("kernel", kind.kernel)),
        _window(kind, context) | groups | _weights(kind, context),
    )
    return [*_zeros(kind, context), call]


@spell.register
def _(kind: Dw, context: SpellingContext) -> list[Call]:
    if kind.is_grouped:
        channels = context.count(context.entering.channels)
        grouped = _layer(
            f"Conv{context.rank}D",
            (channels * kind.multiplier, context.size("kernel", kind.kernel)),
            _window(kind, context) | {"groups": channels} | _weights(kind, context),
        )
        return [*_zeros(kind, context), grouped]
    multiplier: dict[str, Value] = {}
    if kind.multiplier > 1 or "multiplier" in context.written:
        multiplier = {"depth_multiplier": context.written.get("multiplier") or kind.multiplier}
    call = _layer(
        f"DepthwiseConv{context.rank}D",
        (context.size("kernel", kind.kernel),),
        _window(kind, context) | multiplier | _weights(kind, context),
    )
    return [*_zeros(kind, context), call]


@spell.register
def _(kind: Deconv, context: SpellingContext) -> list[Call]:
    call = _layer(
        f"Conv{context.rank}DTranspose",
        (context.channels("filters", kind.filters), context.size("kernel", kind.kernel)),
        _window(kind, context) | _weights(kind, context),
    )
    if not _pads(kind, context):
        return [call]
    crop = (context.size("padding", kind.padding),)
    return [call, _layer(f"Cropping{context.rank}D", crop, suffix="_crop")]


@spell.register
def _(kind: Fc, context: SpellingContext) -> list[Call]:
    flatten = [] if context.is_vector else [_layer("Flatten", suffix=None)]
    units = context.channels("units", kind.units)
    return [*flatten, _layer("Dense", (units,), _weights(kind, context))]


@spell.register
def _(kind: Pool, context: SpellingContext) -> list[Call]:
    padding: list[Call] = []
    if _pads(kind, context):
        if context.non_negative:
            padding = _zeros(kind, context)
        else:
            borders = ((0, 0), *((p, p) for p in kind.padding or ()), (0, 0))
            values = {"constant_values": MINUS_INFINITY}
            padding = [Call("keras.ops.pad", (borders,), values, on_tensor=False, suffix=None)]
    return [*padding, _pooling("MaxPooling", kind, context)]


@spell.register
def _(kind: Avg, context: SpellingContext) -> list[Call]:
    return [*_zeros(kind, context), _pooling("AveragePooling", kind, context)]


@spell.register
def _(kind: Gap, context: SpellingContext) -> list[Call]:
    return [_global("GlobalAveragePooling", context)]


@spell.register
def _(kind: Gmp, context: SpellingContext) -> list[Call]:
    return [_global("GlobalMaxPooling", context)]


@spell.register
def _(kind: Up, context: SpellingContext) -> list[Call]:
    return [_layer(f"UpSampling{context.rank}D", (context.size("factor", kind.factor),))]


@spell.register
def _(kind: Pad, context: SpellingContext) -> list[Call]:
    return [_layer(f"ZeroPadding{context.rank}D", (context.size("amount", kind.amount),))]


@spell.register
def _(kind: Crop, context: SpellingContext) -> list[Call]:
    return [_layer(f"Cropping{context.rank}D", (context.size("amount", kind.amount),))]


@spell.register
def _(kind: Drop, context: SpellingContext) -> list[Call]:
    return [_layer("Dropout", (context.written.get("rate") or kind.rate,))]


@spell.register
def _(kind: Relu, context: SpellingContext) -> list[Call]:
    cap = () if kind.cap is None else (context.written.get("cap") or kind.cap,)
    return [_layer("ReLU", cap)]


@spell.register
def _(kind: Activation, context: SpellingContext) -> list[Call]:
    name = activation(kind)
    if name is None:
        raise NetformError(
            f"{kind.op} has no name in Keras",
            hint="add a row to ACTIVATIONS in codegen/keras/layer_names.py",
        )
    return [_layer("Activation", (name,))]


def is_spelled(kind: type[Kind]) -> bool:
    """Whether a table or an overload here has the spelling of a kind."""
    if issubclass(kind, Activation):
        return kind in ACTIVATIONS
    return kind in PLAIN_LAYERS or spell.dispatch(kind) is not spell.dispatch(Kind)


def _layer(
    name: str,
    arguments: tuple[Value, ...] = (),
    keywords: Mapping[str, Value] | None = None,
    suffix: str | None = "",
) -> Call:
    return Call(f"layers.{name}", arguments, keywords or {}, suffix=suffix)


def _window(kind: Convolving, context: SpellingContext) -> dict[str, Value]:
    keywords: dict[str, Value] = {}
    if max(kind.strides) > 1 or "stride" in context.written:
        keywords["strides"] = context.size("stride", kind.strides)
    if kind.padding is None and not kind.valid:
        keywords["padding"] = "same"
    if max(kind.dilations) > 1 or "dilation" in context.written:
        keywords["dilation_rate"] = context.size("dilation", kind.dilations)
    return keywords


def _weights(kind: Convolving | Fc, context: SpellingContext) -> dict[str, Value]:
    keywords: dict[str, Value] = {}
    if not kind.bias:
        keywords["use_bias"] = False
    if context.activation:
        keywords["activation"] = context.activation
    return keywords


def _pooling(layer: str, kind: Pooling, context: SpellingContext) -> Call:
    keywords: dict[str, Value] = {}
    if kind.strides != kind.kernel or "stride" in context.written:
        keywords["strides"] = context.size("stride", kind.strides)
    if kind.padding is None and kind.default_padding() == "same":
        keywords["padding"] = "same"
    return _layer(f"{layer}{context.rank}D", (context.size("kernel", kind.kernel),), keywords)


def _pads(kind: Convolving | Pooling, context: SpellingContext) -> bool:
    return any(kind.padding or ()) or "padding" in context.written


def _zeros(kind: Convolving | Pooling, context: SpellingContext) -> list[Call]:
    if not _pads(kind, context):
        return []
    amount = (context.size("padding", kind.padding),)
    return [_layer(f"ZeroPadding{context.rank}D", amount, suffix="_pad")]


def _global(layer: str, context: SpellingContext) -> Call:
    return _layer(f"{layer}{context.rank}D", (), {"keepdims": True} if context.keep_map else {})
