"""What convolutions on a CPU take as workspace; a GPU has other workspaces.

PyTorch has two ways to compute a convolution on a CPU:

- oneDNN works on maps whose channels lie in blocks of 16, so that PyTorch copies the input, the
  weights and the output, one operation at a time;
- PyTorch's own convolution multiplies matrices: it writes every window of the input into a column.

It takes the second way for float64, and for one small image.

Source: the allocations that ``torch.profiler`` reports of PyTorch 2.13 on a CPU with AVX-512, and
the choice of ``torch._C._select_conv_backend`` with two threads or more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from ..algebra.polynomial_terms import number_of
from ..algebra.polynomials import ZERO, Poly
from ..graph.layer import Layer
from ..kinds.base.window import Convolving
from ..kinds.conv import Conv
from ..kinds.deconv import Deconv
from ..kinds.dw import Dw
from .request import Request

_BLOCK = 16
_FEWEST = 4  # channels of an input that is copied for the gradient of the weights
_SMALL = 20480  # values of an image that oneDNN is not used for
_WIDE = 4  # from this kernel on oneDNN is used for a small image too

Named = tuple[tuple[str, Poly], ...]  # tensors and their values


@dataclass(frozen=True, slots=True)
class Work:
    """What one operation takes: what leaves before its result comes, and what leaves after it."""

    before: Named = ()
    beside: Named = ()


@dataclass(frozen=True, slots=True)
class Works:
    """The workspaces of a layer: for its output, and for the gradients of its input and weights."""

    output: Work = Work()
    input_gradient: Work = Work()
    weights_gradient: Work = Work()


NOTHING = Works()


def works(request: Request) -> Mapping[Layer, Works]:
    """The workspaces of all convolutions. Where the batch is a letter, it is two images or more."""
    found = {}
    for layer in request.layers:
        kind = layer.kind
        if isinstance(kind, Convolving):
            is_alone = request.batch == 1
            is_lowered = request.dtype == "float64" or (is_alone and _is_small(layer, kind))
            found[layer] = _lowered(layer, kind) if is_lowered else _blocked(layer, kind)
    return found


def _blocked(layer: Layer, kind: Convolving) -> Works:
    """Copies in blocks: an operation copies what it reads, and then its result back."""
    read, weights, written = _copies(layer, kind, is_backward=False)
    entering, used, leaving = _copies(layer, kind, is_backward=True)
    few = number_of(layer.input.channels)
    for_weights = ZERO if few is not None and few < _FEWEST else entering
    return Works(
        Work((("input in blocks", read), ("weights in blocks", weights)), _results(kind, written)),
        Work(
            (("gradient in blocks", leaving), ("weights in blocks", used)),
            (("input's gradient in blocks", entering),),
        ),
        Work(
            (
                ("gradient in blocks", leaving),
                ("input in blocks", for_weights),
                ("weights' gradient of a thread", layer.once.weights),
            ),
            (("weights' gradient in blocks", weights),),
        ),
    )


def _copies(layer: Layer, kind: Convolving, *, is_backward: bool) -> tuple[Poly, Poly, Poly]:
    """Values of the copies of the input, the weights and the output.

    A group has no blocks unless it is one channel. The forward pass reads few channels as they are.
    """
    taps = prod(kind.kernel)
    entering, leaving = layer.input.channels, layer.output.channels
    own = layer.inputs[0].values_of_batch, layer.values_of_batch
    read, written = _in_blocks(entering), _in_blocks(leaving)
    blocks = _map_in_blocks(layer.inputs[0]), _map_in_blocks(layer)
    if isinstance(kind, Dw) and kind.multiplier == 1 and _in_groups(layer, kind):
        return blocks[0], written * taps, blocks[1]
    if _in_groups(layer, kind):
        return own[0], layer.once.weights, own[1]
    few = number_of(entering)
    if not is_backward and taps > 1 and few is not None and few < _BLOCK:
        return ZERO, entering * written * taps, blocks[1]
    if not is_backward and _is_spread(kind):
        return own[0], read * written * taps, own[1]
    return blocks[0], read * written * taps, blocks[1]


def _is_spread(kind: Convolving) -> bool:
    return isinstance(kind, Deconv) and max(kind.strides) > 1


def _results(kind: Convolving, written: Poly) -> Named:
    """The output before it is copied back: that of an up-convolution is copied twice."""
    again = (("copy of the output", written),) if _is_spread(kind) else ()
    return (("output in blocks", written), *again)


def _map_in_blocks(layer: Layer) -> Poly:
    """The values of an output in blocks, for a batch."""
    own = layer.output.channels
    channels = _in_blocks(own)
    if channels is own:
        return layer.values_of_batch
    return channels * layer.output.area * layer.algebra.batch


def _in_blocks(channels: Poly) -> Poly:
    """Channels rounded up to whole blocks where they are a number; a formula is left as it is."""
    number = channels.constant
    if not channels.is_ground or number % _BLOCK == 0 or number.denominator != 1:
        return channels
    return channels.ring.constant(-(-number.numerator // _BLOCK) * _BLOCK)


def _is_small(layer: Layer, kind: Convolving) -> bool:
    """Whether PyTorch itself computes the convolution of one image; False where it depends."""
    values = number_of(layer.input.values)
    depth = layer.input.extents[2] if len(kind.kernel) == 3 else 1  # PyTorch counts two axes
    is_wide = len(kind.kernel) > 1 and min(kind.kernel[-2:]) >= _WIDE
    if values is None or not isinstance(depth, int) or is_wide or _in_groups(layer, kind):
        return False
    return bool(values <= _SMALL * depth)


def _lowered(layer: Layer, kind: Convolving) -> Works:
    """A column for each window of the input; an up-convolution has them of its output.

    The groups of a convolution come one after the other; with a dilation the images do too, and
    behind an up-convolution in the backward pass.
    """
    batch = layer.algebra.batch
    of_image = _columns(layer, kind)
    columns = of_image if max(kind.dilations) > 1 else of_image * batch
    if not _in_groups(layer, kind):
        for_weights = of_image if isinstance(kind, Deconv) else columns
        forward, backward = (("columns", columns),), (("columns", for_weights),)
        return Works(Work((), forward), Work(), Work((), backward))
    entering, leaving = layer.input.values * batch, layer.output.values * batch
    of_one = _channels_of_a_group(layer, kind) * layer.input.area * batch
    return Works(
        Work(
            (("input of a group", of_one), ("columns of a group", columns)),
            (("outputs of the groups", leaving),),
        ),
        Work(),
        Work(
            (),
            (
                ("input's gradients of the groups", entering),
                ("weights' gradients of the groups", layer.once.weights),
            ),
        ),
    )


def _columns(layer: Layer, kind: Convolving) -> Poly:
    """The values of the columns of one image, in one group."""
    taps = prod(kind.kernel)
    if isinstance(kind, Deconv):
        return layer.output.channels * taps * layer.input.area
    is_input = taps == 1 and set(kind.strides) == {1}
    if is_input and layer.input.extents == layer.output.extents:
        return ZERO
    return _channels_of_a_group(layer, kind) * taps * layer.output.area


def _channels_of_a_group(layer: Layer, kind: Convolving) -> Poly:
    channels = layer.input.channels
    if isinstance(kind, Dw):
        return channels.ring.constant(1)
    return channels / kind.groups if isinstance(kind, Conv) else channels


def _in_groups(layer: Layer, kind: Convolving) -> bool:
    """Whether there are two groups or more: a depthwise convolution of one channel has one."""
    if isinstance(kind, Dw):
        return number_of(layer.input.channels) != 1
    return isinstance(kind, Conv) and kind.groups > 1
