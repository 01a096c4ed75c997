"""Plain PyTorch models of networks, written as their users write them.

Needs PyTorch, so that nothing but a process that measures imports it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from fractions import Fraction
from itertools import groupby
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from ...dsl.algebra.polynomials import number_of
from ...dsl.graph.build import build
from ...dsl.graph.width import Width
from ...dsl.kinds.add import Add
from ...dsl.kinds.avg import Avg
from ...dsl.kinds.base.window_sizes import span
from ...dsl.kinds.bn import Bn
from ...dsl.kinds.cat import Cat
from ...dsl.kinds.conv import Conv
from ...dsl.kinds.crop import Crop
from ...dsl.kinds.deconv import Deconv
from ...dsl.kinds.drop import Drop
from ...dsl.kinds.dw import Dw
from ...dsl.kinds.fc import Fc
from ...dsl.kinds.flat import Flat
from ...dsl.kinds.gap import Gap
from ...dsl.kinds.gelu import Gelu
from ...dsl.kinds.gmp import Gmp
from ...dsl.kinds.identity import Identity
from ...dsl.kinds.ln import Ln
from ...dsl.kinds.mul import Mul
from ...dsl.kinds.pad import Pad
from ...dsl.kinds.pool import Pool
from ...dsl.kinds.relu import Relu
from ...dsl.kinds.sigmoid import Sigmoid
from ...dsl.kinds.softmax import Softmax
from ...dsl.kinds.swish import Swish
from ...dsl.kinds.tanh import Tanh
from ...dsl.kinds.up import Up
from ...dsl.network import Network


class Unlike(Exception):
    """A layer that has no counterpart among PyTorch's modules."""


class Graph(nn.Module):
    """The layers of a network at a width, each fed by those that feed it.

    ``entering`` and ``leaving`` are the shapes of an image and of what the network makes of it,
    channels first. Raises Unlike where PyTorch has no such layer.
    """

    def __init__(self, network: Network, w: Fraction = Fraction(1)) -> None:
        super().__init__()
        image, *layers = build(network.program, Width(w), network.values).layers
        self.last = (image, *layers)[-1]
        self.entering, self.leaving = shape_of(image.output), shape_of(self.last.output)
        self.outputs = self.leaving[0]
        readers = {read: layer for layer in layers for read in layer.inputs}  # the last of each
        self.freed = defaultdict(list)
        for read, layer in readers.items():
            self.freed[layer].append(read)
        self.names = {image: "image"} | {layer: layer.name.replace(".", "_") for layer in layers}
        self.parts = nn.ModuleDict({self.names[layer]: module_of(layer) for layer in layers})
        together = groupby(layers, key=lambda layer: layer.remat)
        self.groups = [(group is not None, list(found)) for group, found in together]

    def forward(self, image: Any) -> Any:
        known = {"image": image}
        del image  # a tensor is freed behind the last layer that reads it
        for is_recomputed, layers in self.groups:
            (self.checkpoint if is_recomputed else self.run)(layers, known)
        return known[self.names[self.last]]

    def run(self, layers: Any, known: Any) -> None:
        """Layers one after the other, on tensors by name."""
        for layer in layers:
            name = self.names[layer]
            known[name] = self.parts[name](*(known[self.names[i]] for i in layer.inputs))
            assert tuple(known[name].shape[1:]) == shape_of(layer.output)
            for read in self.freed[layer]:
                del known[self.names[read]]

    def checkpoint(self, layers: Any, known: Any) -> None:
        """Layers that the backward pass computes again, of which the last leaves a tensor."""
        read = [self.names[i] for layer in layers for i in layer.inputs if i not in layers]
        entering, last = list(dict.fromkeys(read)), self.names[layers[-1]]

        def group(*tensors: Any) -> Any:
            inside = dict(zip(entering, tensors, strict=True))
            self.run(layers, inside)
            return inside[last]

        tensors = [known[name] for name in entering]
        known[last] = checkpoint(group, *tensors, use_reentrant=False)
        for layer in layers:
            for before in self.freed[layer]:
                known.pop(self.names[before], None)


def shape_of(shape: Any) -> Any:
    """Channels, and extents."""
    return (channels(shape), *shape.extents)


def channels(shape: Any) -> Any:
    """The channels as a number."""
    number: Any = number_of(shape.channels)
    return int(number)


class Slice(nn.Module):
    """Some pixels cut off at the ends of every axis."""

    def __init__(self, amounts: Any) -> None:
        super().__init__()
        self.place = (slice(None), slice(None), *(slice(p, -p or None) for p in amounts))

    def forward(self, x: Any) -> Any:
        return x[self.place]


class Permute(nn.Module):
    """The axes in another order."""

    def __init__(self, *order: Any) -> None:
        super().__init__()
        self.order = order

    def forward(self, x: Any) -> Any:
        return x.permute(self.order)


class Join(nn.Module):
    """A merge by operators; vectors meet maps as maps of one pixel."""

    def __init__(self, kind: Any, is_vector: Any, rank: Any) -> None:
        super().__init__()
        self.kind, self.is_vector, self.rank = kind, is_vector, rank

    def forward(self, *branches: Any) -> Any:
        if self.is_vector:
            branches = tuple(branch.flatten(1) for branch in branches)
        else:
            ones = (1,) * self.rank
            branches = tuple(b if b.dim() > 2 else b.view(*b.shape, *ones) for b in branches)
        if isinstance(self.kind, Cat):
            return torch.cat(branches, 1)
        joined, *others = branches
        for branch in others:
            joined = joined + branch if isinstance(self.kind, Add) else joined * branch
        return joined


