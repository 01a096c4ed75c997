"""The derivation of memory, by the model of the books."""

from __future__ import annotations

from sympy import Integer, Symbol

from ..algebra.stated_formulas import Letter, product
from ..costs import memory
from ..costs.totals import Totals
from ..graph.layer import Layer
from .derivation import Result, Step, Term
from .derivation_context import DerivationContext

_ABOVE = "derived above"


def memory_of_network(view: DerivationContext, quantity: str) -> list[Step]:
    """What memory takes beside the sums over layers, and memory."""
    totals, steps = view.formulas.totals, []
    if quantity == "memory_training":
        image = view.formulas.layers[0].feature_map_poly
        M = view.letter("M", totals.feature_maps, "values of all feature maps", _ABOVE)
        M_0 = view.letter("M_0", image, "values of the image", "the input")
        words = "an error signal for every value but for those of the image"
        steps.append(view.step(("D",), [Term("", M - M_0, words)], totals.error_signals, ""))
    return [*steps, _memory(view, quantity, totals)]


def memory_of_layer(view: DerivationContext, quantity: str, layer: Layer) -> tuple[Step, Result]:
    """A layer's part of the memory."""
    totals = view.shares[layer]
    return _memory(view, quantity, totals), view.result(quantity, totals)


def _memory(view: DerivationContext, quantity: str, totals: Totals) -> Step:
    """The books' model of memory, in bytes."""
    policy, slots = memory.POLICIES[view.dtype], memory.SLOTS[view.optimizer]
    batch = view.known.get(Symbol("B"), Symbol("B"))
    B = Letter("B", batch, "batch")
    b = Letter("b", Integer(policy.compute), "bytes of a value that flows", view.dtype)
    v = Letter("v", Integer(policy.variable), "bytes of a variable", view.dtype)
    M = view.letter("M", totals.feature_maps, "values of the feature maps", _ABOVE)
    P = view.letter("P", totals.params, "parameters", _ABOVE)
    if quantity == "memory_inference":
        terms = [
            Term("feature maps", product(b, B, M), "of every image"),
            Term("parameters", product(v, P), "once"),
        ]
        return view.step((quantity,), terms, view.poly(quantity, totals), "")
    D = view.letter(
        "D",
        totals.error_signals,
        "values of the error signals",
        "one for each output, none for the image",
    )
    T = view.letter("T", totals.trainable, "trainable parameters", _ABOVE)
    n = Letter("n", Integer(slots.each), "slots of a parameter", view.optimizer)
    terms = [
        Term("feature maps", product(b, B, M), "of every image"),
        Term("error signals", product(b, B, D), "of every image"),
        Term("parameters", product(v, P), "once"),
        Term("gradients", product(v, T), "one for every trainable parameter"),
    ]
    if slots.spares_matrices:
        words = "weights of fc, but for the last layers"
        X = view.letter("X", totals.matrices, words, "which have a slot less")
        terms.append(Term("slots", product(v, n * T - X), "what the optimizer keeps"))
    elif slots.each:
        terms.append(Term("slots", product(n, v, T), "what the optimizer keeps"))
    if slots.sums:
        words = "rows and columns of all kernels"
        S = view.letter("S", totals.sums, words, "along their last two axes")
        terms.append(Term("sums", product(v, S), "one for every row and column of a kernel"))
    return view.step((quantity,), terms, view.poly(quantity, totals), "")
