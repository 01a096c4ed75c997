"""PyTorch's caching allocator of a GPU, block by block: what a step allocates and reserves there.

A size is rounded up to 512 bytes. Up to 1 MiB it is taken from segments of 2 MiB; below 10 MiB from
segments of 20 MiB; else from a segment of its own, rounded up to 2 MiB. Of the free blocks the
smallest that fits is taken, of equal ones that of the lowest address, and it is split where the rest
is worth it. A block that is free again joins its free neighbours; segments are never given back.

Source: ``CUDACachingAllocator.cpp`` of PyTorch 2, with its default settings, on one stream. The
addresses of segments are those of the driver; here they rise.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field

_MIB = 2**20
_SMALLEST = 512
_SMALL = _MIB  # the largest size that comes from segments of small blocks
_SMALL_SEGMENT, _LARGE_SEGMENT = 2 * _MIB, 20 * _MIB
_OWN_SEGMENT = 10 * _MIB  # from this size on
_STEP_OF_OWN = 2 * _MIB


class Block:
    """A piece of a segment, between its neighbours."""

    __slots__ = ("address", "after", "before", "is_free", "is_small", "size")

    def __init__(self, address: int, size: int, is_small: bool) -> None:
        self.address, self.size, self.is_small, self.is_free = address, size, is_small, False
        self.before: Block | None = None
        self.after: Block | None = None


@dataclass
class CachingAllocator:
    """The memory of one GPU. ``allocated`` and ``reserved`` are bytes now, the others their peaks."""

    allocated: int = 0
    reserved: int = 0
    most_allocated: int = 0
    _free: dict[bool, list[tuple[int, int]]] = field(default_factory=lambda: {True: [], False: []})
    _blocks: dict[int, Block] = field(default_factory=dict)  # that are free, by address

    def take(self, wanted: int) -> Block | None:
        """A block for some bytes; None for no byte."""
        if not wanted:
            return None
        size = rounded(wanted)
        block = self._best_fit(size) or self._new_segment(size)
        rest = block.size - size
        if rest >= _SMALLEST if block.is_small else rest > _SMALL:
            self._split(block, size)
        self.allocated += block.size
        self.most_allocated = max(self.most_allocated, self.allocated)
        return block

    def release(self, block: Block | None) -> None:
        """The block is free, and joins its free neighbours."""
        if block is None:
            return
        self.allocated -= block.size
        before, after = block.before, block.after
        if after is not None and after.is_free:
            self._forget(after)
            self._join(block, after)
        if before is not None and before.is_free:
            self._forget(before)
            self._join(before, block)
            block = before
        self._remember(block)

    def _best_fit(self, size: int) -> Block | None:
        free = self._free[size <= _SMALL]
        place = bisect_left(free, (size, 0))
        if place == len(free):
            return None
        block = self._blocks[free[place][1]]
        self._forget(block)
        return block

    def _new_segment(self, size: int) -> Block:
        block = Block(self.reserved, segment_size(size), size <= _SMALL)
        self.reserved += block.size
        return block

    def _split(self, block: Block, size: int) -> None:
        rest = Block(block.address + size, block.size - size, block.is_small)
        block.size, rest.before, rest.after = size, block, block.after
        if rest.after is not None:
            rest.after.before = rest
        block.after = rest
        self._remember(rest)

    @staticmethod
    def _join(first: Block, second: Block) -> None:
        first.size += second.size
        first.after = second.after
        if second.after is not None:
            second.after.before = first

    def _remember(self, block: Block) -> None:
        block.is_free = True
        self._blocks[block.address] = block
        insort(self._free[block.is_small], (block.size, block.address))

    def _forget(self, block: Block) -> None:
        block.is_free = False
        del self._blocks[block.address]
        free = self._free[block.is_small]
        del free[bisect_left(free, (block.size, block.address))]


def rounded(size: int) -> int:
    """The bytes of a block for a size."""
    return max(_SMALLEST, -(-size // _SMALLEST) * _SMALLEST)


def segment_size(size: int) -> int:
    """The bytes that are asked of the driver for a block."""
    if size <= _SMALL:
        return _SMALL_SEGMENT
    if size < _OWN_SEGMENT:
        return _LARGE_SEGMENT
    return -(-size // _STEP_OF_OWN) * _STEP_OF_OWN