def module_of(layer: Any) -> Any:  # noqa: C901, one case for every kind
    """One module for a layer, or a short sequence."""
    kind, entering, out = layer.kind, layer.input, layer.output
    rank = len(entering.extents)
    inputs, outputs = channels(entering), channels(out)
    match kind:
        case Conv() | Dw():
            return convolution(kind, entering, inputs, outputs)
        case Deconv():
            return up_convolution(kind, entering, out)
        case Fc():
            linear = nn.Linear(inputs * math.prod(entering.extents), outputs, kind.bias)
            return nn.Sequential(nn.Flatten(), linear) if entering.extents else linear
        case Pool() | Avg():
            return pool(kind, entering)
        case Gap():
            return named("AdaptiveAvgPool", rank)(1)
        case Gmp():
            return named("AdaptiveMaxPool", rank)(1)
        case Up():
            even = len(set(kind.factor)) == 1
            return nn.Upsample(scale_factor=kind.factor[0] if even else kind.factor)
        case Pad():
            return named("ZeroPad", rank)(tuple(p for p in reversed(kind.amount) for _ in "ab"))
        case Crop():
            return Slice(kind.amount)
        case Drop():
            return nn.Dropout(float(kind.rate))
        case Bn():
            return named("BatchNorm", rank or 1)(inputs)
        case Ln():
            last = Permute(0, *range(2, rank + 2), 1)
            back = Permute(0, rank + 1, *range(1, rank + 1))
            return nn.Sequential(last, nn.LayerNorm(inputs), back)
        case Relu():
            return relu(kind.cap)
        case Flat():
            return nn.Flatten()
        case Softmax():
            return nn.Softmax(1)
        case Add() | Cat() | Mul():
            rank = max(len(branch.output.extents) for branch in layer.inputs)
            return Join(kind, not out.extents, rank)
        case _:
            return ACTIVATIONS[type(kind)]()


ACTIVATIONS = {
    Sigmoid: nn.Sigmoid,
    Tanh: nn.Tanh,
    Swish: nn.SiLU,
    Gelu: nn.GELU,
    Identity: nn.Identity,
}


def named(name: Any, rank: Any) -> Any:
    """The module of PyTorch for maps of a rank."""
    return getattr(nn, f"{name}{rank}d")


def relu(cap: Fraction | None) -> Any:
    """PyTorch has names for the rectifier without a cap, and with a cap of 6."""
    if cap is None:
        return nn.ReLU()
    return nn.ReLU6() if cap == 6 else nn.Hardtanh(0, float(cap))


def convolution(kind: Any, entering: Any, inputs: Any, outputs: Any) -> Any:
    """A convolution, behind a module that pads unevenly where that is needed."""
    groups = inputs if isinstance(kind, Dw) else kind.groups
    pad, padding = zeros(kind, entering)
    made = named("Conv", len(entering.extents))(
        inputs, outputs, kind.kernel, kind.strides, padding, kind.dilations, groups, kind.bias
    )
    return nn.Sequential(pad, made) if pad else made


def padding_of(kind: Any, entering: Any) -> Any:
    """Pixels before the first and after the last, along each axis."""
    pairs = []
    windows = kind.windows(entering)
    axes = zip(entering.extents, kind.kernel, kind.strides, kind.dilations, windows, strict=True)
    for axis, (n, k, s, d, (out, before)) in enumerate(axes):
        needed = max(0, (out - 1) * s + span(k, d) - n)
        pairs.append((before, before if kind.paddings()[axis] != "same" else needed - before))
    return pairs


def zeros(kind: Any, entering: Any) -> Any:
    """A module that pads unevenly, if that is needed, and the padding of the convolution."""
    pairs = padding_of(kind, entering)
    if all(before == after for before, after in pairs):
        return None, tuple(before for before, _ in pairs)
    amounts = tuple(amount for pair in reversed(pairs) for amount in pair)
    return named("ZeroPad", len(pairs))(amounts), 0


def pool(kind: Any, entering: Any) -> Any:
    """PyTorch's ceil_mode is uneven padding; but not for windows one pixel apart."""
    pairs = padding_of(kind, entering)
    padding = tuple(before for before, _ in pairs)
    module = named("MaxPool" if isinstance(kind, Pool) else "AvgPool", len(pairs))
    ceil_mode = any(before != after for before, after in pairs)
    built = module(kind.kernel, kind.strides, padding, ceil_mode=ceil_mode)
    try:
        left = tuple(built(torch.zeros(1, 1, *entering.extents)).shape[2:])
    except RuntimeError:  # the map is smaller than the kernel
        left = ()
    if left != kind.extents(entering):
        raise Unlike("a pool that is padded by more at the end")
    return built


def up_convolution(kind: Any, entering: Any, out: Any) -> Any:
    """PyTorch cuts p pixels off both ends, and puts some back at the end."""
    axes = zip(
        entering.extents, out.extents, kind.kernel, kind.strides, kind.dilations, strict=True
    )
    padding, back = [], []
    for axis, (n, leaving, k, s, d) in enumerate(axes):
        full = (n - 1) * s + span(k, d)
        p = kind.padding[axis] if kind.padding else (max(0, full - leaving) + 1) // 2
        padding.append(p)
        back.append(leaving - (full - 2 * p))
        if not 0 <= back[-1] < max(s, d):
            raise Unlike("an up-convolution that is cut by more at the end")
    return named("ConvTranspose", len(padding))(
        channels(entering),
        channels(out),
        kind.kernel,
        kind.strides,
        tuple(padding),
        tuple(back),
        1,
        kind.bias,
        kind.dilations,
    )
