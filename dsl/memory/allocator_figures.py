"""What the caching allocator of a GPU takes for a step: the blocks of all its tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...grammar.short_repr import ShortRepr
from ..algebra.polynomials import Poly, plain_value_at
from ..algebra.units import plain_number
from ..graph.layer import Layer
from .caching_allocator import CachingAllocator
from .kept import BYTES
from .live_bytes import timeline_of_numbers
from .timeline import Timeline

if TYPE_CHECKING:
    from .account import Account

_STEPS = 2  # the second one finds the blocks that the first has left
_BYTES_OF_A_COUNTER = 8  # of the batches that a norm has seen

_Sizes = Callable[[Poly], int]


@dataclass(frozen=True, slots=True)
class AllocatorFigures(ShortRepr):
    """Bytes on a GPU: the largest sum of blocks in use, and all segments after two steps."""

    allocated: int
    reserved: int


def allocator_figures(account: Account) -> AllocatorFigures:
    """The figures of a peak at a number for every letter, without the workspaces of a CPU.

    Raises NetformError where the account is of no peak, or leaves a letter free.
    """
    timeline = timeline_of_numbers(account)
    point = [plain_number(x) for x in account.network.algebra.point(account.on_a_device)]
    known: dict[int, int] = {}  # by identity: tensors share their polynomials

    def size(poly: Poly) -> int:
        if id(poly) not in known:
            known[id(poly)] = int(plain_value_at(poly, point))
        return known[id(poly)]

    allocator = CachingAllocator()
    for wanted in _always(account, timeline, size):
        allocator.take(wanted)
    for _ in range(_STEPS):
        _run(allocator, timeline, size)
    return AllocatorFigures(allocator.most_allocated, allocator.reserved)


def _run(allocator: CachingAllocator, timeline: Timeline, size: _Sizes) -> None:
    """A step; at its end all that it holds is released."""
    live = {}
    for tensor, part, sign, _ in timeline.recorded:
        if part == "workspace":
            continue
        if sign > 0:
            live[id(tensor)] = allocator.take(size(tensor.values) * BYTES[tensor.dtype])
        else:
            allocator.release(live.pop(id(tensor)))
    for block in live.values():
        allocator.release(block)


def _always(account: Account, timeline: Timeline, size: _Sizes) -> Iterator[int]:
    """The sizes of the tensors that live all the time: parameters, and what comes with each.

    A part that is no multiple of the trainable parameters is one tensor.
    """
    totals = account.network.totals
    bytes_of_parameters = size(timeline.always["parameters"])
    count = size(totals.params)
    width = bytes_of_parameters // count if count else 0
    trained = [
        width * size(poly)
        for layer in account.network.layers
        for poly in (layer.once.weights, layer.once.biases)
    ]
    yield from trained
    for layer in account.network.layers:
        yield from _statistics(layer, width, size)
    for part, poly in timeline.always.items():
        if part != "parameters":
            copies, rest = divmod(size(poly), sum(trained)) if sum(trained) else (0, size(poly))
            yield from [size(poly)] if rest else trained * copies


def _statistics(layer: Layer, width: int, size: _Sizes) -> Iterator[int]:
    """The mean and the variance of a norm, and the number of batches that it has seen."""
    values = size(layer.once.non_trainable)
    if values:
        yield from (width * values // 2, width * values // 2, _BYTES_OF_A_COUNTER)
