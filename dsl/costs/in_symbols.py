"""A network in chosen symbols: its layers, and every quantity as a polynomial in w, B and those."""

from __future__ import annotations

import functools
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ...grammar.errors import NetformError, did_you_mean, quoted
from ...grammar.short_repr import ShortRepr
from ..algebra.floor_forms import Extent
from ..algebra.periodic_sets import PeriodicSet
from ..algebra.polynomials import Algebra, Point, Poly
from ..algebra.progressions import Progression
from ..graph.build import LayerGraph
from ..graph.domain.conditions import Condition
from ..graph.domain.existence import candidates, in_domain, is_scaled, spacings, step
from ..graph.domain.extent_conditions import Least, Meeting
from ..graph.domain.layer_condition import Need
from ..graph.domain.point_check import check_point
from ..graph.layer import Layer
from ..graph.symbols import WIDTH_AND_BATCH, check_number
from .quantities import Quantity
from .totals import Totals, totals_of

if TYPE_CHECKING:
    from sympy import Expr

MOST_NAMES = 20  # of layers, in a hint


@dataclass(frozen=True, eq=False)
class NetworkInSymbols(ShortRepr):
    """A network whose counts are polynomials in w, B and the other symbols of its algebra."""

    graph: LayerGraph

    def __repr__(self) -> str:
        return f"Formulas in {', '.join(self.algebra.names)} of {len(self.layers):,} layers"

    def __reduce__(self) -> tuple[object, ...]:
        return NetworkInSymbols, (self.graph,)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers in order; the first is the input."""
        return self.graph.layers

    @property
    def algebra(self) -> Algebra:
        """The symbols, and the roundings of them."""
        return self.graph.algebra

    @functools.cached_property
    def conditions(self) -> Sequence[Condition]:
        """What the symbols must fulfil for the network to exist, of equal demands the first."""
        found: dict[object, Condition] = {}
        for condition in self.graph.conditions:
            found.setdefault((type(condition), condition.demand), condition)
        return tuple(found.values())

    @functools.cached_property
    def extents(self) -> frozenset[str]:
        """The symbols that are extents of the image."""
        sides = self.layers[0].output.extents
        return frozenset(side.symbol for side in sides if isinstance(side, Extent))

    def needs_extents(self, condition: Condition) -> bool:
        """Whether a condition depends on the size of the image."""
        if isinstance(condition, Least | Meeting):
            return True
        letters = [self.algebra.symbol(name) for name in self.extents]
        plain = [self.algebra.unrounded(count) for count in condition.counts if count]
        return any(count.degree(letter) > 0 for count in plain for letter in letters)

    @functools.cached_property
    def totals(self) -> Totals:
        """Sums over the layers."""
        return totals_of(self.layers)

    @functools.cached_property
    def needs(self) -> tuple[tuple[Need, Poly], ...]:
        """What the conditions demand of polynomials in the symbols, each once."""
        needs = (need for condition in self.conditions for need in condition.needs())
        return tuple(dict.fromkeys(needs))

    def layer(self, name: str) -> Layer:
        """The layer of a name; raises NetformError if there is none."""
        found = next((layer for layer in self.layers if layer.name == name), None)
        if found is None:
            names = [layer.name for layer in self.layers]
            hint = did_you_mean(name, names)
            if not hint.startswith("did") and len(names) > MOST_NAMES:
                hint = f"write one of {', '.join(names[:MOST_NAMES])}, ...; netform table has all"
            raise NetformError(f"no layer is called {quoted(name)}", hint=hint)
        return found

    def poly(self, quantity: Quantity, **model: Any) -> Poly:
        """A quantity; ``model`` is the dtype, the optimizer and the copies of memory."""
        return quantity.poly(self.totals, **model)

    def expression(self, poly: Poly) -> Expr:
        """A polynomial as a SymPy expression."""
        return self.algebra.expression(poly)

    def simplified_in_domain(self, expr: Expr) -> Expr:
        """An expression without the floors that are whole wherever the network exists."""
        return in_domain(expr, self._spacings)

    def formula(self, poly: Poly, numbers: Mapping[str, Fraction]) -> Expr:
        """A polynomial with numbers in place of some symbols, simplified, as a SymPy expression."""
        from ..algebra.sympy_expressions import substituted

        expr = self.simplified_in_domain(self.expression(poly))
        return substituted(expr, numbers) if numbers else expr

    def text(self, poly: Poly, numbers: Mapping[str, Fraction]) -> str:
        """The same as SymPy prints it; SymPy loads only where a letter is a rounding or a loop's."""
        if not self.algebra.is_in_symbols(poly):
            return str(self.formula(poly, numbers))
        return str(self.algebra.with_numbers(poly, numbers))

    @functools.cached_property
    def _spacings(self) -> Mapping[str, tuple[int, int]]:
        """The symbols of extents whose sizes lie evenly spaced wherever the network exists."""
        return spacings(self.conditions)

    def domain(
        self, free: Sequence[str], values: Mapping[str, Fraction] | None = None
    ) -> list[str]:
        """Where the network exists, in words; w and B are 1 where they have no other number."""
        from ..graph.domain.in_words import in_words

        return in_words(self.conditions, self.algebra, free, values or {})

    def point(self, values: Mapping[str, Fraction]) -> Point:
        """A number for every letter; symbols without a value are 1.

        Raises NetformError, naming the layer, where the network does not exist there.
        """
        for name, value in values.items():
            check_number(name, value, name in self.extents)
        point = self.algebra.point(values)
        self.check(point)
        if self.at_width_1(values):
            self.check(self.algebra.point({**values, "w": Fraction(1)}))
        return point

    def at_width_1(self, symbols: Container[str]) -> bool:
        """Whether a network at a width in ``symbols`` is to exist at w = 1 too.

        Where lets or extents are free that depends on them, and else it is known.
        """
        return "w" in symbols and len(self.algebra.names) > len(WIDTH_AND_BATCH)

    def check(self, point: Point, needed: Sequence[Condition] | None = None) -> None:
        """Raise NetformError, naming the layer, where a condition does not hold at a point."""
        check_point(self.conditions if needed is None else needed, point, self.algebra)

    def existing(self, progression: Progression) -> PeriodicSet:
        """The numbers of steps of a progression at which the network exists.

        Raises PeriodTooLongError where these repeat too rarely.
        """
        found = candidates(self.conditions, progression)
        if not self.at_width_1(progression.values):
            return found
        values = {**progression.values, "w": Fraction(1)}
        at_1 = Progression(self.algebra, progression.symbol, progression.step, values)
        return found & candidates(self.conditions, at_1)

    @property
    def width_step(self) -> Fraction | None:
        """What a width is a multiple of; None where nothing is known, or nothing varies with w."""
        return step(self.conditions)

    @property
    def is_scaled(self) -> bool:
        """Whether a count of channels varies with w, rounded or not."""
        return is_scaled(self.conditions, self.algebra)
