"""What plain PyTorch keeps of groups that the backward pass computes again.

A group runs as ``torch.utils.checkpoint.checkpoint(group, *inputs, use_reentrant=False)``: between the
passes only its inputs are kept. The first gradient in the group that needs a tensor runs the forward
pass of the group again, which ends early: with the last tensor that a gradient needs. These tensors
leave one by one, as those of other layers do. Random numbers are the same in both passes.

Source: PyTorch 2.13, ``torch/utils/checkpoint.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from ...grammar.short_repr import ShortRepr
from ..graph.layer import Layer
from ..graph.remat import RematGroup
from .kept import TensorKey
from .torch_rules import is_view

Found = tuple[Layer, TensorKey, str]  # a layer, what it keeps, and why
_AFTER = ("statistics", "indices")  # kept when the layer has run; others before


@dataclass(frozen=True)
class Recomputation(ShortRepr):
    """A group: its layers in order, the inputs that it keeps, and what its gradients need.

    ``leaving`` are the makers of what leaves after a layer has run again. The layers after
    ``last``, the last that keeps something, do not run again.
    """

    layers: Sequence[Layer]
    inputs: Sequence[TensorKey]
    needed: Sequence[Found]
    runs: Sequence[Layer]
    leaving: Mapping[Layer, Sequence[Layer]]
    last_runs: bool

    @property
    def first_keeping(self) -> Layer:
        """The layer whose gradients come last of those that need something."""
        return self.needed[0][0]

    @property
    def last(self) -> Layer:
        """The last layer that keeps something; of it, only what it keeps is computed again."""
        return self.needed[-1][0]


def recomputations(
    layers: Sequence[Layer], found: Sequence[Found], maker: Mapping[Layer, Layer], dtype: str
) -> Mapping[RematGroup, Recomputation]:
    """The groups of which a gradient needs something, in order."""
    needed: dict[RematGroup, list[Found]] = {}
    for layer, key, why in found:
        if layer.remat is not None:
            needed.setdefault(layer.remat, []).append((layer, key, why))
    plans = {}
    for group, members in groupby(layers, key=lambda layer: layer.remat):
        if group in needed:
            assert group is not None
            plans[group] = _plan(list(members), needed[group], maker, dtype)
    return plans


@dataclass(frozen=True)
class Followed(ShortRepr):
    """What the gradients of a network need, and the layers whose output has a gradient."""

    needed: Sequence[Found]
    with_gradient: set[Layer]
    recomputed: Mapping[RematGroup, Recomputation]

    @property
    def kept(self) -> Iterator[Found]:
        """What is kept between the passes: of a group its inputs, of other layers what they need."""
        told: set[RematGroup] = set()
        for layer, key, why in self.needed:
            group = layer.remat
            if group is None:
                yield layer, key, why
            elif group not in told:
                told.add(group)
                for entering in self.recomputed[group].inputs:
                    yield layer, entering, f"{group.name}'s input, to compute it again"


def _plan(
    layers: Sequence[Layer], needed: Sequence[Found], maker: Mapping[Layer, Layer], dtype: str
) -> Recomputation:
    inside = set(layers)
    entering = dict.fromkeys(
        maker[before] for layer in layers for before in layer.inputs if before not in inside
    )
    inputs = [(m, "output", dtype, m.output.values * m.algebra.batch) for m in entering]
    last = needed[-1][0]
    last_runs = _runs_before_it_keeps(last, [key for layer, key, _ in needed if layer is last])
    runs = layers[: layers.index(last) + 1]
    made = [layer for layer in runs if not is_view(layer) and (last_runs or layer is not last)]
    return Recomputation(layers, inputs, needed, runs, _leaving(runs, set(made), maker), last_runs)


def _leaving(
    runs: Sequence[Layer], made: set[Layer], maker: Mapping[Layer, Layer]
) -> Mapping[Layer, Sequence[Layer]]:
    last_use: dict[Layer, Layer] = {}
    for layer in runs:
        for used in (layer, *layer.inputs):
            if maker[used] in made:
                last_use[maker[used]] = layer
    found: dict[Layer, list[Layer]] = {layer: [] for layer in runs}
    for maker_of, layer in last_use.items():
        found[layer].append(maker_of)
    return found


def _runs_before_it_keeps(layer: Layer, keys: Sequence[TensorKey]) -> bool:
    """Whether the last layer has its output when its last tensor is kept."""
    if any(key[1] in _AFTER for key in keys):
        return True
    return any(key[0] is layer and key[1] == "output" for key in keys)
