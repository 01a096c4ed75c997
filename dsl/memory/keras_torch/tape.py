"""The tensors of a forward pass in PyTorch, and those that its operations keep for the backward pass.

A :class:`Tensor` is a view of some :class:`Memory`; views share it. A :class:`Tape` has one method
for each operation of PyTorch that Keras' layers call, and notes what autograd's formula of the
operation keeps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...algebra.polynomials import Poly
from ...graph.layer import Layer
from ..kept import KeptTensor
from . import strides as strides_of
from .strides import Sizes


@dataclass(frozen=True, eq=False, slots=True)
class Memory:
    """Values of one type in memory; ``name`` says what they are to the layer that made them.

    Parameters are in memory anyway, and are not counted.
    """

    layer: Layer
    name: str
    values: Poly
    dtype: str
    is_parameter: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Tensor:
    """A view of some memory: ``values`` in a shape, with strides."""

    memory: Memory
    values: Poly
    shape: Sizes
    strides: Sizes
    needs_gradient: bool

    @property
    def dtype(self) -> str:
        """The type of its values."""
        return self.memory.dtype


class Tape:
    """Does the operations of one layer after the other, and keeps what autograd keeps."""

    def __init__(self) -> None:
        self._reasons: dict[Memory, list[str]] = {}
        self._names: dict[tuple[Layer, str], int] = {}
        self.layer: Layer | None = None
        self.made: list[tuple[Memory, Sequence[Memory]]] = []  # and of which it was made
        self.held: set[Memory] = set()  # what Keras holds until the pass ends

    def kept(self) -> Sequence[KeptTensor]:
        """Every memory that is kept, once, with all its reasons."""
        return [
            KeptTensor(memory.layer, memory.name, memory.dtype, memory.values, tuple(reasons))
            for memory, reasons in self._reasons.items()
        ]

    def keep(self, tensor: Tensor, why: str) -> None:
        """Keep a tensor until the backward pass has its gradients."""
        if not tensor.memory.is_parameter:
            reasons = self._reasons.setdefault(tensor.memory, [])
            if why not in reasons:
                reasons.append(why)

    def hold(self, tensor: Tensor) -> None:
        """Keep a tensor until the forward pass ends, since a layer of Keras returns it."""
        self.held.add(tensor.memory)

    @property
    def _layer(self) -> Layer:
        assert self.layer is not None
        return self.layer

    def new(
        self,
        name: str,
        values: Poly,
        shape: Sizes,
        strides: Sizes | None = None,
        dtype: str = "float32",
        needs_gradient: bool = True,
        is_parameter: bool = False,
        of: Sequence[Tensor] = (),
    ) -> Tensor:
        """A tensor in memory of its own; its name gets a number where the layer has it already.

        ``of`` are the tensors that have to live until it is made.
        """
        key = (self._layer, name)
        self._names[key] = number = self._names.get(key, 0) + 1
        name = name if number == 1 else f"{name} {number}"
        memory = Memory(self._layer, name, values, dtype, is_parameter)
        if not is_parameter:
            self.made.append((memory, [one.memory for one in of]))
        laid = strides_of.row_major(shape) if strides is None else strides
        return Tensor(memory, values, shape, laid, needs_gradient)

    def copy(self, x: Tensor, name: str, strides: Sizes, dtype: str | None = None) -> Tensor:
        """The values of a tensor in memory of their own."""
        return self.new(
            name, x.values, x.shape, strides, dtype or x.dtype, x.needs_gradient, of=[x]
        )

    def cast(self, x: Tensor, dtype: str, name: str) -> Tensor:
        """The values in another type; the tensor itself where it has that type."""
        if x.dtype == dtype:
            return x
        return self.copy(x, name, strides_of.like(x.shape, x.strides), dtype)

    def permuted(self, x: Tensor, axes: Sizes) -> Tensor:
        """A view with its axes in another order."""
        shape = tuple(x.shape[axis] for axis in axes)
        return replace(x, shape=shape, strides=tuple(x.strides[axis] for axis in axes))

    def contiguous(self, x: Tensor, name: str, order: Sizes | None = None) -> Tensor:
        """The tensor if its values follow each other in an order of the axes, else a copy."""
        if strides_of.is_dense(x.shape, x.strides, order):
            return x
        return self.copy(x, name, strides_of.row_major(x.shape, order))

    def reshaped(self, x: Tensor, shape: Sizes, name: str, values: Poly | None = None) -> Tensor:
        """A view in another shape, or a copy where there is none."""
        strides = strides_of.reshaped(x.shape, x.strides, shape)
        if strides is None:
            size = x.values if values is None else values
            return self.new(name, size, shape, None, x.dtype, x.needs_gradient, of=[x])
        return replace(
            x, values=x.values if values is None else values, shape=shape, strides=strides
        )

    def repeated(self, x: Tensor, axis: int, factor: int, values: Poly, name: str) -> Tensor:
        """Every pixel ``factor`` times along an axis: a view that steps by 0, then reshaped."""
        before, behind = axis + 1, x.strides[axis + 1 :]
        step = 0 if factor > 1 else x.shape[axis] * x.strides[axis]
        seen = replace(
            x,
            shape=(*x.shape[:before], factor, *x.shape[before:]),
            strides=(*x.strides[:before], step, *behind),
        )
        shape = (*x.shape[:axis], x.shape[axis] * factor, *x.shape[before:])
        return self.reshaped(seen, shape, name, values)

    def elementwise(self, operands: Sequence[Tensor], values: Poly, name: str = "output") -> Tensor:
        """A new tensor, each value of which comes from one of every operand."""
        shape, strides = strides_of.elementwise([(one.shape, one.strides) for one in operands])
        needs = any(one.needs_gradient for one in operands)
        return self.new(name, values, shape, strides, operands[0].dtype, needs, of=operands)

    def padded(
        self, x: Tensor, amounts: Sequence[tuple[int, int]], values: Poly, name: str
    ) -> Tensor:
        """A copy with zeros before the first and behind the last value of every axis."""
        shape = tuple(n + a + b for n, (a, b) in zip(x.shape, amounts, strict=True))
        if shape == x.shape:
            return self.copy(x, name, strides_of.like(x.shape, x.strides))
        laid = strides_of.suggests_channels_last(x.shape, x.strides)
        order = strides_of.channels_last_order(len(shape)) if laid else None
        strides = strides_of.row_major(shape, order)
        return self.new(name, values, shape, strides, x.dtype, x.needs_gradient, of=[x])

    def cut(self, x: Tensor, amounts: Sequence[tuple[int, int]], values: Poly) -> Tensor:
        """A view without some values at the ends of every axis."""
        shape = tuple(n - a - b for n, (a, b) in zip(x.shape, amounts, strict=True))
        return replace(x, values=values, shape=shape)

    def pooled(self, x: Tensor, shape: Sizes, values: Poly) -> Tensor:
        """The output of a pool, which lies as its input does."""
        laid = strides_of.suggests_channels_last(x.shape, x.strides) and len(shape) > 3
        order = strides_of.channels_last_order(len(shape)) if laid else None
        strides = strides_of.row_major(shape, order)
        return self.new("output", values, shape, strides, x.dtype, x.needs_gradient, of=[x])
