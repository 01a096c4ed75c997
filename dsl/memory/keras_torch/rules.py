"""What Keras' layers do on PyTorch, kind by kind, in the operations of a tape.

Keras' maps have their channels last, PyTorch's kernels take them first: layers change the order of
the axes before and behind, which copies the values in many places. ``forward`` does for a layer what
its counterpart in the emitted program does in training.

Source: Keras 3.15, ``keras/src/backend/torch``, and PyTorch 2.13, ``derivatives.yaml``; the tests
hold it to the byte against ``torch.autograd.graph.saved_tensors_hooks``.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from ...algebra.polynomials import Poly
from ...kinds import Kind
from ...kinds.add import Add
from ...kinds.base.activation import Activation
from ...kinds.bn import Bn
from ...kinds.cat import Cat
from ...kinds.crop import Crop
from ...kinds.drop import Drop
from ...kinds.fc import Fc
from ...kinds.flat import Flat
from ...kinds.gap import Gap
from ...kinds.gmp import Gmp
from ...kinds.identity import Identity
from ...kinds.input import Input
from ...kinds.ln import Ln
from ...kinds.mul import Mul
from ...kinds.pad import Pad
from ...kinds.relu import Relu
from ...kinds.sigmoid import Sigmoid
from ...kinds.softmax import Softmax
from ...kinds.tanh import Tanh
from ...kinds.up import Up
from . import strides as strides_of
from .place import FOR_INPUT, FOR_WEIGHTS, FULL, Place
from .tape import Tensor


@functools.singledispatch
def forward(kind: Kind, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    """The output of a layer, with what it keeps noted on the tape."""
    raise NotImplementedError(f"{type(kind).__name__} needs a rule in {__name__}")


@forward.register
def _(kind: Input, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    """The image, normalised by the model itself, has no gradient."""
    image = place.new("image", needs_gradient=False)
    place.tape.hold(image)
    centred = place.new("image without its mean", [image], needs_gradient=False)
    return place.new("output", [centred], needs_gradient=False)


@forward.register
def _(kind: Fc, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    """Keras multiplies 64-bit matrices, and on a CPU those of float16, in float32."""
    x, dtype = place.flat(inputs[0], "flat input"), place.dtype
    place.tape.hold(x)  # of a layer of its own
    computes = dtype if dtype in (FULL, "bfloat16") else FULL
    weights = place.cast(
        place.weights((x.shape[1], place.channels)), computes, f"weights in {computes}"
    )
    x = place.cast(x, computes, f"input in {computes}")
    place.keep(x, "input", FOR_WEIGHTS)
    if x.needs_gradient:
        place.keep(weights, "weights", FOR_INPUT)
    stays = place.dtype == "float64" and not kind.bias
    return place.new("output", [x, weights], dtype=FULL if stays else place.dtype)


@forward.register
def _(kind: Bn, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    """Keras' own formula: statistics by means of squares, then two steps in place."""
    x, tape = place.cast(inputs[0], FULL, "input in float32"), place.tape
    if place.trains and x.needs_gradient:
        place.keep(x, "input", FOR_INPUT)
        place.keep(place.statistic("mean"), "mean", FOR_INPUT)
    _, strides = strides_of.elementwise([(x.shape, x.strides), place.per_channel(x)])
    y = tape.new("output", x.values, x.shape, strides, x.dtype, of=[x])
    if place.trains:
        _keeps_of_factors(place, x, y)
    return place.cast(y, place.dtype, f"output in {place.dtype}")


def _keeps_of_factors(place: Place, x: Tensor, y: Tensor) -> None:
    """What the two steps in place of a batch normalisation keep."""
    strides = strides_of.like(y.shape, y.strides)
    centred = place.tape.copy(y, "input without its mean", strides)
    place.keep(centred, "input without its mean", FOR_WEIGHTS)
    place.keep(place.statistic("inverse deviation"), "inverse deviation", FOR_WEIGHTS)
    if x.needs_gradient:
        place.keep(place.statistic("factor"), "factor", FOR_INPUT)
        place.keep(place.scale("scale"), "scale", FOR_WEIGHTS)


