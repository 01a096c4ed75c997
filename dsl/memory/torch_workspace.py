"""What convolutions on a CPU take as workspace: copies of their maps in blocks of 16 channels.

oneDNN computes a convolution on maps whose channels lie in blocks, so that PyTorch copies the
input, the weights and the output, one operation at a time. A GPU has other workspaces.

Source: the allocations that ``torch.profiler`` reports of PyTorch 2.13 on a CPU with AVX-512.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..algebra.polynomial_terms import number_of
from ..algebra.polynomials import ZERO, Poly
from ..graph.layer import Layer
from ..kinds.base.window import Convolving
from ..kinds.deconv import Deconv

_BLOCK = 16
_FEWEST = 4  # channels of an input that is copied


@dataclass(frozen=True, slots=True)
class Blocked:
    """Values of the copies of a convolution's input, output and weights, for a batch."""

    input: Poly
    output: Poly
    weights: Poly


def blocked(layer: Layer) -> Blocked | None:
    """The copies that a convolution makes; None for other layers."""
    if not isinstance(layer.kind, Convolving | Deconv):
        return None
    batch = layer.algebra.batch
    entering = _in_blocks(layer.input.channels)
    few = number_of(layer.input.channels)
    copied = ZERO if few is not None and few < _FEWEST else entering * layer.input.area * batch
    output = _in_blocks(layer.output.channels) * layer.output.area * batch
    return Blocked(copied, output, layer.once.weights)


def _in_blocks(channels: Poly) -> Poly:
    """Channels rounded up to whole blocks where they are a number; a formula is left as it is."""
    number = number_of(channels)
    if number is None or number.denominator != 1:
        return channels
    return channels.ring.constant(-(-number.numerator // _BLOCK) * _BLOCK)
