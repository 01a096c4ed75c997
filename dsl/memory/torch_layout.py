"""In which order the values of PyTorch's maps lie in memory, as far as flattening them asks.

A map lies channel by channel, or pixel by pixel ("channels last") behind a normalisation over the
channels, whose view of the map most layers pass on. A vector is the channel by channel order, so
that flattening another map copies it. So does flattening a map whose rim was cut off, since that
is a view of the larger map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...grammar.short_repr import ShortRepr
from ..algebra.polynomial_terms import number_of
from ..graph.layer import Layer
from ..kinds import Merge
from ..kinds.base.window import Convolving
from ..kinds.cat import Cat
from ..kinds.crop import Crop
from ..kinds.deconv import Deconv
from ..kinds.ln import Ln
from .torch_rules import is_view


@dataclass(frozen=True, slots=True)
class Layout(ShortRepr):
    """The order of a map: ``channels_last``, and which axes of it were cut."""

    channels_last: bool = False
    cut: tuple[bool, ...] = ()

    def is_copied_flat(self, layer: Layer) -> bool:
        """Whether a vector of the output of a layer needs its values in another order."""
        shape = layer.output
        if shape.is_vector or (shape.area == 1 and not any(self.cut)):
            return False
        has_one_channel = number_of(shape.channels) == 1
        if any(self.cut[1:]) or (any(self.cut) and not has_one_channel):
            return True
        return self.channels_last and not has_one_channel and shape.area != 1


def layout_of(layer: Layer, layouts: Mapping[Layer, Layout]) -> Layout:
    """The order in which a layer's output lies, from those of its inputs."""
    kind = layer.kind
    if not layer.inputs or layer.output.is_vector:
        return Layout()
    first = layouts[layer.inputs[0]]
    match kind:
        case Ln():
            return Layout(channels_last=True)
        case Crop():
            cut = [amount > 0 for amount in kind.amount]
            before = first.cut or (False,) * len(cut)
            return replace(first, cut=tuple(a or b for a, b in zip(cut, before, strict=True)))
        case Convolving() | Deconv() if len(layer.output.extents) == 1:
            return Layout()  # computed as a map of one row
        case Cat():
            return Layout(channels_last=_agree([layouts[branch] for branch in layer.inputs]))
        case Merge():
            largest = kind.largest([branch.output for branch in layer.inputs])
            return Layout(channels_last=layouts[layer.inputs[largest]].channels_last)
    return first if is_view(layer) else Layout(channels_last=first.channels_last)


def _agree(layouts: Sequence[Layout]) -> bool:
    return all(layout.channels_last for layout in layouts)
