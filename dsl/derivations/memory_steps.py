"""The derivation of memory, by the model of the books."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Integer, Symbol

from ..algebra.stated_formulas import Letter, product
from ..costs import memory
from ..costs.totals import Totals
from ..graph.layer import Layer
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
        words = "an error signal for every value except those of the image"
        steps.append(context.step(("D",), [Term("", M - M_0, words)], totals.error_signals, ""))
    return [*steps, _memory(context, quantity, totals)]


def memory_of_layer(
    context: DerivationContext, quantity: str, layer: Layer
) -> tuple[DerivationStep, Result]:
    """A layer's part of the memory."""
    totals = context.shares[layer]
    return _memory(context, quantity, totals), context.result(quantity, totals)


def _memory(context: DerivationContext, quantity: str, totals: Totals) -> DerivationStep:
    """The books' model of memory, in bytes."""
    policy = memory.POLICIES[context.dtype]
    batch = context.known.get(Symbol("B"), Symbol("B"))
    B = Letter("B", batch, "batch")
    b = Letter("b", Integer(policy.compute), "bytes of a value that flows", context.dtype)
    v = Letter("v", Integer(policy.variable), "bytes of a variable", context.dtype)
    M = context.letter("M", totals.feature_maps, "values of the feature maps", _ABOVE)
    P = context.letter("P", totals.params, "parameters", _ABOVE)
    maps = Term("feature maps", product(b, B, M), "of every image")
    if quantity == "memory_inference":
        terms = [maps, Term("parameters", product(v, P), "once")]
    else:
        words = "one for each output, none for the image"
        D = context.letter("D", totals.error_signals, "values of the error signals", words)
        T = context.letter("T", totals.trainable, "trainable parameters", _ABOVE)
        terms = [
            maps,
            Term("error signals", product(b, B, D), "of every image"),
            Term("parameters", product(v, P), "once"),
            Term("gradients", product(v, T), "one for every trainable parameter"),
            *_optimizer_terms(context, totals, v, T),
        ]
    return context.step((quantity,), terms, context.poly(quantity, totals), "")


def _optimizer_terms(
    context: DerivationContext, totals: Totals, v: Letter, T: Letter
) -> Iterator[Term]:
    """What the optimizer keeps, in variables of v bytes, for T trainable parameters."""
    slots = memory.SLOTS[context.optimizer]
    n = Letter("n", Integer(slots.each), "slots of a parameter", context.optimizer)
    if slots.spares_matrices:
        words = "weights of fc, except those of the last layers"
        X = context.letter("X", totals.matrices, words, "which have one slot less")
        yield Term("slots", product(v, n * T - X), "what the optimizer keeps")
    elif slots.each:
        yield Term("slots", product(n, v, T), "what the optimizer keeps")
    if slots.sums:
        words = "rows and columns of all kernels"
        S = context.letter("S", totals.sums, words, "along their last two axes")
        yield Term("sums", product(v, S), "one for every row and column of a kernel")
