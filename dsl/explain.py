"""The derivation of any quantity of a layer or of the whole network.

layer   the rule of its kind, with its letters, substituted, simplified, as a number
total   what every layer contributes, then the sum grouped by powers
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sympy import Expr, Integer, Symbol

from ..grammar import tree
from ..grammar.errors import NetformError, did_you_mean
from . import memory
from .build import Built, extent_symbols
from .derivation import (
    Contribution,
    Contributions,
    Derivation,
    Part,
    Result,
    Sentence,
    Step,
    Term,
    collected,
    listed,
)
from .expressions import Evaluation
from .kinds.input import Input
from .layer import Layer
from .normal_form import Extent
from .path import paths_of
from .polynomials import ZERO, Poly, exact, rational, value_at
from .quantities import QUANTITIES
from .rules import AXES, Entering, Place, Rule, Rules
from .scope import NOWHERE, Frame, Scope
from .textbook import Formula, Letter, product
from .totals import Totals, first_trained
from .unroll import lets_of

if TYPE_CHECKING:
    from .network import Network

EXPLAINED = (*QUANTITIES, "output", "aperture")

_NOTHING = {
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
    if quantity not in EXPLAINED:
        raise NetformError(
            f"no quantity is called {quantity}", hint=did_you_mean(quantity, EXPLAINED)
        )
    view = _View.of(network, free, exact(w), exact(B), dtype, optimizer)
    found = None if layer is None else network.layer(layer, view.built)
    if quantity == "output":
        return view.output(found or view.built.layers[-1])
    if quantity == "aperture":
        return view.aperture(network.layer(layer) if layer else network.layers[-1])
    return view.total(quantity) if found is None else view.layer(quantity, found)


@dataclass(frozen=True)
class _View:
    """A network with some symbols free: ``known`` are the others, ``numbers`` those of the free.

    ``numbers`` is None where a free symbol has no number.
    """

    network: Network
    built: Built
    free: tuple[str, ...]
    known: dict[Expr, Expr]
    numbers: dict[str, Fraction] | None
    dtype: str
    optimizer: str

    @classmethod
    def of(
        cls,
        network: Network,
        free: Iterable[str] | None,
        w: Fraction,
        B: Fraction,
        dtype: str,
        optimizer: str,
    ) -> _View:
        chosen, built = network.freed(free)
        both = {"w": w, "B": B}
        known = {Symbol(n): rational(v) for n, v in both.items() if n not in chosen}
        numbers = None
        if network.open:
            network.check_width(w)
        else:
            network.at(w, B)
            numbers = {**both, **_numbers_of(network, built, w)}
        return cls(network, built, chosen, known, numbers, dtype, optimizer)

    def expression(self, poly: Poly) -> Expr:
        """A count as an expression in the free symbols."""
        found = self.built.algebra.expression(poly)
        return found.subs(self.known) if self.known else found

    def number(self, poly: Poly) -> Fraction | None:
        """A count at the numbers of the symbols."""
        return None if self._point is None else value_at(poly, self._point)

    @cached_property
    def _point(self) -> tuple[Fraction, ...] | None:
        return None if self.numbers is None else self.built.algebra.point(self.numbers)

    @cached_property
    def _origins(self) -> dict[Layer, tuple[str, str]]:
        """For every layer, those that made the extents and the channels which leave it."""
        origins: dict[Layer, tuple[str, str]] = {}
        for layer in self.built.layers:
            extents = channels = layer.name if layer.inputs else "the image"
            if len(layer.inputs) == 1:
                before, map = origins[layer.inputs[0]], layer.input
                if layer.output.extents == map.extents:
                    extents = before[0]
                if layer.output.channels == map.channels and not layer.kind.weighted:
                    channels = before[1]
            origins[layer] = extents, channels
        return origins

    def place(self, layer: Layer) -> Place:
        """Where a layer stands, with its letters."""
        entering = tuple(Entering(before.output, *self._origins[before]) for before in layer.inputs)
        return Place(
            entering,
            layer.output,
            layer.text,
            self.built.algebra,
            self.known,
            frozenset(self.free),
        )

    def derivation(
        self,
        quantity: str,
        unit: str,
        parts: Sequence[Part],
        results: Sequence[Result],
        layer: Layer | None = None,
    ) -> Derivation:
        symbols = {s.name for r in results if r.formula is not None for s in r.formula.free_symbols}
        telling = [name for name in self.free if name != "B" or "B" in symbols]
        at = ((n, self.numbers[n]) for n in self.free if self.numbers and n in symbols)
        return Derivation(
            self.network.name,
            quantity,
            unit,
            QUANTITIES[quantity].meaning if quantity in QUANTITIES else "",
            layer.name if layer else None,
            layer.text if layer else None,
            tuple(parts),
            tuple(results),
            tuple(at),
            tuple(self.network.domain(telling)) if symbols else (),
        )

    def step(self, names: tuple[str, ...], terms: Sequence[Term], poly: Poly, nothing: str) -> Step:
        number = self.number(poly)
        return Step(names, tuple(terms), self.expression(poly), number, "" if terms else nothing)

    def layer_step(self, quantity: str, layer: Layer) -> Step:
        """The rule of a layer for a quantity that is a count, worked out."""
        is_first = layer in self._first
        place = self.place(layer)
        terms = _terms(quantity, layer, layer.kind.rules(place), place, is_first)
        poly = _poly(quantity, layer, is_first)
        return self.step((quantity,), terms, poly, _NOTHING[quantity])

    @cached_property
    def _first(self) -> frozenset[Layer]:
        return frozenset(first_trained(self.built.layers))

    def layer(self, quantity: str, layer: Layer) -> Derivation:
        """The derivation of a quantity of one layer."""
        if quantity in ("memory_inference", "memory_training"):
            return self.layer_memory(quantity, layer)
        step = self.layer_step(quantity, layer)
        result = Result(quantity, step.simplified, step.number)
        return self.derivation(quantity, QUANTITIES[quantity].unit, [step], [result], layer)

    def total(self, quantity: str) -> Derivation:
        """The derivation of a quantity of the whole network."""
        parts: list[Part]
        if quantity in ("memory_inference", "memory_training"):
            parts = self.memory_parts(quantity)
        elif quantity in ("flops", "train_macs"):
            parts = [self.total("macs"), self.from_macs(quantity)]
        else:
            parts = self.sum_parts(quantity)
        result = self.result(quantity)
        return self.derivation(quantity, QUANTITIES[quantity].unit, parts, [result])

    def poly(self, quantity: str, totals: Totals | None = None) -> Poly:
        model = {"dtype": self.dtype, "optimizer": self.optimizer}
        return QUANTITIES[quantity].poly(totals or self.built.totals, **model)

    def result(self, quantity: str, totals: Totals | None = None) -> Result:
        poly = self.poly(quantity, totals)
        return Result(quantity, self.expression(poly), self.number(poly))

    def sum_parts(self, quantity: str) -> list[Part]:
        """What every layer contributes, and the sum grouped by powers."""
        rows = self.rows(quantity)
        if not rows:
            return [Sentence(f"No layer has any: {_NOTHING[quantity]}.")]
        result = self.result(quantity)
        total = self.number(self.poly(quantity))
        return [
            Contributions(quantity, rows),
            collected(quantity, rows, result.formula, total),
        ]

    def rows(self, quantity: str) -> tuple[Contribution, ...]:
        """The layers that contribute, equal ones together."""
        groups: dict[object, list[Layer]] = {}
        for layer in self.built.layers:
            is_first = layer in self._first
            if _poly(quantity, layer, is_first):
                entering = tuple(before.output for before in layer.inputs)
                key = (layer.kind, entering, layer.output, is_first)
                groups.setdefault(key, []).append(layer)
        return tuple(
            Contribution(
                tuple(layer.name for layer in layers),
                layers[0].op,
                self.layer_step(quantity, layers[0]),
            )
            for layers in groups.values()
        )

    def from_macs(self, quantity: str) -> Step:
        """FLOPs, or the work of a training step, from the multiply-adds."""
        macs = self.built.totals.macs
        M = Letter("M", self.expression(macs), "multiply-adds forward", "the sum above")
        poly = self.poly(quantity)
        if quantity == "flops":
            words = "a multiplication and an addition for each multiply-add"
            return self.step((quantity,), [Term("", 2 * M, words)], poly, "")
        first = sorted(self._first, key=self.built.layers.index)
        if not first:
            words = "forward, and twice as many backward"
            return self.step((quantity,), [Term("", 3 * M, words)], poly, "")
        unneeded = sum((layer.cost.macs for layer in first[1:]), first[0].cost.macs)
        names = listed(_shortened([layer.name for layer in first]))
        M_1 = Letter(
            "M_1",
            self.expression(unneeded),
            "multiply-adds of what is trained first",
            f"from {names}",
        )
        words = (
            "forward, then a product for the gradients of the weights and one for those of the "
            "inputs; before what is trained first, no gradient is needed"
        )
        return self.step((quantity,), [Term("", 3 * M - M_1, words)], poly, "")

    def memory_parts(self, quantity: str) -> list[Part]:
        """The sums that memory needs, then memory."""
        totals = self.built.totals
        parts: list[Part] = [self.total("feature_maps"), self.total("params")]
        if quantity == "memory_training":
            if totals.trainable == totals.params:
                parts.append(Sentence("All parameters are trained."))
            else:
                parts.append(self.total("trainable"))
            image = self.built.layers[0].feature_map_poly
            M = self.letter("M", totals.feature_maps, "values of all feature maps", "derived above")
            M_0 = self.letter("M_0", image, "values of the image", "the input")
            words = "an error signal for every value but for those of the image"
            term = Term("", M - M_0, words)
            parts.append(self.step(("D",), [term], totals.error_signals, ""))
        return [*parts, self.memory_step(quantity, totals, "derived above")]

    def layer_memory(self, quantity: str, layer: Layer) -> Derivation:
        """A layer's part of the memory."""
        kept = layer.feature_map_poly
        signals = ZERO if isinstance(layer.kind, Input) else kept
        totals = Totals(
            weights=layer.cost.weights,
            biases=layer.cost.biases,
            non_trainable=layer.cost.non_trainable,
            macs=layer.cost.macs,
            train_macs=ZERO,
            feature_maps=kept,
            error_signals=signals,
            batch=self.built.algebra.batch,
        )
        parts: list[Part] = [
            self.layer_step("feature_maps", layer),
            self.layer_step("params", layer),
        ]
        if quantity == "memory_training" and layer.trainable_poly != layer.params_poly:
            parts.append(self.layer_step("trainable", layer))
        parts.append(self.memory_step(quantity, totals, "derived above"))
        result = self.result(quantity, totals)
        return self.derivation(quantity, "bytes", parts, [result], layer)

    def memory_step(self, quantity: str, totals: Totals, origin: str) -> Step:
        """The books' model of memory, in bytes."""
        policy, slots = memory.POLICIES[self.dtype], memory.SLOTS[self.optimizer]
        batch = self.known.get(Symbol("B"), Symbol("B"))
        B = Letter("B", batch, "batch")
        b = Letter("b", Integer(policy.compute), "bytes of a value that flows", self.dtype)
        v = Letter("v", Integer(policy.variable), "bytes of a variable", self.dtype)
        M = self.letter("M", totals.feature_maps, "values of the feature maps", origin)
        P = self.letter("P", totals.params, "parameters", origin)
        if quantity == "memory_inference":
            terms = [
                Term("feature maps", product(b, B, M), "of every image"),
                Term("parameters", product(v, P), "once"),
            ]
            return self.step((quantity,), terms, self.poly(quantity, totals), "")
        D = self.letter(
            "D",
            totals.error_signals,
            "values of the error signals",
            "one for each output, none for the image",
        )
        T = self.letter("T", totals.trainable, "trainable parameters", origin)
        n = Letter("n", Integer(slots), "slots of a parameter", self.optimizer)
        terms = [
            Term("feature maps", product(b, B, M), "of every image"),
            Term("error signals", product(b, B, D), "of every image"),
            Term("parameters", product(v, P), "once"),
            Term("gradients", product(v, T), "one for every trainable parameter"),
        ]
        if slots:
            terms.append(Term("slots", product(n, v, T), "what the optimizer keeps"))
        return self.step((quantity,), terms, self.poly(quantity, totals), "")

    def letter(self, symbol: str, poly: Poly, meaning: str, origin: str) -> Letter:
        while symbol in self.free:
            symbol += "_all"
        return Letter(symbol, self.expression(poly), meaning, origin)

    def output(self, layer: Layer) -> Derivation:
        """The size that leaves a layer, axis by axis."""
        rules = layer.kind.rules(self.place(layer))
        steps: list[Step] = []
        results: list[Result] = []
        axes = AXES[len(layer.output.extents)]
        for axis, found, extent in zip(axes, rules.output, layer.output.extents, strict=True):
            poly = (
                extent.poly if isinstance(extent, Extent) else self.built.algebra.constant(extent)
            )
            step = self.step((f"{axis}_out",), [Term("", found.formula, found.words)], poly, "")
            results.append(Result(f"{axis}_out", step.simplified, step.number))
            alike = next((s for s in steps if _alike(s, step)), None)
            if alike is None:
                steps.append(step)
            else:
                both = replace(alike, names=(*alike.names, *step.names))
                steps[steps.index(alike)] = both
        channels = Term("", rules.channels.formula, rules.channels.words)
        step = self.step(("C_out",), [channels], layer.output.channels, "")
        results.append(Result("C_out", step.simplified, step.number))
        return self.derivation("output", "pixels, and channels", [*steps, step], results, layer)

    def aperture(self, layer: Layer) -> Derivation:
        """What one pixel of a layer sees of the image, along every axis."""
        self.network.check_closed()
        parts, results = paths_of(layer)
        return self.derivation("aperture", "pixels of the image", parts, results, layer)


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


