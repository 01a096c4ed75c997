"""What layers with weights compute on JAX: convolutions and matrix products."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from ..algebra.polynomials import ZERO, Poly
from ..graph.layer import Layer
from ..kinds.base.window import Convolving
from ..kinds.conv import Conv
from ..kinds.deconv import Deconv
from ..kinds.dw import Dw
from ..kinds.fc import Fc
from .xla_graph import Buffer, Given, Graph, Value
from .xla_rules import Gradients, Step, padded_values, step, values_of


class _Weights:
    """The kernel of a layer. XLA updates it in place, in the memory that the caller donates.

    Where the backward pass reads it too, it is copied when the step begins. From then until the
    update its own memory is free for others.
    """

    def __init__(self, layer: Layer, graph: Graph, has_gradient: bool) -> None:
        self.layer, self.graph, self.values = layer, graph, layer.once.weights
        self.copies: tuple[Buffer, ...] = ()
        self.for_backward: tuple[Buffer, ...] = ()
        if graph.trains and has_gradient:
            self.copies = (self._copy("kernel", _WHY_COPIED),)
            self.for_backward = self.copies

    def _copy(self, name: str, why: str, reads: Sequence[Buffer] = ()) -> Buffer:
        return self.graph.fill(
            self.layer, name, self.values, reads, why, part="workspace", is_weight=True
        )

    def transpose(self) -> None:
        """The backward pass reads another copy, with its axes in another order."""
        if self.copies:
            self.for_backward = (self._copy("kernel, transposed", _WHY_TRANSPOSED, self.copies),)

    def reversed(self) -> Buffer:
        """The kernel from its last pixel to its first."""
        return self._copy("kernel, reversed", _WHY_REVERSED, self.copies)

    def update(self, reads: Sequence[Buffer]) -> None:
        """The gradient, and the step of the optimizer, in place."""
        graph, layer = self.graph, self.layer
        found = graph.fill(
            *(layer, "gradient of the weights", self.values, reads),
            part="gradients",
            is_weight=True,
        )
        moments = [graph.fill(layer, f"moment {n}", ZERO, [found]) for n in (1, 2)]
        new = graph.fill(layer, "new weights", ZERO, [*moments, *self.copies])
        if self.copies:
            graph.given.append(Given(self.values, self.copies[0], new))


_WHY_COPIED = "a copy, since the backward pass reads the kernel while its own memory is given away"
_WHY_TRANSPOSED = "with its axes in another order, for the gradient of the input"
_WHY_REVERSED = "from the last pixel to the first, since XLA swaps a map and a larger kernel"


@step.register(Conv)
@step.register(Dw)
@step.register(Deconv)
def _(kind: Convolving, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    (entering,) = inputs
    has_gradient = graph.has_gradient(layer.inputs[0])
    weights = _Weights(layer, graph, has_gradient)
    padded = padded_values(kind, layer)
    weights.transpose()
    kernel = weights.copies
    if _is_turned_round(kind, layer):
        kernel = (weights.reversed(),)
    reads = [graph.stored(entering), *kernel]
    out = graph.computed(layer, "output", values_of(layer), reads)
    if not graph.trains:
        return out, lambda gradient: [gradient]
    why = f"{layer.name}'s input, transposed, for the gradient of its weights"
    turned = graph.transposed(layer, entering, padded, why)
    product = graph.fused(layer, "output with bias", values_of(layer), out)

    def pull(gradient: Value) -> Gradients:
        stored = graph.stored(gradient) if has_gradient else None
        other = graph.fill(layer, "gradient, transposed", values_of(layer), gradient.sources)
        found = []
        if stored is not None:
            name = "gradient of the input"
            full = graph.computed(layer, name, padded, [stored, *weights.for_backward])
            found.append(full if padded == entering.values else graph.fused(layer, name, entering.values, full))
        weights.update(_kernel_gradient(kind, layer, graph, [turned, other]))
        return found

    return product, pull


def _kernel_gradient(
    kind: Convolving, layer: Layer, graph: Graph, reads: Sequence[Buffer]
) -> Sequence[Buffer]:
    """What the gradient of the kernel is taken from.

    For a depthwise kernel XLA works out that of a full convolution, of which it takes the diagonal.
    """
    if not isinstance(kind, Dw):
        return reads
    full = layer.once.weights * layer.input.channels
    why = "the gradient of a full convolution, of which the depthwise one is the diagonal"
    product = graph.fill(
        layer, "gradient of a full kernel", full, reads, why, part="workspace", is_weight=True
    )
    return [
        graph.fill(layer, "diagonal of it", full, [product], why, part="workspace", is_weight=True)
    ]


def _is_turned_round(kind: Convolving, layer: Layer) -> bool:
    """Whether XLA swaps the map and the kernel: where the kernel has more pixels, and no groups.

    Source: ``SwapConvOperands`` in XLA's ``algebraic_simplifier.cc``.
    """
    extents = layer.input.sizes
    is_known = isinstance(kind, Conv) and kind.groups == 1 and len(extents) == len(kind.kernel)
    return is_known and prod(kind.kernel) > prod(extents)


@step.register
def _(kind: Fc, layer: Layer, graph: Graph, inputs: Sequence[Value]) -> Step:
    (entering,) = inputs
    has_gradient = graph.has_gradient(layer.inputs[0])
    weights = _Weights(layer, graph, has_gradient)
    stored = graph.stored(entering)
    out = graph.computed(layer, "output", values_of(layer), [stored, *weights.copies])

    def pull(gradient: Value) -> Gradients:
        own = graph.stored(gradient)
        found = []
        if has_gradient:
            reads = [own, *weights.copies]
            found.append(graph.computed(layer, "gradient of the input", entering.values, reads))
        weights.update([stored, own])
        return found

    return out, pull
