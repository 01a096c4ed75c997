"""A step as XLA compiles it: operations that fill a buffer, and those that are fused into others.

A convolution, a matrix product, a sum over an axis and a pool have a buffer of their own.
Elementwise operations have none: each operation that reads their result computes it again from the
buffers before them. Only where an operation cannot do so, a convolution say, a fused result is
stored first.

Source of what is computed again: ``InstructionFusion`` in XLA's ``instruction_fusion.cc``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ....grammar.short_repr import ShortRepr
from ...algebra.polynomials import ZERO, Poly
from ...graph.layer import Layer
from ...kinds.base.shape import Shape

_MOST_SOURCES = 32  # of one fused result, beyond which it is stored


@dataclass(eq=False, slots=True)
class Buffer(ShortRepr):
    """What one operation fills, after the buffers that it reads.

    ``values`` are those of a batch. ``wants`` are the arrays that the operation is written with;
    which buffers it ``reads`` for them is known when the graph is finished. ``shares`` says that it
    may take the memory of a buffer that it is the last to read and that ``lends`` it. ``part`` is one of PARTS where the
    purpose is known beforehand, and ``is_weight`` says that its size is that of a kernel.
    """

    layer: Layer
    name: str
    values: Poly
    wants: tuple[Buffer | Value, ...]
    dtype: str
    phase: str
    why: str
    shares: bool = False
    part: str | None = None
    is_weight: bool = False
    lends: bool = True
    reads: tuple[Buffer, ...] = ()


@dataclass(eq=False, slots=True)
class Value(ShortRepr):
    """An array of the program, and its buffer where it has one.

    A fused array is computed again by each reader that can. Where it also has a buffer, since
    another reader cannot, all read this, unless it is computed from one array of its size
    (``is_unary``). ``is_spread`` says that smaller arrays are repeated in it. A sum over pixels may
    work it out itself, from the arrays of ``sum_reads``, and from an array of a constant where it
    ``needs_constant``.
    """

    layer: Layer
    name: str
    values: Poly
    inputs: tuple[Buffer | Value, ...] = ()
    stored: Buffer | None = None
    is_unary: bool = False
    is_spread: bool = False
    sum_reads: tuple[Value, ...] = ()
    needs_constant: bool = False
    sources: tuple[Buffer, ...] = ()


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
        is_tensorflow: bool = False,
    ) -> None:
        self.dtype, self.trains, self.phase = dtype, trains, "forward"
        self.is_tensorflow = is_tensorflow
        self._with_gradient, self._readers = with_gradient, readers
        self.buffers: list[Buffer] = []
        self.given: list[Given] = []
        self.ends: list[Buffer] = []  # that stay until the step ends
        self._places: dict[tuple[Shape, Poly, int], Buffer] = {}
        self._transposed: dict[tuple[Value, Poly], Buffer] = {}
        self._fused: list[Value] = []

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
        wants: Iterable[Buffer | Value] = (),
        why: str = "",
        *,
        dtype: str | None = None,
        shares: bool = False,
        part: str | None = None,
        is_weight: bool = False,
    ) -> Buffer:
        """A buffer of an operation of its own."""
        wants, why = tuple(wants), why or f"of the {self.phase} pass"
        dtype = dtype or self.dtype
        found = Buffer(layer, name, values, wants, dtype, self.phase, why, shares, part, is_weight)
        self.buffers.append(found)
        return found

    def computed(
        self, layer: Layer, name: str, values: Poly, wants: Iterable[Buffer | Value], why: str = ""
    ) -> Value:
        """The result of an operation of its own."""
        return Value(layer, name, values, stored=self.fill(layer, name, values, wants, why))

    def fused(
        self, layer: Layer, name: str, values: Poly, *inputs: Value, is_spread: bool = False
    ) -> Value:
        """The result of an elementwise operation."""
        alike = [v for v in inputs if v.values == values and not v.is_spread]
        found = Value(layer, name, values, inputs, None, len(alike) <= 1, is_spread)
        self._fused.append(found)
        return found

    def stored(self, value: Value) -> Buffer:
        """The buffer of a value; a fused one is computed into a new one."""
        if value.stored is None:
            value.stored = self.fill(
                value.layer, value.name, value.values, value.inputs, shares=True
            )
        return value.stored

    def statistic(self, layer: Layer, name: str, *inputs: Buffer | Value) -> Value:
        """A sum over pixels or channels: too small to count, but later operations wait for it."""
        return self.computed(layer, name, ZERO, inputs)

    def transposed(self, layer: Layer, value: Value, values: Poly) -> Buffer:
        """A copy in another order, with as many values as given; layers that need the same share it."""
        key = value, values
        if key not in self._transposed:
            why = f"{layer.name}'s input, for the gradient of its weights"
            self._transposed[key] = self.fill(layer, "input, transposed", values, [value], why)
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

    def finish(self) -> None:
        """Find out what every operation reads, now that it is known what is stored."""
        for value in self._fused:
            value.sources = _sources(value.inputs)
            if len(value.sources) > _MOST_SOURCES and value.stored is None:
                self.stored(value)
                value.is_unary = False
        for buffer in self.buffers:
            buffer.reads = _sources(buffer.wants)


def _sources(wanted: Iterable[Buffer | Value]) -> tuple[Buffer, ...]:
    """The buffers that are read for some arrays, each once."""
    found: dict[Buffer, None] = {}
    for one in wanted:
        if isinstance(one, Buffer):
            found[one] = None
        elif one.stored is not None and not (one.is_unary and one.sources):
            found[one.stored] = None
        else:
            found.update(dict.fromkeys(one.sources))
    return tuple(found)
