"""What the books' model keeps of a training step: every feature map, and an error signal for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...grammar.short_repr import LongTuple
from ..graph.layer import Layer
from .kept import KeptTensor


def kept_tensors(layers: Sequence[Layer], dtype: str = "float32") -> Sequence[KeptTensor]:
    """The output of every layer that does not work in place, and its error signal."""
    return LongTuple(_kept(layers, dtype))


def _kept(layers: Sequence[Layer], dtype: str) -> Iterator[KeptTensor]:
    for layer in layers:
        values = layer.feature_map_poly
        if not values:
            continue
        values = values * layer.algebra.batch
        yield KeptTensor(layer, "output", dtype, values, ("every feature map is kept",))
        if layer is not layers[0]:
            why = "the gradient of the loss by the output"
            yield KeptTensor(layer, "error signal", dtype, values, (why,))
