"""What a layer adds to the bytes that move, as the rules that its derivation shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .layer_rules import LayerRules, Parts
from .memory import policy_of, slots_of

if TYPE_CHECKING:  # quantities are listed without SymPy
    from ..algebra.polynomials import Poly
    from ..algebra.stated_formulas import Letter
    from ..kinds.base.rules import Rule


def inference_traffic(of: LayerRules) -> Parts:
    """The maps of a batch, and all parameters."""
    from .traffic import moved_by

    moved = moved_by(of.layer).inference
    if not moved:
        return {}
    letters = _Letters(of)
    maps, params = _split(of, moved)
    parts: dict[str, Rule] = {}
    if maps:
        parts["maps"] = letters.flowing("M", maps, "values of maps, read or written")
    return parts | letters.parameters("parameters", "P", params, "parameters that are read")


def training_traffic(of: LayerRules) -> Parts:
    """The three passes, and the optimizer."""
    from .traffic import passes_of

    passes = passes_of(of.layer, of.share.backward)
    letters = _Letters(of)
    parts: dict[str, Rule] = {}
    heads = (("forward", "F"), ("by weights", "G"), ("by inputs", "D"))
    for (name, symbol), moved in zip(heads, passes, strict=True):
        maps, params = _split(of, moved)
        words = f"values of maps that move {name}"
        if maps:
            parts[name] = letters.flowing(symbol, maps, words)
        words = f"parameters or their gradients that move {name}"
        parts |= letters.parameters(f"{name}, weights", f"{symbol}_w", params, words)
    return parts | letters.optimizer()


def _split(of: LayerRules, moved: Poly) -> tuple[Poly, Poly]:
    """The part that every image of a batch has, for one image, and the part that all share."""
    if not moved:
        return moved, moved
    algebra = of.place.algebra
    shared = moved.compose([(algebra.batch, 0)])
    return (moved - shared).compose([(algebra.batch, 1)]), shared


class _Letters:
    """The letters of a layer's traffic, and the rules that they make."""

    def __init__(self, of: LayerRules) -> None:
        self.of = of
        policy = policy_of(of.dtype)
        self.flow = self._number("b", policy.compute, "bytes of a value that flows", of.dtype)
        self.stay = self._number("v", policy.variable, "bytes of a variable", of.dtype)

    def flowing(self, symbol: str, maps: Poly, words: str) -> Rule:
        """Maps of a batch, in bytes."""
        from ..algebra.stated_formulas import Letter, product
        from ..kinds.base.rules import rule

        place = self.of.place
        batch = Letter("B", place.expression(place.algebra.batch), "batch")
        letter = place.letter(symbol, maps, words, "the layer's inputs and output")
        return rule(product(self.flow, batch, letter), "of every image")

    def parameters(self, name: str, symbol: str, count: Poly, words: str) -> dict[str, Rule]:
        """Parameters that a pass moves, in bytes; nothing where there are none."""
        from ..algebra.stated_formulas import product
        from ..kinds.base.rules import rule

        if not count:
            return {}
        letter = self.of.place.letter(symbol, count, words, "the layer's parameters")
        return {name: rule(product(self.flow, letter), "once for the batch")}

    def optimizer(self) -> dict[str, Rule]:
        """The gradients are read, parameters, statistics and slots read and written."""
        from ..algebra.stated_formulas import product
        from ..kinds.base.rules import rule

        of, share = self.of, self.of.share
        if not share.params:
            return {}
        kept = share.params + slots_of(of.optimizer).values(share)
        words = f"parameters and the slots of {of.optimizer}"
        letter = of.place.letter("Q", kept, words, "the layer's parameters")
        parts = self.parameters("gradients", "T", share.trainable, "gradients that are read")
        return parts | {"optimizer": rule(product(2, self.stay, letter), "read and written")}

    def _number(self, symbol: str, number: int, meaning: str, origin: str) -> Letter:
        return self.of.place.letter(symbol, number, meaning, origin)
