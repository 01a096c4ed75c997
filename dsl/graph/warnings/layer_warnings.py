"""Probable mistakes in single layers: the input, a number, and what is behind the last weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ....grammar import tree
from ....grammar.errors import quoted
from ...kinds import BY_OP
from ...kinds.drop import Drop
from ...kinds.fc import Fc
from ...kinds.relu import Relu
from ...kinds.sigmoid import Sigmoid
from ...kinds.softmax import Softmax
from ..layer import Layer
from ..layer_reader import ReadLayer
from .spec_warning import SpecWarning

_IMAGE_CHANNELS = (1, 3, 4)
_SMALLEST_IMAGE = 8  # pixels a side
_POST_KINDS = tuple(
    kind for kind in BY_OP.values() if kind.in_post and kind not in (Softmax, Sigmoid)
)


def input_warnings(program: tree.Program, layers: Sequence[Layer]) -> Iterator[SpecWarning]:
    """An input with its channels first, or without channels."""
    image = layers[0]
    sizes, channels = image.output.sizes, image.output.channels
    if sizes != image.output.extents or not channels.is_ground:
        return
    *others, last = (*sizes, int(channels.constant))
    written = "x".join(map(str, (*others, last)))
    if len(sizes) == 1 and others == [last] and last >= _SMALLEST_IMAGE:
        message = f"input {written} is a sequence of {last} values with {last} channels"
        hint = f"an image needs its channels: input {written}x1"
    elif len(sizes) > 1 and _has_channels_first(others, last):
        first, *rest = others
        message = f"input {written} is an image of {last} channels, with a height of {first}"
        right = "x".join(map(str, (*rest, last, first)))
        hint = f"the channels come last: input {right}"
        if len(sizes) == 3:
            message = f"input {written} is an image of {last} channels, with a depth of {first}"
    else:
        return
    yield SpecWarning(message, program.source, program.input.span, hint)


def _has_channels_first(extents: Sequence[int], last: int) -> bool:
    """Whether an input looks like channels, then the extents of an image.

    Few pixels on the first axis and many channels are rare, and 3 or equal sides tell the rest.
    """
    first, *others = extents
    if first not in _IMAGE_CHANNELS or min(*others, last) < _SMALLEST_IMAGE:
        return False
    return first == 3 or len({*others, last}) == 1


def output_warnings(layers: Sequence[Layer]) -> Iterator[SpecWarning]:
    """Layers behind the logits, but a softmax, or a sigmoid of one output.

    A network that ends in convolutions may be a trunk, with norms and activations to its end.
    """
    behind = []
    layer = layers[-1]
    while len(layer.inputs) == 1 and not layer.kind.weighted:
        behind.append(layer)
        layer = layer.inputs[0]
    if not layer.kind.weighted:
        return
    outputs = layer.output.channels
    refused = (*_POST_KINDS, Drop) if isinstance(layer.kind, Fc) else (Drop,)
    for follower in reversed(behind):
        kind = follower.kind
        if isinstance(kind, Sigmoid) and outputs.is_ground and outputs.constant > 1:
            yield SpecWarning(
                f"{follower.name} makes a probability of each of the {outputs.constant} outputs, "
                "but training takes them as classes, of which one is right",
                follower.source,
                follower.span,
                "leave it out, which keeps the logits, or use softmax",
            )
        elif isinstance(kind, refused):
            yield SpecWarning(
                f"{follower.op} changes the outputs of {layer.name}, the last layer with weights; "
                "these are the logits",
                follower.source,
                follower.span,
                f"leave it out, or put it before {quoted(layer.text.partition(':')[0])}",
            )


def number_warnings(layers: Sequence[Layer]) -> Iterator[SpecWarning]:
    """A relu with a cap below 1, and a dilation that looks like a number of axes."""
    for layer in layers:
        kind = layer.kind
        if isinstance(kind, Relu) and kind.cap is not None and kind.cap < 1:
            yield SpecWarning(
                f"{layer.text.rpartition(':')[2]} has no value above {float(kind.cap):g}: the "
                "number behind relu is a cap",
                layer.source,
                layer.span,
                "write relu, or relu6; there is no leaky relu",
            )
        elif isinstance(layer.written, ReadLayer) and _looks_like_axes(layer.written.atom):
            number = layer.text[len(layer.op)]
            yield SpecWarning(
                f"{layer.text.partition(':')[0]} has {number} output channels and a dilation",
                layer.source,
                layer.span,
                f"if this is intended, write {layer.op}{number}k3d2; the number of axes is not "
                f"written: {layer.op}64k3",
            )


def _looks_like_axes(atom: tree.Atom) -> bool:
    """Whether a layer is written like ``conv2d3k3``: 1 to 3 channels, right behind it d."""
    if not atom.modifiers or atom.modifiers[0].letter != "d" or atom.op not in ("conv", "deconv"):
        return False
    value = atom.value[0] if atom.value else None
    return isinstance(value, tree.Number) and value.value in (1, 2, 3)
