"""A step as XLA compiles it: operations that fill a buffer, and those that are fused into others.

A convolution, a matrix product, a sum over an axis and a pool have a buffer of their own.
Elementwise operations have none: each operation that reads their result computes it again from the
buffers before them. Only where an operation cannot do so, a convolution say, a fused result is
stored first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ....grammar.short_repr import ShortRepr
from ...algebra.polynomials import ZERO, Poly
from ...graph.layer import Layer
from ...kinds.base.shape import Shape

_MOST_SOURCES = 32  # of one fused result, beyond which it is stored


@dataclass(eq=False, slots=True)
class Buffer(ShortRepr):
    """What one operation fills, after the buffers that it reads.

    ``values`` are those of a batch. ``shares`` says that it may take the memory of a buffer that it
    is the last to read. ``part`` is one of PARTS where the purpose is known beforehand, and
    ``is_weight`` says that its size is that of a kernel.
    """

    layer: Layer
    name: str
    values: Poly
    reads: tuple[Buffer, ...]
    dtype: str
    phase: str
    why: str
    shares: bool = False
    part: str | None = None
    is_weight: bool = False


@dataclass(eq=False, slots=True)
class Value(ShortRepr):
    """An array of the program: the buffers from which it is computed, and its own where it has one."""

    layer: Layer
    name: str
    values: Poly
    sources: tuple[Buffer, ...]
    stored: Buffer | None = None

    @property
    def at_rest(self) -> Value:
        """The array as those read it that do not compute it again: from its own buffer."""
        if self.stored is None or self.sources == (self.stored,):
            return self
        return Value(self.layer, self.name, self.values, (self.stored,), self.stored)


@dataclass(frozen=True, slots=True)
class Given(ShortRepr):
    """The memory of a kernel, free for others from its copy to its update."""

    values: Poly
    copy: Buffer
    update: Buffer


class Graph:
    """The buffers of a step in the order of the program."""

    def __init__(
        self,
        dtype: str,
        trains: bool,
        with_gradient: frozenset[Layer],
        readers: Mapping[Layer, int],
    ) -> None:
        self.dtype, self.trains, self.phase = dtype, trains, "forward"
        self._with_gradient, self._readers = with_gradient, readers
        self.buffers: list[Buffer] = []
        self.given: list[Given] = []
        self.ends: list[Buffer] = []  # that stay until the step ends
        self._places: dict[tuple[Shape, Poly, int], Buffer] = {}
        self._transposed: dict[tuple[object, ...], Buffer] = {}

    def has_gradient(self, layer: Layer) -> bool:
        """Whether the loss has a gradient by the output of a layer."""
        return layer in self._with_gradient

    def is_read_once(self, layer: Layer) -> bool:
        """Whether one layer alone reads the output of a layer."""
        return self._readers[layer] == 1

    def fill(
        self,
        layer: Layer,
        name: str,
        values: Poly,
        reads: Iterable[Buffer] = (),
        why: str = "",
        *,
        dtype: str | None = None,
        shares: bool = False,
        part: str | None = None,
        is_weight: bool = False,
    ) -> Buffer:
        """A buffer of an operation of its own."""
        reads = tuple(dict.fromkeys(reads))
        why = why or f"of the {self.phase} pass"
        dtype = dtype or self.dtype
        found = Buffer(layer, name, values, reads, dtype, self.phase, why, shares, part, is_weight)
        self.buffers.append(found)
        return found

    def computed(
        self, layer: Layer, name: str, values: Poly, reads: Iterable[Buffer], why: str = ""
    ) -> Value:
        """The result of an operation of its own."""
        found = self.fill(layer, name, values, reads, why)
        return Value(layer, name, values, (found,), found)

    def fused(self, layer: Layer, name: str, values: Poly, *inputs: Value) -> Value:
        """The result of an elementwise operation."""
        found = Value(layer, name, values, sources_of(inputs))
        if len(found.sources) > _MOST_SOURCES:
            found.sources = (self.stored(found),)
        return found

    def stored(self, value: Value) -> Buffer:
        """The buffer of a value; a fused one is computed into a new one."""
        if value.stored is None:
            value.stored = self.fill(
                value.layer, value.name, value.values, value.sources, shares=True
            )
        return value.stored

    def statistic(self, layer: Layer, name: str, *inputs: Value) -> Value:
        """A sum over pixels or channels: too small to count, but later operations wait for it."""
        return self.computed(layer, name, ZERO, sources_of(inputs))

    def transposed(self, layer: Layer, value: Value, values: Poly) -> Buffer:
        """A copy in another order, with as many values as given; layers that need the same share it."""
        key = value.sources, value.stored, values
        if key not in self._transposed:
            why = f"{layer.name}'s input, for the gradient of its weights"
            self._transposed[key] = self.fill(
                layer, "input, transposed", values, value.sources, why
            )
        return self._transposed[key]

    def places(self, layer: Layer, values: Poly, axis: int) -> Buffer:
        """The place of every value along an axis; pools of equal maps share it."""
        key = layer.input, values, axis
        if key not in self._places:
            why = "made when the step begins, to find the places of the largest values"
            self._places[key] = self.fill(
                *(layer, f"places along axis {axis}", values),
                why=why,
                dtype="int32",
                part="workspace",
            )
        return self._places[key]


def sources_of(inputs: Sequence[Value]) -> tuple[Buffer, ...]:
    """The buffers from which some values are computed, each once."""
    return tuple(dict.fromkeys(buffer for value in inputs for buffer in value.sources))
