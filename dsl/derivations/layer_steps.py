"""The step of one layer: what it adds to a quantity, by the rules of its kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...grammar.budget import Work, arrive_at, spend
from ..algebra.polynomials import Poly
from ..algebra.stated_formulas import product
from ..costs.layer_rules import LayerRules
from ..costs.quantities import QUANTITIES
from ..graph.layer import Layer
from .derivation import DerivationStep, Term
from .derivation_context import DerivationContext

STEPS = 500  # of the budget, for what SymPy does
OF_ALL_ROUNDS = ("traffic_inference", "traffic_training")  # whose rules are not those of one round


def layer_step(context: DerivationContext, quantity: str, layer: Layer) -> DerivationStep:
    """What a layer adds to a quantity, worked out; if it is in loops, over all rounds."""
    arrive_at(layer.source, layer.span)
    spend(STEPS, Work.DERIVATION)
    terms: Sequence[Term] = _terms(context, quantity, layer)
    poly = context.poly(quantity, context.shares[layer])
    if layer.loops and terms:
        terms = _over_rounds(context, quantity, layer, terms, poly)
    return context.step((quantity,), terms, poly, QUANTITIES[quantity].nothing)


def _terms(context: DerivationContext, quantity: str, layer: Layer) -> list[Term]:
    adds = QUANTITIES[quantity].adds
    assert adds is not None, f"{quantity} needs rules of what a layer adds"
    place, is_first = context.rule_context(layer), bool(context.unneeded.get(layer))
    share, rules = context.shares[layer], layer.kind.rules(place)
    model = (context.dtype, context.optimizer)
    parts = adds(LayerRules(layer, place, rules, is_first, share, *model))
    return [Term(name, part.formula, part.words) for name, part in parts.items()]


def _over_rounds(
    context: DerivationContext, quantity: str, layer: Layer, terms: Sequence[Term], poly: Poly
) -> list[Term]:
    """The rule of all rounds: so many times that of one, or the sum where rounds differ."""
    spared = quantity == "train_macs" and layer in context.unneeded
    if spared or quantity in OF_ALL_ROUNDS or _varies(layer):
        starts = " and ".join(
            f"{context.expression(loop.start)} + {context.expression(loop.growth)}*j input channels "
            f"in round j = 0, 1, ..., {context.expression(loop.count - 1)}"
            for loop in layer.loops
        )
        words = f"of its rounds together: {starts}"
        if spared:
            words += "; the first needs no gradient of its input"
        return [Term("", context.letter("S", poly, f"{quantity} of all rounds", words), "a sum")]
    rounds = [
        context.letter("N" + "'" * depth, loop.count, "rounds", "of the part that repeats")
        for depth, loop in enumerate(layer.loops)
    ]
    return [replace(term, formula=product(*rounds, term.formula)) for term in terms]


def _varies(layer: Layer) -> bool:
    """Whether the input channels of a layer differ between rounds."""
    maps = (*(before.output for before in layer.inputs), layer.output)
    growing = [loop.entering for loop in layer.loops if loop.growth]
    return any(entering.channels.degree(letter) > 0 for entering in maps for letter in growing)
