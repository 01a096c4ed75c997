"""The step of one layer: what it adds to a quantity, by the rules of its kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..algebra.polynomials import ZERO, Poly
from ..algebra.stated_formulas import product
from ..costs.layer_rules import LayerRules
from ..costs.quantities import QUANTITIES
from ..graph.layer import Layer
from .derivation import Step, Term
from .derivation_context import DerivationContext


def layer_step(view: DerivationContext, quantity: str, layer: Layer) -> Step:
    """What a layer adds to a quantity, worked out; if it is in loops, over all rounds."""
    terms: Sequence[Term] = _terms(view, quantity, layer)
    poly = view.poly(quantity, view.shares[layer])
    if layer.loops and terms:
        terms = _over_rounds(view, quantity, layer, terms, poly)
    return view.step((quantity,), terms, poly, QUANTITIES[quantity].nothing)


def _terms(view: DerivationContext, quantity: str, layer: Layer) -> list[Term]:
    adds = QUANTITIES[quantity].adds
    assert adds is not None, f"{quantity} needs rules of what a layer adds"
    place, is_first = view.place(layer), bool(view.unneeded.get(layer, ZERO))
    parts = adds(LayerRules(layer, place, layer.kind.rules(place), is_first))
    return [Term(name, part.formula, part.words) for name, part in parts.items()]


def _over_rounds(
    view: DerivationContext, quantity: str, layer: Layer, terms: Sequence[Term], poly: Poly
) -> list[Term]:
    """The rule of all rounds: so many times that of one, or the sum where rounds differ."""
    spared = quantity == "train_macs" and layer in view.unneeded
    if spared or _varies(layer):
        starts = " and ".join(
            f"{view.expression(loop.start)} + {view.expression(loop.growth)}*j channels enter "
            f"round j = 0, 1, ..., {view.expression(loop.count - 1)}"
            for loop in layer.loops
        )
        words = f"of its rounds together: {starts}"
        if spared:
            words += "; the first needs no gradient of its input"
        return [Term("", view.letter("S", poly, f"{quantity} of all rounds", words), "a sum")]
    rounds = [
        view.letter("N" + "'" * depth, loop.count, "rounds", "of the part that repeats")
        for depth, loop in enumerate(layer.loops)
    ]
    return [replace(term, formula=product(*rounds, term.formula)) for term in terms]


def _varies(layer: Layer) -> bool:
    """Whether a layer meets other channels in other rounds."""
    maps = (*(before.output for before in layer.inputs), layer.output)
    growing = [loop.entering for loop in layer.loops if loop.growth]
    return any(entering.channels.degree(letter) > 0 for entering in maps for letter in growing)
