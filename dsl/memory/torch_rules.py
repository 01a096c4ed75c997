"""What plain PyTorch keeps for the backward pass, layer by layer.

The network is taken as one is written in PyTorch: the modules of
:mod:`netform.dsl.costs.conventions.pytorch`, without the in-place variants, in training mode. What is kept is
what autograd's formulas name: the input of a convolution for the gradient of its weights, the
output of a ReLU for its own gradient, the input of a normalisation and its statistics, and the
64-bit indices of a max pool. Parameters are not counted, since they are in memory anyway.

Source: PyTorch 2.13, ``derivatives.yaml``; the tests hold it to the byte against
``torch.autograd.graph.saved_tensors_hooks``.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from math import prod

from ...grammar.errors import NetformError
from ..algebra.polynomials import Poly
from ..graph.layer import Layer
from ..kinds import Kind, Merge
from ..kinds.avg import Avg
from ..kinds.base.activation import Activation
from ..kinds.base.window import Convolving, Windowed
from ..kinds.base.window_sizes import span
from ..kinds.bn import Bn
from ..kinds.crop import Crop
from ..kinds.deconv import Deconv
from ..kinds.drop import Drop
from ..kinds.fc import Fc
from ..kinds.flat import Flat
from ..kinds.gap import Gap
from ..kinds.gmp import Gmp
from ..kinds.identity import Identity
from ..kinds.input import Input
from ..kinds.ln import Ln
from ..kinds.mul import Mul
from ..kinds.pad import Pad
from ..kinds.pool import Pool
from ..kinds.relu import Relu
from ..kinds.sigmoid import Sigmoid
from ..kinds.softmax import Softmax
from ..kinds.tanh import Tanh
from ..kinds.up import Up
from .kept import Keeps, KeepsInput, KeepsOutput, KeepsOwn

_VIEWS = (Flat, Identity, Crop)


@functools.singledispatch
def kept(kind: Kind, layer: Layer) -> Iterator[Keeps]:
    """What a layer keeps if its input has a gradient, or if it has parameters to train."""
    raise NotImplementedError(f"{type(kind).__name__} needs a rule in {__name__}")


@kept.register
def _(kind: Convolving, layer: Layer) -> Iterator[Keeps]:
    padded = unevenly_padded(kind, layer)
    if padded is None:
        yield KeepsInput(gradients_of=None)
    else:
        values = padded * layer.algebra.batch
        yield KeepsOwn(tensor="padded input", values=values, gradients_of=None)


@kept.register(Deconv)
@kept.register(Fc)
def _(kind: Kind, layer: Layer) -> Iterator[Keeps]:
    yield KeepsInput(gradients_of=None)


@kept.register
def _(kind: Bn, layer: Layer) -> Iterator[Keeps]:
    yield KeepsInput(gradients_of=None)
    values = layer.output.channels * 2  # mean and deviation of every channel in the batch
    yield KeepsOwn(tensor="statistics", values=values, gradients_of=None)


@kept.register
def _(kind: Ln, layer: Layer) -> Iterator[Keeps]:
    yield KeepsInput(gradients_of=None)
    values = layer.algebra.batch * layer.output.area * 2  # mean and deviation of every pixel
    yield KeepsOwn(tensor="statistics", values=values, gradients_of=None)


@kept.register
def _(kind: Activation, layer: Layer) -> Iterator[Keeps]:
    yield KeepsInput()


@kept.register(Sigmoid)
@kept.register(Tanh)
@kept.register(Softmax)
def _(kind: Kind, layer: Layer) -> Iterator[Keeps]:
    yield KeepsOutput()


@kept.register
def _(kind: Relu, layer: Layer) -> Iterator[Keeps]:
    yield KeepsOutput() if kind.cap is None else KeepsInput()


@kept.register(Pool)
@kept.register(Gmp)
def _(kind: Kind, layer: Layer) -> Iterator[Keeps]:
    yield KeepsInput()
    values = layer.output.values * layer.algebra.batch
    yield KeepsOwn(tensor="indices", values=values, dtype="int64")


@kept.register
def _(kind: Avg, layer: Layer) -> Iterator[Keeps]:
    yield KeepsInput()


@kept.register
def _(kind: Drop, layer: Layer) -> Iterator[Keeps]:
    if kind.rate:
        yield KeepsOwn(tensor="mask", values=layer.output.values * layer.algebra.batch)


@kept.register
def _(kind: Mul, layer: Layer) -> Iterator[Keeps]:
    """Branches are multiplied one after the other; each factor is for the other's gradient."""
    yield KeepsInput(gradients_of=(1,))
    for number in range(1, len(layer.inputs)):
        before = tuple(range(number))
        if number > 1:
            factors = [branch.output for branch in layer.inputs[:number]]
            values = factors[kind.largest(factors)].values * layer.algebra.batch
            name = f"product of {number} branches"
            yield KeepsOwn(tensor=name, values=values, gradients_of=(number,))
        yield KeepsInput(number=number, gradients_of=before)


@kept.register(Input)
@kept.register(Gap)
@kept.register(Up)
@kept.register(Pad)
@kept.register(Crop)
@kept.register(Flat)
@kept.register(Identity)
@kept.register(Merge)
def _(kind: Kind, layer: Layer) -> Iterator[Keeps]:
    yield from ()


def is_view(layer: Layer) -> bool:
    """Whether the output is the memory of the input, seen in another shape."""
    kind = layer.kind
    return isinstance(kind, _VIEWS) or (isinstance(kind, Drop) and not kind.rate)


def unevenly_padded(kind: Windowed, layer: Layer) -> Poly | None:
    """Values of one image that is padded by more at an end; None where the convolution pads it.

    PyTorch's convolutions pad evenly, so that such an input is copied.
    """
    extents = []
    uneven = False
    axes = zip(kind.paddings(), layer.input.extents, layer.output.extents, strict=True)
    for axis, (padding, before, after) in enumerate(axes):
        n, amount = before, 0
        if padding == "same":
            reach, stride = span(kind.kernel[axis], kind.dilations[axis]), kind.strides[axis]
            if stride == 1:
                amount = reach - 1
            elif isinstance(before, int) and isinstance(after, int):
                amount = max(0, (after - 1) * stride + reach - before)
            elif reach > 1:
                raise NetformError(
                    f"whether {layer.name} pads evenly depends on the size of the input",
                    layer.span,
                    layer.source,
                    "give the input's symbols numbers, or the convolution a padding such as p1",
                )
            uneven = uneven or amount % 2 == 1
        else:
            amount = 0 if padding == "valid" else 2 * padding
        extents.append(n + amount)
    if not uneven:
        return None
    return layer.input.channels * prod(n if isinstance(n, int) else n.poly for n in extents)
