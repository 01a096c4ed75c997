"""What one layer adds to a quantity, as the rules that its derivation shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:  # quantities are listed without SymPy
    from ..graph.layer import Layer
    from ..kinds.base.rules import Rule, RuleContext, Rules
    from .totals import Totals


@dataclass(frozen=True, slots=True)
class LayerRules:
    """A layer, its place with the letters there, and the rules of its kind.

    ``is_first`` is true for layers that compute no gradient of their input, since no layer before
    them is trained. ``share`` is what the layer contributes to the totals, ``dtype`` and
    ``optimizer`` are the model of memory.
    """

    layer: Layer
    place: RuleContext
    kind: Rules
    is_first: bool
    share: Totals
    dtype: str
    optimizer: str


Parts: TypeAlias = "Mapping[str, Rule]"  # by their names; a layer adds their sum
Adds: TypeAlias = Callable[[LayerRules], Parts]


def parameters(*names: str) -> Adds:
    """The parameters of some sorts, which are fields of the kind's rules."""

    def parts(of: LayerRules) -> Parts:
        found = {name.replace("_", "-"): getattr(of.kind, name) for name in names}
        return {name: stated for name, stated in found.items() if stated is not None}

    return parts


def multiply_adds(of: LayerRules) -> Parts:
    """The multiply-adds of the forward pass."""
    return {"": of.kind.macs} if of.kind.macs else {}


def operations(of: LayerRules) -> Parts:
    """Two operations for each multiply-add."""
    if of.kind.macs is None:
        return {}
    return _times(2, of.kind.macs, f"{of.kind.macs.words}, to multiply and to add")


def training_multiply_adds(of: LayerRules) -> Parts:
    """The multiply-adds of the forward and the backward pass."""
    if of.kind.macs is None:
        return {}
    times, words = 3, "forward, for the gradients of the weights, and for those of the inputs"
    if of.is_first:
        times, words = (
            2,
            "forward and for the gradients of the weights; what is trained first needs no others",
        )
    if of.layer.remat is not None:
        times, words = times + 1, f"{words}; forward once more for the backward pass"
    return _times(times, of.kind.macs, words)


def _times(times: int, macs: Rule, words: str) -> Parts:
    from ..algebra.stated_formulas import product
    from ..kinds.base.rules import rule

    return {"": rule(product(times, macs.formula), words)}


def feature_map(of: LayerRules) -> Parts:
    """The values of the output, unless the layer works in place."""
    if not of.layer.kind.keeps_map:
        return {}
    from ..algebra.stated_formulas import product
    from ..kinds.base.rules import rule

    values = product(*of.place.out, of.place.channels_out)
    return {"feature map": rule(values, "every outgoing value is kept")}
