"""A step as XLA compiles it: operations that fill a buffer, and those that are fused into others.

A convolution, a matrix product, a sum over an axis and a pool have a buffer of their own.
Elementwise operations have none: each operation that reads their result computes it again from the
buffers before them. Only where an operation cannot do so, a convolution say, a fused result is
stored first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...grammar.short_repr import ShortRepr
from ..algebra.polynomials import ZERO, Poly
from ..graph.layer import Layer
from ..kinds.base.shape import Shape

# sources of one fused result, beyond which it is stored
_MOST_SOURCES = 32


@dataclass(eq=False, slots=True)
class Buffer(ShortRepr):
    """What one operation fills, after the buffers that it reads.

    ``values`` are 0 where it lies in memory that is counted already. ``shares`` says that it may
    take the memory of a buffer that it is the last to read. ``part`` is one of PARTS where the
    purpose is known beforehand; ``is_weight`` says that its size is that of a kernel.
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


@dataclass(frozen=True, slots=True)
class Given(ShortRepr):
    """The memory of a kernel, free for others from its copy to its update."""

    values: Poly
    copy: Buffer
    update: Buffer


@dataclass(eq=False, slots=True)
class Value(ShortRepr):
    """An array of the program: the buffers from which it is computed, and its own where it has one.

    ``values`` are those of a batch.
    """

    layer: Layer
    name: str
    values: Poly
    sources: tuple[Buffer, ...]
    stored: Buffer | None = None


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
        self.with_gradient, self.readers = with_gradient, readers
        self.copies: dict[tuple[object, ...], Buffer] = {}
        self.given: list[Given] = []
        self.ends: list[Buffer] = []  # that stay until the step ends
        self.buffers: list[Buffer] = []
        self.constants: dict[tuple[str, Shape], Buffer] = {}

    def has_gradient(self, layer: Layer) -> bool:
        """Whether the loss has a gradient by the output of a layer."""
        return layer in self.with_gradient

    def is_read_once(self, layer: Layer) -> bool:
        """Whether one layer alone reads the output of a layer."""
        return self.readers[layer] == 1

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
        sources = dict.fromkeys(buffer for value in inputs for buffer in value.sources)
        found = Value(layer, name, values, tuple(sources))
        if len(sources) > _MOST_SOURCES:
            found.sources = (self.stored(found),)
        return found

    def stored(self, value: Value) -> Buffer:
        """The buffer of a value; a fused one is computed into a new one."""
        if value.stored is None:
            value.stored = self.fill(
                value.layer, value.name, value.values, value.sources, shares=True
            )
        return value.stored

    def transposed(self, layer: Layer, value: Value, values: Poly, why: str) -> Buffer:
        """A copy in another order, with as many values as given; equal ones are one."""
        key = value.sources, value.stored, values
        if key not in self.copies:
            self.copies[key] = self.fill(layer, "input, transposed", values, value.sources, why)
        return self.copies[key]

    def statistic(self, layer: Layer, name: str, *inputs: Value) -> Value:
        """A sum over pixels or channels: too small to count, but later operations wait for it."""
        reads = [buffer for value in inputs for buffer in value.sources]
        return self.computed(layer, name, ZERO, reads)

    def constant(self, layer: Layer, name: str, values: Poly, why: str, dtype: str) -> Buffer:
        """A constant array that is filled when the step begins; all maps of a shape share it."""
        key = name, layer.input
        if key not in self.constants:
            self.constants[key] = self.fill(
                layer, name, values, why=why, dtype=dtype, part="workspace"
            )
        return self.constants[key]


def in_order(buffers: Sequence[Buffer]) -> list[Buffer]:
    """The order in which XLA runs the operations on a CPU: whatever can run comes first in line.

    Source: ``BFScheduler`` in XLA's ``hlo_memory_scheduler.cc``.
    """
    waiting = {buffer: len(buffer.reads) for buffer in buffers}
    readers: dict[Buffer, list[Buffer]] = {buffer: [] for buffer in buffers}
    for buffer in buffers:
        for read in buffer.reads:
            readers[read].append(buffer)
    line = [buffer for buffer in buffers if not buffer.reads]
    for buffer in line:  # grows while it is run through
        for reader in readers[buffer]:
            waiting[reader] -= 1
            if not waiting[reader]:
                line.append(reader)
    return line
