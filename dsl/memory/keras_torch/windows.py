"""What Keras' convolutions and pools do on PyTorch: their inputs are copied, and padded by hand.

A module beside :mod:`.rules`, whose ``forward`` it extends.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from ...algebra.polynomials import Poly
from ...kinds.avg import Avg
from ...kinds.base.window import Convolving, Pooling, Windowed
from ...kinds.base.window_sizes import span
from ...kinds.conv import Conv
from ...kinds.deconv import Deconv
from ...kinds.dw import Dw
from ...kinds.pool import Pool
from ..torch_rules import unevenly_padded
from . import strides as strides_of
from .place import FOR_INPUT, FOR_WEIGHTS, Place
from .rules import forward
from .tape import Tensor

BLOCKS = "weights in blocks"  # a copy that oneDNN makes for a convolution
_ROWS_ALONE = 1  # axes of maps whose convolutions leave the order of values alone


@forward.register(Conv)
@forward.register(Dw)
def _(kind: Conv | Dw, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    x = place.channels_first(_with_zeros(kind, place, inputs[0]))
    rank = len(x.shape) - 2
    order = strides_of.channels_last_order(rank + 2) if rank > _ROWS_ALONE else None
    x = place.tape.contiguous(x, "input in the order of the convolution", order)
    groups = kind.groups if isinstance(kind, Conv) else x.shape[1]
    kernel = place.weights((*kind.kernel, x.shape[1] // groups, place.channels))
    kernel = place.tape.permuted(kernel, (rank + 1, rank, *range(rank)))
    if order is not None:
        kernel = place.tape.contiguous(kernel, "weights in the order of the convolution", order)
    x = _evened(kind, place, x)
    place.keep(x, "input", FOR_WEIGHTS)
    place.keep(kernel, "weights", FOR_INPUT)
    extents = place.extents(place.layer.output)
    y = place.channels_last(_product(place, x, kernel, extents, place.values))
    return place.with_bias(y) if kind.bias else y


@forward.register
def _(kind: Deconv, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    """All that the kernel reaches is computed; the ends are cut off, or zeros added."""
    x = place.channels_first(inputs[0])
    place.keep(x, "input", FOR_WEIGHTS)
    rank = len(x.shape) - 2
    kernel = place.weights((*kind.kernel, place.channels, x.shape[1]))
    kernel = place.tape.permuted(kernel, (rank + 1, rank, *range(rank)))
    place.keep(kernel, "weights", FOR_INPUT)
    extents, crops = _reached(kind, place, x), _crops(kind)
    filters, batch = place.layer.output.channels, place.layer.algebra.batch
    axes = zip(place.layer.input.extents, kind.kernel, kind.strides, kind.dilations, strict=True)
    reached = [((n if isinstance(n, int) else n.poly) - 1) * s + span(k, d) for n, k, s, d in axes]
    values = filters * batch * prod(reached)
    y = _product(place, x, kernel, extents, values)
    cut = [(max(a, 0), max(b, 0)) for a, b in crops]
    left = [n - a - b for n, (a, b) in zip(reached, cut, strict=True)]
    y = place.tape.cut(y, [(0, 0), (0, 0), *cut], filters * batch * prod(left))
    if any(min(pair) < 0 for pair in crops):
        zeros = [(max(-a, 0), max(-b, 0)) for a, b in crops]
        left = [n + a + b for n, (a, b) in zip(left, zeros, strict=True)]
        values = filters * batch * prod(left)
        y = place.tape.padded(y, [(0, 0), (0, 0), *zeros], values, "padded output")
    y = place.channels_last(y)
    y = place.with_bias(y) if kind.bias else y
    return y if place.is_cut_later else cut_by_padding(kind, place, y)


@forward.register(Pool)
@forward.register(Avg)
def _(kind: Pool | Avg, place: Place, inputs: Sequence[Tensor]) -> Tensor:
    x = place.channels_first(_with_zeros(kind, place, inputs[0]))
    padded = _evened(kind, place, x)
    if padded is not x:
        place.keep_for(x, x, "input before it is padded")
    place.keep_for(x, padded, "input")
    shape = (x.shape[0], x.shape[1], *place.extents(place.layer.output))
    y = place.tape.pooled(padded, shape, place.values)
    if isinstance(kind, Pool):
        place.keep_for(x, place.tape.copy(y, "indices", y.strides, "int64"), "indices")
    return place.channels_last(y)


def cut_by_padding(kind: Deconv, place: Place, y: Tensor) -> Tensor:
    """The map without the pixels that the padding of an up-convolution cuts off."""
    if not any(kind.padding or ()):
        return y
    return place.tape.cut(y, place.at_both_ends(kind.padding or ()), place.values)


def _with_zeros(kind: Convolving | Pooling, place: Place, x: Tensor) -> Tensor:
    """The input behind the layer for explicit padding that the program has."""
    if not any(kind.padding or ()):
        return x
    padded = place.padded(x, kind.padding or (), "padded input")
    place.tape.hold(padded)
    return padded


def _evened(kind: Windowed, place: Place, x: Tensor) -> Tensor:
    """The input, padded by hand where "same" pads more at the end than at the beginning."""
    values = unevenly_padded(kind, place.layer)
    if values is None:
        return x
    axes = zip(
        x.shape[2:],
        place.extents(place.layer.output),
        kind.kernel,
        kind.strides,
        kind.dilations,
        strict=True,
    )
    totals = [max(0, (out - 1) * s + span(k, d) - n) for n, out, k, s, d in axes]
    amounts = [(0, 0), (0, 0), *((total // 2, total - total // 2) for total in totals)]
    return place.tape.padded(x, amounts, values * place.layer.algebra.batch, "padded input")


def _product(
    place: Place, x: Tensor, kernel: Tensor, extents: Sequence[int], values: Poly
) -> Tensor:
    """The output of a convolution: it has its channels last if the input or the kernel seem to.

    Maps of one axis are computed as maps of one row. Of 64-bit maps of three axes the output has
    its channels first.
    """
    shape = (x.shape[0], place.channels, *extents)
    has_channels_last = len(shape) < 5 or place.dtype != "float64"
    if has_channels_last:
        has_channels_last = any(map(_seems_channels_last, (x, kernel)))
    axes = strides_of.channels_last_order(len(shape)) if has_channels_last else None
    name = "output without bias" if place.layer.once.biases else "output"
    strides = strides_of.row_major(shape, axes)
    blocks = place.tape.copy(kernel, BLOCKS, kernel.strides)
    return place.tape.new(name, values, shape, strides, place.dtype, of=[x, kernel, blocks])


def _seems_channels_last(x: Tensor) -> bool:
    shape, strides = x.shape, x.strides
    if len(shape) == 3:
        shape = (*shape[:2], 1, shape[2])
        strides = (*strides[:2], strides[2] * shape[3], strides[2])
    return strides_of.suggests_channels_last(shape, strides)


def _reached(kind: Deconv, place: Place, x: Tensor) -> list[int]:
    axes = zip(x.shape[2:], kind.kernel, kind.strides, kind.dilations, strict=True)
    return [(n - 1) * s + span(k, d) for n, k, s, d in axes]


def _crops(kind: Deconv) -> list[tuple[int, int]]:
    """Pixels cut off before and behind what the kernel reaches; below zero, zeros to add."""
    found = []
    axes = zip(kind.kernel, kind.strides, kind.dilations, kind.paddings(), strict=True)
    for k, s, d, padding in axes:
        reach = span(k, d)
        if padding == "same":
            total = s + reach - 2
            before = min(total // 2 + total % 2, reach - 1)
            found.append((reach - 1 - before, reach - 1 - (total - before)))
        else:
            found.append((0, min(0, reach - s)))
    return found
