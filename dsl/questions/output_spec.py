"""What the last values of a network mean: classes or one probability, logits or probabilities."""

from __future__ import annotations

from dataclasses import dataclass

from ..costs.evaluated import EvaluatedNetwork
from ..graph.layer import Layer
from ..kinds import Kind
from ..kinds.sigmoid import Sigmoid
from ..kinds.softmax import Softmax
from ..network import Network


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """What the network's last values mean: classes, and whether they are logits.

    ``per_pixel`` are the extents of the map of labels, () for one label an image; ``one_hot``
    says that training takes a share of every class in place of its number.
    """

    classes: int
    outputs: int
    from_logits: bool
    per_pixel: tuple[int, ...]
    one_hot: bool


def output_spec_of(network: Network, evaluated: EvaluatedNetwork) -> OutputSpec:
    """What the last values of a network at some width mean."""
    *extents, outputs = evaluated.output
    final = final_kind(evaluated.graph.layers)
    is_probability = isinstance(final, (Softmax, Sigmoid))
    per_pixel = tuple(extents) if max(extents) > 1 else ()
    one_hot = outputs > 1 and bool(network.train.smooth or network.data.mixup)
    return OutputSpec(max(2, outputs), outputs, not is_probability, per_pixel, one_hot)


def final_kind(layers: tuple[Layer, ...]) -> Kind:
    """The last layer that decides what values mean: later ones move, repeat or average them."""
    layer = layers[-1]
    while layer.inputs and not (layer.kind.weighted or layer.kind.in_post):
        layer = layer.inputs[-1]
    return layer.kind
