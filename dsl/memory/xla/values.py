"""What the rules of XLA's profile share: sizes, and the shape of a rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from ...algebra.polynomials import Poly
from ...graph.layer import Layer
from ...kinds.base.window import Windowed
from ...kinds.base.window_sizes import span
from ...kinds.deconv import Deconv
from .graph import Graph, Value

Gradients: TypeAlias = Sequence[Value]  # of the inputs, in their order
Pull: TypeAlias = Callable[[Value], Gradients]  # from the gradient of the output
Step: TypeAlias = tuple[Value, Pull]  # the output, and its way back
Rule: TypeAlias = Callable[[Any, Layer, Graph, Sequence[Value]], Step]

GRADIENT = "gradient of the input"


def values_of(layer: Layer) -> Poly:
    """Values of the output for a batch."""
    return layer.output.values * layer.algebra.batch


def padded_values(kind: Windowed, layer: Layer) -> Poly:
    """Values of the input with the zeros that p writes around it; other padding needs no memory."""
    if kind.padding is None or isinstance(kind, Deconv):
        return layer.input.values * layer.algebra.batch
    return _with_margins(layer, [2 * padding for padding in kind.padding])


def reached_values(kind: Windowed, layer: Layer) -> Poly:
    """Values of the input with all that the windows reach beyond its ends."""
    if kind.padding is not None:
        return padded_values(kind, layer)
    return _with_margins(layer, [_margin(kind, layer, axis) for axis in range(len(kind.kernel))])


def _margin(kind: Windowed, layer: Layer, axis: int) -> int:
    """How far windows reach beyond both ends; with a free extent the most that it can be."""
    before, after = layer.input.extents[axis], layer.output.extents[axis]
    reach, stride = span(kind.kernel[axis], kind.dilations[axis]), kind.strides[axis]
    if isinstance(before, int) and isinstance(after, int):
        return max(0, (after - 1) * stride + reach - before)
    return 0 if kind.valid else max(0, reach - 1)


def _with_margins(layer: Layer, margins: Sequence[int]) -> Poly:
    values = layer.input.channels * layer.algebra.batch
    for extent, margin in zip(layer.input.extents, margins, strict=True):
        values = values * ((extent if isinstance(extent, int) else extent.poly) + margin)
    return values
