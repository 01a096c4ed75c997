"""The order of a tensor's values in memory, as PyTorch computes it: one stride for every axis.

Shapes and strides are whole numbers, as at one size of the network; an axis of one value may have
any stride. Source: PyTorch 2.13, ``c10/core/MemoryFormat.h``, ``aten/src/ATen/TensorUtils.cpp`` and
``aten/src/ATen/TensorIterator.cpp``.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TypeAlias

Sizes: TypeAlias = tuple[int, ...]


def row_major(shape: Sequence[int], order: Sequence[int] | None = None) -> Sizes:
    """Strides of a dense tensor whose axes lie in an order, by default the last one innermost."""
    strides, step = [0] * len(shape), 1
    for axis in reversed(order if order is not None else range(len(shape))):
        strides[axis] = step
        step *= max(shape[axis], 1)
    return tuple(strides)


def channels_last_order(rank: int) -> Sizes:
    """The axes of a batch of maps from the outermost to the innermost: the channels."""
    return (0, *range(2, rank), 1)


def is_dense(shape: Sizes, strides: Sizes, order: Sequence[int] | None = None) -> bool:
    """Whether values follow each other in an order of the axes, by default the last innermost."""
    step = 1
    for axis in reversed(order if order is not None else range(len(shape))):
        if shape[axis] == 1:
            continue
        if strides[axis] != step:
            return False
        step *= shape[axis]
    return True


def is_channels_last(shape: Sizes, strides: Sizes) -> bool:
    """Whether a batch of maps of two or three axes has its channels innermost."""
    return len(shape) in (4, 5) and is_dense(shape, strides, channels_last_order(len(shape)))


def suggested(shape: Sizes, strides: Sizes) -> Sizes:
    """The strides that kernels give to a new tensor which is to lie as another one does."""
    return row_major(shape, _suggested_order(shape, strides))


def suggests_channels_last(shape: Sizes, strides: Sizes) -> bool:
    """Whether kernels take a tensor for one with its channels innermost."""
    return _suggested_order(shape, strides) is not None


def _suggested_order(shape: Sizes, strides: Sizes) -> Sizes | None:
    if len(shape) not in (4, 5) or strides[1] == 0:
        return None
    order, least = channels_last_order(len(shape)), 0
    for axis in reversed(order):
        if strides[axis] < least or (axis == 0 and least == strides[1]):
            return None
        least = strides[axis] * max(shape[axis], 1)
    return order


def reshaped(shape: Sizes, strides: Sizes, new_shape: Sizes) -> Sizes | None:
    """The strides of a view in another shape; None where the values have to be copied."""
    found: list[int] = []
    place, base, values, viewed = len(new_shape) - 1, strides[-1], 1, 1
    for axis in reversed(range(len(shape))):
        values *= shape[axis]
        if axis and (shape[axis - 1] == 1 or strides[axis - 1] == values * base):
            continue
        while place >= 0 and (viewed < values or new_shape[place] == 1):
            found.append(viewed * base)
            viewed *= new_shape[place]
            place -= 1
        if viewed != values:
            return None
        if axis:
            base, values, viewed = strides[axis - 1], 1, 1
    return tuple(reversed(found)) if place == -1 else None


def elementwise(operands: Sequence[tuple[Sizes, Sizes]]) -> tuple[Sizes, Sizes]:
    """The shape and strides of the result of an elementwise operation on shapes and strides."""
    shapes = [shape for shape, _ in operands]
    shape = tuple(max(sizes) for sizes in zip(*shapes, strict=True))
    if all(one == shape for one in shapes):
        if all(is_dense(*operand) for operand in operands):
            return shape, row_major(shape)
        if all(is_channels_last(*operand) for operand in operands):
            return shape, row_major(shape, channels_last_order(len(shape)))
        first = operands[0][1]
        if all(strides == first for _, strides in operands) and _fills(shape, first):
            return shape, first
    broadcast = [
        tuple(0 if own == 1 != n else step for own, step, n in zip(*operand, shape, strict=True))
        for operand in operands
    ]
    return shape, row_major(shape, _sorted_axes(shape, broadcast))


def like(shape: Sizes, strides: Sizes) -> Sizes:
    """The strides of a copy that keeps the order of its tensor."""
    if _fills(shape, strides):
        return strides
    return elementwise([(shape, strides)])[1]


def _fills(shape: Sizes, strides: Sizes) -> bool:
    """Whether the values lie without gaps and without sharing, in any order."""
    axes = sorted((axis for axis in range(len(shape)) if shape[axis] != 1), key=strides.__getitem__)
    return all(strides[axis] == prod(shape[a] for a in axes[:i]) for i, axis in enumerate(axes))


def _sorted_axes(shape: Sizes, operands: Sequence[Sizes]) -> Sizes:
    """The axes from the outermost to the innermost, by the strides of the first operand that tells."""
    axes = list(reversed(range(len(shape))))
    for i in range(1, len(axes)):
        place = i
        for j in reversed(range(i)):
            order = _compared(axes[j], axes[place], shape, operands)
            if order > 0:
                axes[j], axes[place] = axes[place], axes[j]
                place = j
            elif order < 0:
                break
    return tuple(reversed(axes))


def _compared(one: int, other: int, shape: Sizes, operands: Sequence[Sizes]) -> int:
    for strides in operands:
        if strides[one] == 0 or strides[other] == 0:
            continue
        if strides[one] != strides[other]:
            return -1 if strides[one] < strides[other] else 1
        if shape[one] > shape[other]:
            return 1
    return 0
