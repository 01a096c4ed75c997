"""The derivation of any quantity of a layer or of the whole network.

layer   the rule of its kind, with its letters, substituted, simplified, as a number
total   what every layer contributes, then the sum grouped by powers
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...grammar.errors import NetformError, did_you_mean, quoted
from ..algebra.floor_forms import Extent
from ..algebra.polynomials import ZERO, exact, sum_of_polynomials
from ..algebra.stated_formulas import Formula, Letter
from ..costs.quantities import QUANTITIES, SHORT_NAMES, Way, full_name
from ..costs.totals import recomputed_macs
from ..graph.layer import Layer
from ..kinds.base.rules import AXES
from .derivation import (
    Contribution,
    Contributions,
    Derivation,
    DerivationStep,
    Part,
    Result,
    Sentence,
    Term,
    collected,
    listed,
)
from .derivation_context import DerivationContext
from .layer_steps import layer_step
from .memory_steps import memory_of_layer, memory_of_network
from .receptive_field_growth import paths_of

if TYPE_CHECKING:
    from ..network import Network

EXPLAINED = (*QUANTITIES, "output", "aperture")


def explain(
    network: Network,
    quantity: str,
    layer: str | None = None,
    free: Iterable[str] | None = None,
    w: Any = 1,
    B: Any = 1,
    dtype: str = "float32",
    optimizer: str = "adam",
) -> Derivation:
    """The derivation of a quantity, of the layer so called or of the whole network.

    ``free`` symbols stay letters, as in :meth:`Network.formula`, and ``w`` and ``B`` are those of
    the numbers, and of the formulas where they are not free. ``output`` and ``aperture`` are of
    the last layer unless one is named. Raises NetformError where there is no such thing.
    """
    quantity = full_name(quantity)
    if quantity not in EXPLAINED:
        raise NetformError(
            f"no quantity is called {quoted(quantity)}",
            hint=did_you_mean(quantity, [*EXPLAINED, *SHORT_NAMES]),
        )
    context = DerivationContext.of(network, free, exact(w), exact(B), dtype, optimizer)
    found = None if layer is None else context.formulas.layer(layer)
    if quantity == "output":
        return _output(context, found or context.formulas.layers[-1])
    if quantity == "aperture":
        return _aperture(context, network.layer(layer) if layer else network.layers[-1])
    return _total(context, quantity) if found is None else _layer(context, quantity, found)


def _layer(context: DerivationContext, quantity: str, layer: Layer) -> Derivation:
    """The derivation of a quantity of one layer."""
    if QUANTITIES[quantity].way is Way.MEMORY:
        parts: list[Part] = [layer_step(context, n, layer) for n in ("feature_maps", "params")]
        if quantity == "memory_training" and layer.trainable_poly != layer.params_poly:
            parts.append(layer_step(context, "trainable", layer))
        last, found = memory_of_layer(context, quantity, layer)
        return context.derivation(quantity, "bytes", [*parts, last], [found], layer)
    step = layer_step(context, quantity, layer)
    result = Result(quantity, step.simplified, step.number)
    return context.derivation(quantity, QUANTITIES[quantity].unit, [step], [result], layer)


def _total(context: DerivationContext, quantity: str) -> Derivation:
    """The derivation of a quantity of the whole network."""
    parts: list[Part]
    way = QUANTITIES[quantity].way
    if way is Way.MEMORY:
        totals = context.formulas.totals
        parts = [_total(context, "feature_maps"), _total(context, "params")]
        if quantity == "memory_training" and totals.trainable == totals.params:
            parts.append(Sentence("All parameters are trained."))
        elif quantity == "memory_training":
            parts.append(_total(context, "trainable"))
        parts += memory_of_network(context, quantity)
    elif way is Way.FROM_MACS:
        parts = [_total(context, "macs"), _from_macs(context, quantity)]
    else:
        parts = _sum_parts(context, quantity)
    result = context.result(quantity)
    return context.derivation(quantity, QUANTITIES[quantity].unit, parts, [result])


def _sum_parts(context: DerivationContext, quantity: str) -> list[Part]:
    """What every layer contributes, and the sum grouped by powers."""
    rows = _rows(context, quantity)
    if not rows:
        return [Sentence(f"No layer has any: {QUANTITIES[quantity].nothing}.")]
    result = context.result(quantity)
    total = context.number(context.poly(quantity))
    return [
        Contributions(quantity, rows),
        collected(quantity, rows, result.formula, total),
    ]


def _rows(context: DerivationContext, quantity: str) -> tuple[Contribution, ...]:
    """The layers that contribute, equal ones together."""
    groups: dict[object, list[Layer]] = {}
    for layer in context.formulas.layers:
        if poly := context.poly(quantity, context.shares[layer]):
            unneeded = context.unneeded.get(layer, ZERO)
            entering = tuple(before.output for before in layer.inputs)
            loops = tuple((loop.count, loop.start, loop.growth) for loop in layer.loops)
            key = (layer.kind, entering, layer.output, unneeded, loops, layer.remat is None, poly)
            groups.setdefault(key, []).append(layer)
    return tuple(
        Contribution(
            tuple(layer.name for layer in layers),
            layers[0].op,
            layer_step(context, quantity, layers[0]),
        )
        for layers in groups.values()
    )


def _from_macs(context: DerivationContext, quantity: str) -> DerivationStep:
    """FLOPs, or the work of a training step, from the multiply-adds."""
    macs = context.formulas.totals.macs
    M = Letter("M", context.expression(macs), "multiply-adds forward", "the sum above")
    poly = context.poly(quantity)
    if quantity == "flops":
        words = "a multiplication and an addition for each multiply-add"
        return context.step((quantity,), [Term("", 2 * M, words)], poly, "")
    formula: Formula = 3 * M
    words = "forward, and twice as many backward"
    first = list(context.unneeded)
    if first:
        unneeded = sum_of_polynomials(context.unneeded.values())
        names = listed(_shortened([layer.name for layer in first]))
        what = "multiply-adds of what is trained first"
        formula = formula - Letter("M_1", context.expression(unneeded), what, f"from {names}")
        words = (
            "forward, then a product for the gradients of the weights and one for those of the "
            "inputs; before what is trained first, no gradient is needed"
        )
    again = recomputed_macs(context.formulas.layers)
    if again:
        what = "multiply-adds of what is computed again"
        formula = formula + Letter("M_2", context.expression(again), what, "the layers with remat")
        words += "; what is computed again runs forward once more"
    return context.step((quantity,), [Term("", formula, words)], poly, "")


def _output(context: DerivationContext, layer: Layer) -> Derivation:
    """The output size of a layer, axis by axis."""
    rules = layer.kind.rules(context.rule_context(layer))
    steps: list[DerivationStep] = []
    results: list[Result] = []
    axes = AXES[len(layer.output.extents)]
    for axis, found, extent in zip(axes, rules.output, layer.output.extents, strict=True):
        poly = (
            extent.poly if isinstance(extent, Extent) else context.formulas.algebra.constant(extent)
        )
        step = context.step((f"{axis}_out",), [Term("", found.formula, found.words)], poly, "")
        results.append(Result(f"{axis}_out", step.simplified, step.number))
        same = next((s for s in steps if _is_same(s, step)), None)
        if same is None:
            steps.append(step)
        else:
            both = replace(same, names=(*same.names, *step.names))
            steps[steps.index(same)] = both
    channels = Term("", rules.channels.formula, rules.channels.words)
    step = context.step(("C_out",), [channels], layer.output.channels, "")
    results.append(Result("C_out", step.simplified, step.number))
    return context.derivation("output", "pixels, and channels", [*steps, step], results, layer)


def _aperture(context: DerivationContext, layer: Layer) -> Derivation:
    """What one pixel of a layer sees of the image, along every axis."""
    context.network.check_closed()
    parts, results = paths_of(layer)
    return context.derivation("aperture", "pixels of the image", parts, results, layer)


def _is_same(one: DerivationStep, other: DerivationStep) -> bool:
    """Whether two axes have the same values, and so need one step."""
    return one.substituted == other.substituted


def _shortened(names: Sequence[str]) -> list[str]:
    """At most four names, and how many more there are."""
    return [*names[:4], f"{len(names) - 4} more"] if len(names) > 5 else list(names)
