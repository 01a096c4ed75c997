"""The step of one layer: the rule of its kind for a count, worked out."""

from __future__ import annotations

from dataclasses import replace

from ..algebra.polynomials import Poly
from ..algebra.stated_formulas import Formula, product
from ..graph.layer import Layer
from ..kinds.base.rules import Place, Rule, Rules
from .derivation import DerivationStep, Term
from .derivation_context import DerivationContext

NOTHING = {
    "params": "no parameters",
    "trainable": "nothing to train",
    "non_trainable": "no statistics to keep",
    "weights": "no weights",
    "biases": "no biases",
    "macs": "nothing is multiplied and added",
    "flops": "nothing is multiplied and added",
    "train_macs": "nothing is multiplied and added",
    "feature_maps": "it works in place",
}


def layer_step(context: DerivationContext, quantity: str, layer: Layer) -> DerivationStep:
    """The rule of a layer for a quantity that is a count, worked out; of one in loops, summed."""
    place = context.place(layer)
    is_first = bool(context.unneeded.get(layer))
    terms = _terms(quantity, layer, layer.kind.rules(place), place, is_first)
    poly = context.poly(quantity, context.shares[layer])
    if layer.loops and terms:
        terms = _over_rounds(context, quantity, layer, terms, poly)
    return context.step((quantity,), terms, poly, NOTHING[quantity])


def _over_rounds(
    context: DerivationContext, quantity: str, layer: Layer, terms: list[Term], poly: Poly
) -> list[Term]:
    """The rule of all rounds: so many times that of one, or the sum where rounds differ."""
    spared = quantity == "train_macs" and layer in context.unneeded
    if spared or _varies(layer):
        starts = " and ".join(
            f"{context.expression(loop.start)} + {context.expression(loop.growth)}*j channels enter "
            f"round j = 0, 1, ..., {context.expression(loop.count - 1)}"
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
    """Whether a layer meets other channels in other rounds."""
    maps = (*(before.output for before in layer.inputs), layer.output)
    growing = [loop.entering for loop in layer.loops if loop.growth]
    return any(entering.channels.degree(letter) > 0 for entering in maps for letter in growing)


def _terms(quantity: str, layer: Layer, rules: Rules, place: Place, is_first: bool) -> list[Term]:
    """The rule of one layer for a quantity that is a count."""
    parts: dict[str, Rule | None] = {
        "weights": rules.weights,
        "biases": rules.biases,
        "non_trainable": rules.non_trainable,
    }
    names = {
        "params": ("weights", "biases", "non_trainable"),
        "trainable": ("weights", "biases"),
    }.get(quantity, (quantity,))
    if quantity == "feature_maps":
        if not layer.kind.keeps_map:
            return []
        kept = product(*place.out, place.channels_out)
        return [Term("feature map", kept, "every outgoing value is kept")]
    if quantity in ("macs", "flops", "train_macs"):
        return _work(quantity, rules.macs, is_first)
    return [
        Term(name.replace("_", "-"), found.formula, found.words)
        for name in names
        if (found := parts[name]) is not None
    ]


def _work(quantity: str, macs: Rule | None, is_first: bool) -> list[Term]:
    if macs is None:
        return []
    times, words = {
        "macs": (1, macs.words),
        "flops": (2, f"{macs.words}, to multiply and to add"),
        "train_macs": (
            (
                2,
                "forward and for the gradients of the weights; what is trained first needs no others",
            )
            if is_first
            else (3, "forward, for the gradients of the weights, and for those of the inputs")
        ),
    }[quantity]
    stated: Formula = macs.formula if times == 1 else product(times, macs.formula)
    return [Term("", stated, words)]
