"""What XLA puts into the memory of kernels that is free until their update.

The largest comes first, and takes the smallest memory that is free for all of its life. Only what
has the size of a kernel is placed: whether a map fits depends on the batch, and the maps of a
batch worth its time do not.

Source: ``BufferAssigner`` in XLA's ``buffer_assignment.cc``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ....grammar.budget import Work, spend
from ...algebra.polynomial_terms import number_of
from ...algebra.polynomials import Poly
from .graph import Buffer, Given


class _Memory:
    """The memory of a kernel, and what lies in it from when to when."""

    __slots__ = ("end", "lives", "size", "start")

    def __init__(self, size: int, start: int, end: int) -> None:
        self.size, self.start, self.end = size, start, end
        self.lives: list[tuple[int, int]] = []

    def takes(self, start: int, end: int) -> bool:
        """Whether it is free for a life."""
        return (
            self.start < start
            and end < self.end
            and all(end < other_start or other_end < start for other_start, other_end in self.lives)
        )


def in_given_memory(
    order: Sequence[Buffer], last: Mapping[Buffer, Buffer], given: Sequence[Given]
) -> set[Buffer]:
    """The buffers that need no memory of their own."""
    times = {buffer: time for time, buffer in enumerate(order)}
    memories = []
    for kernel in given:
        size = _whole(kernel.values)
        if size is None:
            return set()
        memories.append(_Memory(size, times[kernel.copy], times[kernel.update]))
    memories.sort(key=lambda memory: memory.size)
    found = set()
    for size, buffer in _largest_first(order):
        start, end = times[buffer], times[last[buffer]]
        spend(len(memories) // 8, Work.LAYERS)
        fits = (m for m in memories if m.size >= size and m.takes(start, end))
        memory = next(fits, None)
        if memory is not None:
            memory.lives.append((start, end))
            found.add(buffer)
    return found


def _largest_first(order: Sequence[Buffer]) -> list[tuple[int, Buffer]]:
    sizes = ((_whole(buffer.values), buffer) for buffer in order if buffer.is_weight)
    known = [(size, buffer) for size, buffer in sizes if size is not None]
    return sorted(known, key=lambda entry: -entry[0])


def _whole(values: Poly) -> int | None:
    """Values that are a number."""
    number = number_of(values)
    return None if number is None or number.denominator != 1 else number.numerator
