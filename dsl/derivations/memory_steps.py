"""The derivation of memory, by the model of the books."""

from __future__ import annotations

from sympy import Integer, Symbol

from ..algebra.polynomials import ZERO
from ..algebra.stated_formulas import Letter, product
from ..costs import memory
from ..costs.totals import Totals
from ..graph.layer import Layer
from ..kinds.input import Input
from .derivation import DerivationStep, Result, Term
from .derivation_context import DerivationContext

_ABOVE = "derived above"


def memory_of_network(context: DerivationContext, quantity: str) -> list[DerivationStep]:
    """What memory takes beside the sums over layers, and memory."""
    totals, steps = context.formulas.totals, []
    if quantity == "memory_training":
        image = context.formulas.layers[0].feature_map_poly
        M = context.letter("M", totals.feature_maps, "values of all feature maps", _ABOVE)
        M_0 = context.letter("M_0", image, "values of the image", "the input")
        words = "an error signal for every value but for those of the image"
        steps.append(context.step(("D",), [Term("", M - M_0, words)], totals.error_signals, ""))
    return [*steps, _memory(context, quantity, totals)]


def memory_of_layer(
    context: DerivationContext, quantity: str, layer: Layer
) -> tuple[DerivationStep, Result]:
    """A layer's part of the memory."""
    kept = layer.feature_map_poly
    totals = Totals(
        weights=layer.cost.weights,
        biases=layer.cost.biases,
        non_trainable=layer.cost.non_trainable,
        macs=layer.cost.macs,
        train_macs=ZERO,
        feature_maps=kept,
        error_signals=ZERO if isinstance(layer.kind, Input) else kept,
        batch=context.formulas.algebra.batch,
        layers=(layer,),
    )
    return _memory(context, quantity, totals), context.result(quantity, totals)


def _memory(context: DerivationContext, quantity: str, totals: Totals) -> DerivationStep:
    """The books' model of memory, in bytes."""
    policy, slots = memory.POLICIES[context.dtype], memory.SLOTS[context.optimizer]
    batch = context.known.get(Symbol("B"), Symbol("B"))
    B = Letter("B", batch, "batch")
    b = Letter("b", Integer(policy.compute), "bytes of a value that flows", context.dtype)
    v = Letter("v", Integer(policy.variable), "bytes of a variable", context.dtype)
    M = context.letter("M", totals.feature_maps, "values of the feature maps", _ABOVE)
    P = context.letter("P", totals.params, "parameters", _ABOVE)
    if quantity == "memory_inference":
        terms = [
            Term("feature maps", product(b, B, M), "of every image"),
            Term("parameters", product(v, P), "once"),
        ]
        return context.step((quantity,), terms, context.poly(quantity, totals), "")
    D = context.letter(
        "D",
        totals.error_signals,
        "values of the error signals",
        "one for each output, none for the image",
    )
    T = context.letter("T", totals.trainable, "trainable parameters", _ABOVE)
    n = Letter("n", Integer(slots.each), "slots of a parameter", context.optimizer)
    terms = [
        Term("feature maps", product(b, B, M), "of every image"),
        Term("error signals", product(b, B, D), "of every image"),
        Term("parameters", product(v, P), "once"),
        Term("gradients", product(v, T), "one for every trainable parameter"),
    ]
    if slots.spares_matrices:
        words = "weights of fc, but for the last layers"
        X = context.letter("X", totals.matrices, words, "which have a slot less")
        terms.append(Term("slots", product(v, n * T - X), "what the optimizer keeps"))
    elif slots.each:
        terms.append(Term("slots", product(n, v, T), "what the optimizer keeps"))
    if slots.sums:
        words = "rows and columns of all kernels"
        S = context.letter("S", totals.sums, words, "along their last two axes")
        terms.append(Term("sums", product(v, S), "one for every row and column of a kernel"))
    return context.step((quantity,), terms, context.poly(quantity, totals), "")
