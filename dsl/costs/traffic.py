"""The least bytes that layers move from and to memory, each layer on its own.

A forward pass reads every input and all parameters of a layer once, and writes its output once. A
training step goes on with one pass for each sort of gradients, and with the optimizer:

    gradient by weights    reads the gradient of the output and the inputs, writes that of the weights
    gradient by inputs     reads the gradient of the output, the weights and what the layer keeps,
                           writes those of the inputs; only where something before it is trained
    optimizer              reads the gradients, reads and writes parameters and slots

A layer whose output is its input seen in another way moves nothing: ``flat``, ``id``, ``crop``, in
inference ``drop``, and backward ``add``, ``cat`` and ``pad``. Pixels that no window sees are not
read. Statistics of norms are read, and in training also written.

What flows, and a weight that a pass reads, has the bytes of the compute type; what stays has those
of variables. ``fused`` layers are computed on the way: what works in place moves no map.

Source: Williams, Waterman, Patterson, "Roofline", 2009: the compulsory traffic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from ...grammar.budget import Work, spend
from ...grammar.short_repr import ShortRepr
from ..algebra.polynomials import ZERO, Poly, sum_of_polynomials
from ..graph.backward import Backward, in_rounds
from ..graph.layer import Layer
from ..kinds.add import Add
from ..kinds.base.activation import Activation
from ..kinds.base.window import Windowed
from ..kinds.cat import Cat
from ..kinds.crop import Crop
from ..kinds.deconv import Deconv
from ..kinds.drop import Drop
from ..kinds.flat import Flat
from ..kinds.identity import Identity
from ..kinds.input import Input
from ..kinds.mul import Mul
from ..kinds.pad import Pad
from .memory import policy_of, slots_of

if TYPE_CHECKING:
    from .memory import Slots
    from .totals import Totals

_VIEWS = (Input, Flat, Identity, Crop)
_GRADIENTS_ARE_VIEWS = (Input, Flat, Identity, Pad, Add, Cat)
_STEPS_OF_A_LAYER = 4


@dataclass(frozen=True, slots=True)
class Moved(ShortRepr):
    """Values that one round of a layer moves, for a batch.

    ``by_inputs`` are those of the gradients of all inputs together, of which ``of_input`` are
    written for each input.
    """

    inference: Poly
    forward: Poly
    by_weights: Poly
    by_inputs: Poly
    of_input: Sequence[Poly]

    def spared(self, missing: Sequence[int]) -> Poly:
        """What does not move where some inputs, by their numbers, need no gradient."""
        if len(missing) == len(self.of_input):
            return self.by_inputs
        return sum_of_polynomials(self.of_input[number] for number in missing)


def traffic(
    totals: Totals,
    purpose: str,
    dtype: str = "float32",
    optimizer: str = "adam",
    copies: int = 0,
    fused: bool = False,
) -> Poly:
    """Bytes that move in a step of a batch, as a polynomial in w and B.

    ``copies`` are further values of every trainable parameter, read and written once: averaged
    weights, sums of gradients. Raises ValueError for an unlisted purpose, data type or optimizer.
    """
    policy = policy_of(dtype)
    flowing, staying = moved_values(totals, purpose, optimizer, copies, fused)
    return flowing * policy.compute + staying * policy.variable


def moved_values(
    totals: Totals, purpose: str, optimizer: str, copies: int = 0, fused: bool = False
) -> tuple[Poly, Poly]:
    """Values of the compute type that move in a step, and values of variables."""
    slots = slots_of(optimizer)
    if purpose == "inference":
        moved = (layer.over_rounds(moved_by(layer, fused).inference) for layer in totals.layers)
        return sum_of_polynomials(moved), ZERO
    if purpose != "training":
        raise ValueError(f"traffic is of inference or training, not of {purpose!r}")
    flowing = sum_of_polynomials(
        sum_of_polynomials(passes_of(layer, totals.backward, fused)) for layer in totals.layers
    )
    gradients = totals.trainable  # which the optimizer reads
    return flowing + gradients, updated_values(totals, slots, copies) * 2


def updated_values(totals: Totals, slots: Slots, copies: int) -> Poly:
    """Variables that a training step reads and writes."""
    return totals.params + slots.values(totals) + totals.trainable * copies


def passes_of(layer: Layer, backward: Backward, fused: bool = False) -> tuple[Poly, Poly, Poly]:
    """Values that flow in the forward pass of training, by weights and by inputs, in all rounds."""
    spend(_STEPS_OF_A_LAYER, Work.LAYERS)
    once = moved_by(layer, fused)
    spared = sum_of_polynomials(
        in_rounds(layer, later, once.spared(missing))
        for later, missing in backward.without_gradient.get(layer, ())
    )
    by_inputs = layer.over_rounds(once.by_inputs) - spared
    forward = once.forward * (1 if layer.remat is None else 2)  # once more for the way back
    return layer.over_rounds(forward), layer.over_rounds(once.by_weights), by_inputs


def moved_by(layer: Layer, fused: bool = False) -> Moved:
    """What one round of a layer moves."""
    kind, cost, batch = layer.kind, layer.once, layer.algebra.batch
    trained = cost.weights + cost.biases
    out = layer.output.values * batch
    inputs = [seen_values(layer, number) * batch for number in range(len(layer.inputs))]
    gradients = [before.output.values * batch for before in layer.inputs]
    if fused and not kind.keeps_map:
        out, inputs, gradients = ZERO, [], [ZERO] * len(gradients)
    read = sum_of_polynomials(inputs)
    forward = ZERO if isinstance(kind, _VIEWS) or _is_off(kind) else read + out
    by_inputs = ZERO
    if isinstance(kind, _GRADIENTS_ARE_VIEWS) or _is_off(kind):
        gradients = [ZERO] * len(gradients)
    else:
        kept = read if kind.is_norm or isinstance(kind, Mul) else ZERO
        kept = out if isinstance(kind, Activation) else kept
        by_inputs = out + kept + cost.weights + sum_of_polynomials(gradients)
    return Moved(
        inference=ZERO if isinstance(kind, Drop) else forward + trained + cost.non_trainable,
        forward=forward + trained,
        by_weights=out + read + trained if trained else ZERO,
        by_inputs=by_inputs,
        of_input=gradients,
    )


def _is_off(kind: object) -> bool:
    """Whether a dropout keeps every value."""
    return isinstance(kind, Drop) and not kind.rate


def seen_values(layer: Layer, number: int) -> Poly:
    """Values of an input of one image that a layer reads: all, but pixels that no window sees.

    With padding all pixels of an axis count, unless windows are a pixel wide.
    """
    entering, kind = layer.inputs[number].output, layer.kind
    if not isinstance(kind, Windowed) or isinstance(kind, Deconv):
        return entering.values
    sides = []
    axes = zip(kind.kernel, kind.strides, kind.dilations, kind.paddings(), strict=True)
    for axis, (kernel, stride, dilation, padding) in enumerate(axes):
        is_padded = padding not in ("valid", 0) and not (padding == "same" and kernel == 1)
        side = entering.extents[axis]
        if not is_padded and dilation == 1:
            step = min(kernel, stride)
            side = layer.output.extents[axis] * step + (kernel - step)
        sides.append(side if isinstance(side, int) else side.poly)
    return entering.channels * prod(sides)


def read_of_image(layers: Sequence[Layer]) -> list[Poly]:
    """Values of an image that layers read, for every layer that reads it first.

    Views and layers that work in place are looked through: they need what the layers behind need.
    """
    seen, found = {layers[0]}, []
    for layer in layers[1:]:
        for number in (n for n, before in enumerate(layer.inputs) if before in seen):
            if isinstance(layer.kind, _VIEWS) or not layer.kind.keeps_map:
                seen.add(layer)
            else:
                found.append(seen_values(layer, number))
    return [*found, layers[-1].output.values] if layers[-1] in seen else found