@forward.register
def _(kind: Ln, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    x = place.cast(inputs[0], FULL, "input in float32")
    place.keep(x, "input", FOR_WEIGHTS)
    for name in ("mean of every pixel", "inverse deviation of every pixel"):
        values = place.layer.algebra.batch * place.layer.output.area
        place.keep(place.tape.new(name, values, (1,), dtype=x.dtype), name, FOR_WEIGHTS)
    for name in ("scale", "offset"):
        place.keep(place.scale(name), name, FOR_WEIGHTS)
    y = place.tape.new("output", x.values, x.shape, dtype=x.dtype, of=[x])
    return place.cast(y, place.dtype, f"output in {place.dtype}")


@forward.register
def _(kind: Activation, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    place.keep_for(inputs[0], inputs[0], "input")
    return place.mapped(inputs[0])


@forward.register(Sigmoid)
@forward.register(Tanh)
def _(kind: Kind, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    y = place.mapped(inputs[0])
    place.keep_for(inputs[0], y, "output")
    return y


@forward.register
def _(kind: Softmax, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    """On a CPU Keras computes it in float32 instead of float16."""
    dtype = inputs[0].dtype
    x = place.cast(inputs[0], FULL if dtype == "float16" else dtype, "input in float32")
    y = place.tape.new("output", x.values, x.shape, None, x.dtype, x.needs_gradient, of=[x])
    place.keep_for(x, y, "output")
    return place.cast(y, dtype, f"output in {dtype}")


@forward.register
def _(kind: Relu, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    """A cap of 6 has a kernel of its own; another one is a relu, then a clip.

    On a CPU Keras clips in float32 instead of float16.
    """
    if kind.cap == 6:
        place.keep_for(inputs[0], inputs[0], "input")
        return place.mapped(inputs[0])
    x, name = inputs[0], "output" if kind.cap is None else "uncapped output"
    y = place.mapped(x, name)
    place.keep_for(x, y, name)
    if kind.cap is None:
        return y
    for name in ("least value", "cap"):
        bound = place.tape.new(name, place.layer.algebra.constant(1), (1,), dtype=x.dtype)
        place.keep_for(x, bound, name)
    if y.dtype != "float16":
        return place.mapped(y)
    y = place.cast(y, FULL, "uncapped output in float32")
    place.keep_for(x, y, "uncapped output in float32")
    return place.cast(place.mapped(y), "float16", "output in float16")


@forward.register
def _(kind: Drop, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    if not (kind.rate and place.trains):
        return inputs[0]
    x = inputs[0]
    mask = place.tape.copy(x, "mask", strides_of.like(x.shape, x.strides))
    place.keep_for(x, mask, "mask")
    return place.elementwise([x, mask])


@forward.register
def _(kind: Gap, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    return place.vector("output", inputs[0])


@forward.register
def _(kind: Gmp, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    y = place.vector("output", inputs[0])
    place.keep_for(inputs[0], inputs[0], "input")
    place.keep_for(inputs[0], y, "output")
    return y


@forward.register
def _(kind: Up, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    y = place.as_map(inputs[0])
    values = y.values
    for axis, factor in enumerate(kind.factor, start=1):
        values = values * factor
        last = axis == len(kind.factor)
        y = place.tape.repeated(y, axis, factor, values, "output" if last else "repeated input")
    return y


@forward.register
def _(kind: Pad, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    return place.padded(inputs[0], kind.amount, "output")


@forward.register
def _(kind: Crop, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    x = place.as_map(inputs[0])
    return place.tape.cut(x, place.at_both_ends(kind.amount), place.values)


@forward.register
def _(kind: Flat, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    return place.flat(inputs[0], "output")


@forward.register
def _(kind: Identity, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    return inputs[0]


@forward.register
def _(kind: Add, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    total, *others = place.joined(inputs)
    for branch in others:
        total = place.elementwise([total, branch])
    return total


@forward.register
def _(kind: Mul, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    """Branches are multiplied one after the other; each factor is for the other's gradient."""
    product, *others = place.joined(inputs)
    for branch in others:
        place.keep_for(branch, product, "factor")
        place.keep_for(product, branch, "factor")
        values = _larger(product, branch)
        product = place.tape.elementwise([product, branch], values)
    return product


@forward.register
def _(kind: Cat, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    branches = place.joined(inputs)
    layouts = {strides_of.suggests_channels_last(x.shape, x.strides) for x in branches}
    shape = (*branches[0].shape[:-1], sum(x.shape[-1] for x in branches))
    order = strides_of.channels_last_order(len(shape)) if layouts == {True} else None
    needs = any(x.needs_gradient for x in branches)
    return place.tape.new(
        "output", place.values, shape, strides_of.row_major(shape, order), place.dtype, needs
    )


def _larger(one: Tensor, other: Tensor) -> Poly:
    is_larger = max(one.shape[1:-1], default=1) >= max(other.shape[1:-1], default=1)
    return one.values if is_larger else other.values
