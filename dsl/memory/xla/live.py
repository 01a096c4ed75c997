"""When each buffer of a step lives: from its operation to the last one that reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...algebra.polynomials import Poly
from ..kept import KeptTensor
from ..timeline import Event
from .given import in_given_memory
from .graph import Buffer, Graph


def events_of(graph: Graph) -> list[Event]:
    """The events of a step in the order of execution."""
    return list(_Lives(graph).events())


def in_order(buffers: Sequence[Buffer]) -> list[Buffer]:
    """The order in which XLA runs the operations on a CPU: what can run stands in line.

    Source: ``BFScheduler`` in XLA's ``hlo_memory_scheduler.cc``.
    """
    waiting = {buffer: len(buffer.reads) for buffer in buffers}
    readers: dict[Buffer, list[Buffer]] = {buffer: [] for buffer in buffers}
    for buffer in buffers:
        for read in buffer.reads:
            readers[read].append(buffer)
    line = [buffer for buffer in buffers if not buffer.reads]
    for buffer in line:  # which grows
        for reader in readers[buffer]:
            waiting[reader] -= 1
            if not waiting[reader]:
                line.append(reader)
    return line


def read_in_backward(buffers: Sequence[Buffer]) -> dict[Buffer, list[Buffer]]:
    """What the forward pass fills and the backward pass reads, and what reads it there."""
    readers: dict[Buffer, list[Buffer]] = {}
    for buffer in buffers:
        if buffer.phase == "backward":
            for read in buffer.reads:
                readers.setdefault(read, []).append(buffer)
    return {b: readers[b] for b in buffers if b.phase == "forward" and b in readers and b.values}


class _Lives:
    """The buffers in the order of execution, and the last reader of each."""

    def __init__(self, graph: Graph) -> None:
        self.order, self.ends = in_order(graph.buffers), frozenset(graph.ends)
        self.for_backward = read_in_backward(graph.buffers)
        self.last = {buffer: buffer for buffer in self.order}
        for buffer in self.order:
            for read in buffer.reads:
                self.last[read] = buffer
        self.elsewhere = in_given_memory(self.order, self.last, graph.given)
        self.tensors: dict[Buffer, tuple[KeptTensor, str]] = {}

    def events(self) -> Iterator[Event]:
        """A buffer comes before those leave that only it reads, unless it takes their memory."""
        for buffer in self.order:
            leaving = [read for read in buffer.reads if self._leaves(read, buffer)]
            shared = self._shared(buffer, leaving)
            if shared is not None:
                leaving.remove(shared)
                yield self._event(shared, -1, buffer.phase)
            if self._is_counted(buffer):
                yield self._event(buffer, 1, buffer.phase)
            if self._leaves(buffer, buffer):
                leaving.append(buffer)  # nothing reads it
            for left in leaving:
                if self._is_counted(left):
                    yield self._event(left, -1, buffer.phase)

    def _is_counted(self, buffer: Buffer) -> bool:
        return bool(buffer.values) and buffer not in self.elsewhere

    def _leaves(self, buffer: Buffer, reader: Buffer) -> bool:
        return self.last[buffer] is reader and buffer not in self.ends

    def _shared(self, buffer: Buffer, leaving: Sequence[Buffer]) -> Buffer | None:
        """The memory that a buffer takes: of equal size, and read for the last time."""
        if not buffer.shares or not buffer.values:
            return None
        same = (left for left in leaving if left.lends and _size(left) == _size(buffer))
        return next(same, None)

    def _event(self, buffer: Buffer, sign: int, phase: str) -> Event:
        if buffer not in self.tensors:
            tensor = KeptTensor(
                buffer.layer, buffer.name, buffer.dtype, buffer.values, (buffer.why,)
            )
            kept = "activations" if buffer in self.for_backward else "transient"
            self.tensors[buffer] = tensor, buffer.part or kept
        return Event(*self.tensors[buffer], sign, phase)


def _size(buffer: Buffer) -> tuple[Poly, str]:
    return buffer.values, buffer.dtype