def _poly(quantity: str, layer: Layer, is_first: bool) -> Poly:
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


def _alike(one: Step, other: Step) -> bool:
    """Whether two axes have the same values, and so need one step."""
    return one.substituted == other.substituted


def _shortened(names: Sequence[str]) -> list[str]:
    """At most four names, and how many more there are."""
    return [*names[:4], f"{len(names) - 4} more"] if len(names) > 5 else list(names)


def _numbers_of(network: Network, built: Built, w: Fraction) -> dict[str, Fraction]:
    """The numbers of the symbols that are free, as the network has them where none is."""
    numbers: dict[str, Fraction] = {}
    closed, image = network.layers[0], network.program
    for symbols, extent in zip(extent_symbols(image), closed.output.sizes, strict=True):
        numbers.update(dict.fromkeys(symbols, Fraction(extent)))
    algebra = closed.algebra
    evaluation = Evaluation(algebra, algebra.width, lets_of(image), network.values)
    nowhere = Scope(Frame("", image.source), NOWHERE)
    for name in built.algebra.names[2:]:
        if name not in numbers:
            value = evaluation.value(tree.Name(name), nowhere).number
            point = algebra.point({"w": w})
            numbers[name] = value if isinstance(value, Fraction) else value_at(value, point)
    return numbers
