"""Branches become one tensor: their shapes and receptive fields joined, and what they must share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...grammar.errors import Mark, NetformError, Source, Span
from ..algebra.floor_forms import Extent
from ..kinds import BranchShapeError, Merge
from ..kinds.base.merge import may_be_equal, may_be_pixel
from ..kinds.base.reach import ReachError
from ..kinds.base.receptive_field import ReceptiveField, union
from ..kinds.base.shape import Shape
from .domain.conditions import Condition, Equal
from .domain.extent_conditions import Broadcast, SameExtent
from .layer import Layer


@dataclass(frozen=True, slots=True)
class _Size:
    """The output size of a layer, made into text only if an error shows it."""

    layer: Layer

    def __str__(self) -> str:
        return self.layer.size


def joined(
    kind: Merge, inputs: Sequence[Layer], name: str, source: Source, span: Span
) -> tuple[Shape, ReceptiveField]:
    """The output of a merge; raises NetformError if its branches do not fit together."""
    try:
        out = kind.joined([layer.output for layer in inputs])
    except BranchShapeError as error:
        marked = [inputs[error.first], inputs[error.second]]
        raise NetformError(
            f"{name} needs branches of one shape, but these have {marked[0].size} and {marked[1].size}",
            span,
            source,
            error.hint,
            [_mark(layer) for layer in marked],
        ) from None
    try:
        return out, union([layer.receptive_field for layer in inputs])
    except ReachError as error:
        raise out_of_reach(error, name, source, span) from None


def conditions_of(
    kind: Merge, inputs: Sequence[Layer], name: str, source: Source, span: Span
) -> Iterator[Condition]:
    """The conditions under which the branches of a merge fit together."""
    maps = [layer.output for layer in inputs]
    if all(entering is maps[0] for entering in maps):
        return
    one = inputs[kind.largest(maps)]
    for other in inputs:
        if other is one or other.output is one.output:
            continue
        counts = one.output.channels, other.output.channels
        marks = _mark(one), _mark(other)
        if kind.same_channels and counts[0] != counts[1]:
            yield Equal(name, source, span, *counts, marks)
        pairs = _extents_of(one.output, other.output)
        if one.output.extents == other.output.extents:
            continue
        if kind.broadcasts and may_be_pixel(other.output):
            if may_be_equal(one.output, other.output):
                yield Broadcast(name, source, span, pairs, marks)
                continue
            pairs = tuple((1, b) for _, b in pairs)
        yield from (SameExtent(name, source, span, a, b, marks) for a, b in pairs if a != b)


def _extents_of(one: Shape, other: Shape) -> tuple[tuple[int | Extent, int | Extent], ...]:
    """The extents of two branches along every axis; a vector is a single pixel."""
    ones = (1,) * max(len(one.extents), len(other.extents))
    return tuple(zip(one.extents or ones, other.extents or ones, strict=True))


def out_of_reach(error: ReachError, name: str, source: Source, span: Span) -> NetformError:
    """The error where a receptive field is too large, or repeats too rarely."""
    return NetformError(f"{name}: {error.message}", span, source, error.hint)


def _mark(layer: Layer) -> Mark:
    return Mark(layer.source, layer.span, _Size(layer))
