"""A layer in its place on the tape: what Keras' layers share when they do their operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from ...algebra.polynomials import Poly
from ...graph.layer import Layer
from ...kinds.base.shape import Shape
from ..request import Request
from . import strides as strides_of
from .strides import Sizes
from .tape import Tape, Tensor

FULL = "float32"  # the type in which Keras computes norms
FOR_INPUT = "for the gradient of its input"
FOR_WEIGHTS = "for the gradient of its weights"


@dataclass(frozen=True, slots=True)
class Place:
    """A layer, the tape, and the types of the maps.

    ``number`` gives a polynomial's value at the sizes by which the order of values is decided.
    ``is_cut_later`` says that an up-convolution leaves its ends to the activation inside it.
    """

    layer: Layer
    tape: Tape
    number: Callable[[Poly], int]
    request: Request
    is_cut_later: bool = False

    @property
    def trains(self) -> bool:
        """Whether the pass is one of training."""
        return self.request.trains

    @property
    def dtype(self) -> str:
        """The type in which layers compute."""
        return self.request.map_dtype

    @property
    def batch(self) -> int:
        """Images in the batch by which the order of values is decided."""
        return self.number(self.layer.algebra.batch)

    @property
    def values(self) -> Poly:
        """Values of the output, of a batch."""
        return self.layer.output.values * self.layer.algebra.batch

    @property
    def channels(self) -> int:
        """Channels of the output."""
        return self.number(self.layer.output.channels)

    def extents(self, shape: Shape) -> Sizes:
        """The extents of a map in numbers."""
        return tuple(n if isinstance(n, int) else self.number(n.poly) for n in shape.extents)

    @property
    def shape(self) -> Sizes:
        """The shape of the output in Keras' order: batch, extents, channels."""
        return (self.batch, *self.extents(self.layer.output), self.channels)

    def new(
        self,
        name: str,
        of: Sequence[Tensor] = (),
        needs_gradient: bool = True,
        dtype: str | None = None,
    ) -> Tensor:
        """A new tensor of the output's shape."""
        dtype = dtype or self.dtype
        return self.tape.new(
            name, self.values, self.shape, None, dtype, needs_gradient=needs_gradient, of=of
        )

    def vector(self, name: str, x: Tensor) -> Tensor:
        """A new vector of the input's channels."""
        values = self.layer.output.channels * self.layer.algebra.batch
        return self.tape.new(
            name, values, (x.shape[0], x.shape[-1]), None, x.dtype, x.needs_gradient
        )

    def statistic(self, name: str) -> Tensor:
        """A new value for every channel."""
        channels = self.layer.output.channels
        return self.tape.new(name, channels, (self.channels,), dtype=FULL)

    def scale(self, name: str) -> Tensor:
        """A parameter for every channel, as norms compute with it: cast where it is of 64 bits."""
        channels, dtype = self.layer.output.channels, self.request.variable_dtype
        shape = (self.channels,)
        of_model = self.tape.new(name, channels, shape, None, dtype, is_parameter=True)
        return self.tape.cast(of_model, FULL, f"{name} in {FULL}")

    def per_channel(self, x: Tensor) -> tuple[Sizes, Sizes]:
        """Shape and strides of a value for every channel, beside a map."""
        shape = (*(1 for _ in x.shape[1:]), x.shape[-1])
        return shape, strides_of.row_major(shape)

    def weights(self, shape: Sizes) -> Tensor:
        """The weights, as a parameter or as their copy in the type in which the layer computes."""
        values = self.layer.once.weights
        of_model = self.tape.new(
            "weights", values, shape, None, self.request.variable_dtype, is_parameter=True
        )
        return self.tape.cast(of_model, self.dtype, f"weights in {self.dtype}")

    def channels_first(self, x: Tensor, name: str = "input with channels first") -> Tensor:
        """A map in PyTorch's order of axes, copied unless its values lie in that order."""
        x = self.as_map(x)
        axes = (0, len(x.shape) - 1, *range(1, len(x.shape) - 1))
        return self.tape.contiguous(self.tape.permuted(x, axes), name)

    def channels_last(self, y: Tensor) -> Tensor:
        """A view of a map of PyTorch in Keras' order of axes."""
        return self.tape.permuted(y, strides_of.channels_last_order(len(y.shape)))

    def keep(self, x: Tensor, name: str, why: str) -> None:
        """Keep a tensor, which the layer calls ``name``."""
        self.tape.keep(x, f"{self.layer.name}'s {name}, {why}")

    def keep_for(self, of: Tensor, x: Tensor, name: str) -> None:
        """Keep a tensor for the gradient of an input, if that has one."""
        if of.needs_gradient:
            self.keep(x, name, FOR_INPUT)

    def cast(self, x: Tensor, dtype: str, name: str) -> Tensor:
        """The tensor in another type."""
        return self.tape.cast(x, dtype, name)

    def elementwise(self, operands: Sequence[Tensor], name: str = "output") -> Tensor:
        """The output of an elementwise operation."""
        return self.tape.elementwise(operands, self.values, name)

    def mapped(self, x: Tensor, name: str = "output") -> Tensor:
        """The output of an operation on one tensor, value by value."""
        return self.tape.elementwise([x], x.values, name)

    def with_bias(self, y: Tensor) -> Tensor:
        """The output with a value added to every channel."""
        shape, strides = strides_of.elementwise([(y.shape, y.strides), self.per_channel(y)])
        return self.tape.new("output", y.values, shape, strides, y.dtype, of=[y])

    def as_map(self, x: Tensor) -> Tensor:
        """The tensor as a map; a vector is a map of one pixel."""
        rank = len(self.layer.input.extents)
        if len(x.shape) == rank + 2:
            return x
        return self.tape.reshaped(x, (x.shape[0], *(1,) * rank, x.shape[-1]), "map")

    def flat(self, x: Tensor, name: str) -> Tensor:
        """The tensor as a vector: a view, or a copy where its values lie in another order."""
        return self.tape.reshaped(x, (x.shape[0], prod(x.shape[1:])), name)

    def joined(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """The branches with axes of one number: vectors, or maps where one of them is a map."""
        if self.layer.output.is_vector:
            return [self.flat(x, "flat branch") for x in inputs]
        rank = max(len(x.shape) for x in inputs)
        return [
            x
            if len(x.shape) == rank
            else self.tape.reshaped(x, (x.shape[0], *(1,) * (rank - 2), x.shape[-1]), "map")
            for x in inputs
        ]

    def at_both_ends(self, amounts: Sequence[int]) -> list[tuple[int, int]]:
        """Pixels at both ends of every axis of a batch of maps."""
        return [(0, 0), *((n, n) for n in amounts), (0, 0)]

    def padded(self, x: Tensor, amounts: Sequence[int], name: str) -> Tensor:
        """The map with pixels at both ends of every axis."""
        x = self.as_map(x)
        shape = self.layer.input
        extents = [
            (n if isinstance(n, int) else n.poly) + 2 * amount
            for n, amount in zip(shape.extents, amounts, strict=True)
        ]
        values = shape.channels * self.layer.algebra.batch * prod(extents)
        return self.tape.padded(x, self.at_both_ends(amounts), values, name)
