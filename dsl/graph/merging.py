"""Branches become one tensor: their shapes and receptive fields joined, and what they must share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...grammar.errors import Mark, NetformError, Source, Span
from ..kinds import BranchShapeError, Merge
from ..kinds.base.reach import ReachError
from ..kinds.base.receptive_field import ReceptiveField, union
from ..kinds.base.shape import Shape
from .domain.conditions import Condition, Equal, SameExtent
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
    one = next((layer for layer in inputs if layer.output.area != 1), inputs[0])
    for other in inputs:
        if other is one or other.output is one.output:
            continue
        counts = one.output.channels, other.output.channels
        marks = _mark(one), _mark(other)
        if kind.same_channels and counts[0] != counts[1]:
            yield Equal(name, source, span, *counts, marks)
        for a, b in zip(one.output.extents, other.output.extents, strict=False):
            if a != b and other.output.area != 1:
                yield SameExtent(name, source, span, a, b, marks)


def out_of_reach(error: ReachError, name: str, source: Source, span: Span) -> NetformError:
    """The error where a receptive field is too large, or repeats too rarely."""
    return NetformError(f"{name}: {error.message}", span, source, error.hint)


def _mark(layer: Layer) -> Mark:
    return Mark(layer.source, layer.span, _Size(layer))
