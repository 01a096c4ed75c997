"""A network seen with some symbols free: its counts as expressions, and as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from sympy import Expr, Symbol

from ..algebra.polynomials import Poly, value_at
from ..algebra.stated_formulas import Letter
from ..algebra.sympy_expressions import rational
from ..costs.in_symbols import NetworkInSymbols
from ..costs.quantities import QUANTITIES
from ..costs.totals import Totals, shares, unneeded_by_layer
from ..graph.layer import Layer
from ..graph.symbols import WIDTH_AND_BATCH
from ..kinds.base.rules import Entering, RuleContext
from .derivation import Derivation, DerivationStep, Part, Result, Term

if TYPE_CHECKING:
    from ..network import Network


@dataclass(frozen=True)
class DerivationContext:
    """A network with some symbols free: ``known`` are the others, ``numbers`` those of the free.

    ``numbers`` is None where a free symbol has no number.
    """

    network: Network
    formulas: NetworkInSymbols
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
    ) -> DerivationContext:
        """The context of a network with some symbols free, at a width and a batch."""
        chosen = network.free_symbols(free)
        formulas = network.in_symbols(chosen)
        both = {"w": w, "B": B}
        known = {Symbol(n): rational(v) for n, v in both.items() if n not in chosen}
        numbers = None
        if network.open:
            network.check_width(w)
        else:
            network.at(w, B)
            lets = {name: network.number(name) for name in formulas.algebra.names[2:]}
            numbers = {**both, **{name: n for name, n in lets.items() if n is not None}}
        return cls(network, formulas, chosen, known, numbers, dtype, optimizer)

    def expression(self, poly: Poly) -> Expr:
        """A count as an expression in the free symbols."""
        found = self.formulas.algebra.expression(poly)
        return found.subs(self.known) if self.known else found

    def number(self, poly: Poly) -> Fraction | None:
        """A count at the numbers of the symbols."""
        return None if self._point is None else value_at(poly, self._point)

    @cached_property
    def _point(self) -> tuple[Fraction, ...] | None:
        return None if self.numbers is None else self.formulas.algebra.point(self.numbers)

    @cached_property
    def _origins(self) -> dict[Layer, tuple[str, str]]:
        """For every layer, those that made the extents and the channels which leave it."""
        origins: dict[Layer, tuple[str, str]] = {}
        for layer in self.formulas.layers:
            extents = channels = layer.name if layer.inputs else "the image"
            if len(layer.inputs) == 1:
                before, entering = origins[layer.inputs[0]], layer.input
                if layer.output.extents == entering.extents:
                    extents = before[0]
                if layer.output.channels == entering.channels and not layer.kind.weighted:
                    channels = before[1]
            origins[layer] = extents, channels
        return origins

    def rule_context(self, layer: Layer) -> RuleContext:
        """The input and output of a layer, with its letters."""
        entering = tuple(Entering(before.output, *self._origins[before]) for before in layer.inputs)
        return RuleContext(
            entering,
            layer.output,
            layer.text,
            self.formulas.algebra,
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
        """A derivation from its parts and results."""
        symbols = {s.name for r in results if r.formula is not None for s in r.formula.free_symbols}
        telling = [name for name in self.free if name != "B" or "B" in symbols]
        numbers = self.numbers or {}
        fixed = {n: numbers[n] for n in WIDTH_AND_BATCH if n in numbers and n not in telling}
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
            tuple(self.network.domain(telling, fixed)) if symbols else (),
        )

    def step(
        self, names: tuple[str, ...], terms: Sequence[Term], poly: Poly, nothing: str
    ) -> DerivationStep:
        """A step: the rule as terms, and its value; ``nothing`` explains why there are none."""
        number = self.number(poly)
        return DerivationStep(
            names, tuple(terms), self.expression(poly), number, "" if terms else nothing
        )

    @cached_property
    def unneeded(self) -> dict[Layer, Poly]:
        """Multiply-adds that layers save on the way back, since nothing before is trained."""
        return unneeded_by_layer(self.formulas.layers)

    @cached_property
    def shares(self) -> dict[Layer, Totals]:
        """What every layer contributes to the totals."""
        return dict(shares(self.formulas.layers))

    def poly(self, quantity: str, totals: Totals | None = None) -> Poly:
        """A quantity as a polynomial: of the network, or of the share that a layer has."""
        model = {"dtype": self.dtype, "optimizer": self.optimizer}
        return QUANTITIES[quantity].poly(totals or self.formulas.totals, **model)

    def result(self, quantity: str, totals: Totals | None = None) -> Result:
        """A quantity as a result of a derivation."""
        poly = self.poly(quantity, totals)
        return Result(quantity, self.expression(poly), self.number(poly))

    def letter(self, symbol: str, poly: Poly, meaning: str, origin: str) -> Letter:
        """A letter for a count; its symbol is not one of the free ones."""
        while symbol in self.free:
            symbol += "_all"
        return Letter(symbol, self.expression(poly), meaning, origin)
