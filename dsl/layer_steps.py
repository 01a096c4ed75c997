"""The step of one layer: the rule of its kind for a count, worked out."""

from __future__ import annotations

from .derivation import Step, Term
from .layer import Layer
from .polynomials import Poly
from .rules import Place, Rule, Rules
from .textbook import Formula, product
from .view import View

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


def layer_step(view: View, quantity: str, layer: Layer) -> Step:
    """The rule of a layer for a quantity that is a count, worked out."""
    is_first = layer in view.first
    place = view.place(layer)
    terms = _terms(quantity, layer, layer.kind.rules(place), place, is_first)
    poly = poly_of(quantity, layer, is_first)
    return view.step((quantity,), terms, poly, NOTHING[quantity])


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


def poly_of(quantity: str, layer: Layer, is_first: bool) -> Poly:
    """What a layer adds to a total that is a sum over layers."""
    match quantity:
        case "params":
            return layer.params_poly
        case "trainable":
            return layer.trainable_poly
        case "flops":
            return layer.cost.macs * 2
        case "train_macs":
            return layer.cost.macs * (2 if is_first else 3)
        case "feature_maps":
            return layer.feature_map_poly
        case _:
            poly: Poly = getattr(layer.cost, quantity)
            return poly
