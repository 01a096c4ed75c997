"""What layers with weights compute on JAX: convolutions and matrix products."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from ...algebra.polynomials import ZERO
from ...graph.layer import Layer
from ...kinds.base.window import Convolving
from ...kinds.conv import Conv
from ...kinds.dw import Dw
from ...kinds.fc import Fc
from .graph import Buffer, Given, Graph, Value
from .values import GRADIENT, Gradients, Step, padded_values, values_of

_COPIED = "a copy, since the backward pass reads the kernel while its own memory is given away"
_TRANSPOSED = "with its axes in another order, for the gradient of the input"
_REVERSED = "from the last pixel to the first, since XLA swaps a map and a larger kernel"
_FULL = "of a full convolution, since the depthwise one is taken from its diagonal"


class _Weights:
    """The kernel of a layer. XLA updates it in place, in the memory that the caller donates.

    Where the backward pass reads it too, it is copied when the step begins. From then until the
    update its own memory is free for others.
    """

    def __init__(self, layer: Layer, graph: Graph, is_read_again: bool) -> None:
        self.layer, self.graph, self.values = layer, graph, layer.once.weights
        self.copies: tuple[Buffer, ...] = ()
        self.for_backward: tuple[Buffer, ...] = ()
        if graph.trains and is_read_again:
            self.copies = self.for_backward = (self._copy("kernel", _COPIED),)

    def _copy(self, name: str, why: str, reads: Sequence[Buffer] = ()) -> Buffer:
        return self.graph.fill(
            self.layer, name, self.values, reads, why, part="workspace", is_weight=True
        )

    def transpose(self) -> None:
        """The backward pass reads another copy, with its axes in another order."""
        if self.copies:
            self.for_backward = (self._copy("kernel, transposed", _TRANSPOSED, self.copies),)

    def reverse(self) -> Buffer:
        """The kernel from its last pixel to its first."""
        return self._copy("kernel, reversed", _REVERSED, self.copies)

    def update(self, reads: Sequence[Buffer]) -> None:
        """The gradient, and the step of the optimizer, in place."""
        graph, layer = self.graph, self.layer
        found = graph.fill(
            *(layer, "gradient of the weights", self.values, reads),
            part="gradients",
            is_weight=True,
        )
        moments = [graph.fill(layer, f"moment {number}", ZERO, [found]) for number in (1, 2)]
        new = graph.fill(layer, "new weights", ZERO, [*moments, *self.copies])
        if self.copies:
            graph.given.append(Given(self.values, self.copies[0], new))


def convolution(kind: Convolving, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """The gradient of the kernel is a convolution of two copies, whose axes are in another order."""
    (entering,) = inputs
    has_gradient = graph.has_gradient(layer.inputs[0])
    weights = _Weights(layer, graph, has_gradient)
    weights.transpose()
    kernel = (weights.reverse(),) if _is_swapped(kind, layer) else weights.copies
    padded, after = padded_values(kind, layer), values_of(layer)
    out = graph.computed(layer, "output", after, [graph.stored(entering), *kernel])
    with_bias = graph.fused(layer, "output", after, out) if kind.bias else out
    if not graph.trains:
        graph.stored(out).lends = not _is_matrix_product(kind)
        return with_bias, lambda gradient: [gradient]
    turned = graph.transposed(layer, entering, padded)

    def pull(gradient: Value) -> Gradients:
        found = []
        if has_gradient:
            graph.stored(gradient)
        other = graph.fill(layer, "gradient, transposed", after, [gradient])
        if has_gradient:
            reads = [graph.stored(gradient), *weights.for_backward]
            full = graph.computed(layer, GRADIENT, padded, reads)
            is_whole = padded == entering.values
            found = [full if is_whole else graph.fused(layer, GRADIENT, entering.values, full)]
        weights.update(_full_kernel(kind, layer, graph, [turned, other]))
        return found

    return with_bias, pull


def _full_kernel(
    kind: Convolving, layer: Layer, graph: Graph, reads: Sequence[Buffer]
) -> Sequence[Buffer]:
    """What the gradient of a kernel is taken from; of a depthwise one a far larger kernel.

    Source: XLA's ``convolution_group_converter.cc``.
    """
    if not isinstance(kind, Dw):
        return reads
    values = layer.once.weights * layer.input.channels
    for name in ("gradient of a full kernel", "diagonal of it"):
        reads = [graph.fill(layer, name, values, reads, _FULL, part="workspace", is_weight=True)]
    return reads


def _is_matrix_product(kind: Convolving) -> bool:
    """Whether XLA makes a matrix product of it, whose result has another shape then."""
    sizes = (*kind.kernel, *kind.strides)
    return isinstance(kind, Conv) and kind.groups == 1 and set(sizes) == {1}


def _is_swapped(kind: Convolving, layer: Layer) -> bool:
    """Whether XLA swaps the map and the kernel: where the kernel has more pixels, and no groups.

    Source: ``SwapConvOperands`` in XLA's ``algebraic_simplifier.cc``.
    """
    extents = layer.input.sizes
    is_plain = isinstance(kind, Conv) and kind.groups == 1 and len(extents) == len(kind.kernel)
    return is_plain and prod(kind.kernel) > prod(extents)


def matrix_product(kind: Fc, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    """Neither the matrix nor the input is copied for the gradients."""
    (entering,) = inputs
    has_gradient = graph.has_gradient(layer.inputs[0])
    weights = _Weights(layer, graph, has_gradient)
    stored, after = graph.stored(entering), values_of(layer)
    out = graph.computed(layer, "output", after, [stored, *weights.copies])
    with_bias = graph.fused(layer, "output", after, out) if kind.bias else out

    def pull(gradient: Value) -> Gradients:
        own = graph.stored(gradient)
        found = []
        if has_gradient:
            reads = [own, *weights.for_backward]
            found.append(graph.computed(layer, GRADIENT, entering.values, reads))
        weights.update([stored, own])
        return found

    return with_bias, pull
