"""The ratio of a quantity after a change of some symbols to before: exact, formula, limit."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sympy import Expr, Integer, Max, Rational, Symbol, cancel, ceiling, floor, oo

from ...grammar.budget import answers
from ...grammar.errors import NetformError
from ...grammar.short_repr import LONGEST, ShortRepr, cut
from ..algebra.polynomials import Point, Poly, exact, value_at
from ..algebra.sympy_expressions import in_lowest_terms, rational, round8
from ..algebra.units import json_number
from ..costs.in_symbols import NetworkInSymbols
from ..costs.quantities import Quantity, quantity_of
from ..costs.totals import shares
from ..graph.layer import Layer
from ..graph.symbols import WIDTH_AND_BATCH
from ..memory.profiled_quantity import TEXTBOOK, ProfiledQuantity, by_profile
from .changes import Changes, changes_of, free_of, is_number, read_changes
from .ratio_by_profile import RatioByProfile, ratio_by_profile
from .scaling import Powers, by_scale, common_factor, leading_of, power_product, scales_of

if TYPE_CHECKING:
    from ..network import Network


@dataclass(frozen=True)
class ScalingTerm(ShortRepr):
    """The part of a quantity that scales as one power, such as w**2, and the layers it comes from.

    ``before`` and ``after`` are its values at the two points, ``layers`` the share that every
    layer has of ``before``, in order, those without any left out.
    """

    scale: Expr
    before: Fraction
    after: Fraction
    layers: Mapping[str, Fraction]

    @property
    def ratio(self) -> Fraction | None:
        """What the part is multiplied by."""
        return self.after / self.before if self.before else None


@dataclass(frozen=True)
class Ratio(ShortRepr):
    """A quantity after a change of some symbols, divided by the same quantity before.

    ``formula`` is the ratio as a function of the symbols, ``limit`` what it tends to as the
    changed symbols grow together. ``before`` and ``after`` are the two values at the numbers the
    symbols have, ``exact`` their ratio; all are None where a symbol has no number.
    """

    formulas: NetworkInSymbols
    changes: Changes
    poly: Poly
    quantity: Quantity
    points: tuple[Point, Point] | None
    model: Mapping[str, str]
    profiled: RatioByProfile | None = None

    def __repr__(self) -> str:
        found = "" if self.points is None else f" is {self.after:,}/{self.before:,}"
        return cut(f"Ratio of {self.quantity.name} with {self.changes}{found}", LONGEST)

    @property
    def before(self) -> int | None:
        """The quantity before the change."""
        return self._figure(0)

    @property
    def after(self) -> int | None:
        """The quantity after the change."""
        return self._figure(1)

    def _figure(self, place: int) -> int | None:
        if self.profiled is not None:
            return self.profiled.figures and self.profiled.figures[place]
        return None if self.points is None else int(value_at(self.poly, self.points[place]))

    @property
    def exact(self) -> Rational | None:
        """The quantity after the change over that before it."""
        if not self.before or self.after is None:
            return None
        return Rational(self.after, self.before)

    @property
    def batch(self) -> Fraction:
        """The batch before the change."""
        return self.points[0][1] if self.points else Fraction(1)

    @property
    def places(self) -> tuple[str, str]:
        """The numbers of the changed symbols before and after, in words: ``w = 1``, ``w = 1/2``."""
        if self.points is None:
            return "before", "after"
        names = self.formulas.algebra.names
        indices = [names.index(name) for name in self.changes.symbols]
        before, after = (
            ", ".join(f"{names[i]} = {point[i]}" for i in indices) for point in self.points
        )
        return before, after

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of all layers, in order."""
        return tuple(layer.name for layer in self.formulas.layers)

    def as_json(self) -> dict[str, Any]:
        """The ratio as JSON values: numbers as integers or ``p/q``, formulas as text."""
        return {
            "exact": None if self.exact is None else str(self.exact),
            "formula": str(self.formula),
            "limit": str(self.limit),
            "terms": [
                {
                    "scale": str(term.scale),
                    "before": json_number(term.before),
                    "after": json_number(term.after),
                    "layers": {name: json_number(share) for name, share in term.layers.items()},
                }
                for term in self.terms
            ],
        }

    @functools.cached_property
    @answers
    def formula(self) -> Expr:
        """The ratio as a function of the symbols."""
        if self.profiled is not None and len(self.profiled.polys) > 1:
            after, before = self._values(self.profiled.polys)
            return Max(*after, evaluate=False) / Max(*before, evaluate=False)
        algebra = self.formulas.algebra
        if not algebra.roundings:
            numerator, denominator = in_lowest_terms(self.changes.of(self.poly), self.poly)
            return algebra.expression(numerator) / algebra.expression(denominator)
        (numerator,), (denominator,) = self._values((self.poly,))
        formula = numerator / denominator
        return formula if formula.has(floor, ceiling, round8) else cancel(formula)

    def _values(self, polys: Sequence[Poly]) -> tuple[list[Expr], list[Expr]]:
        """Polynomials after the changes and before, as expressions."""
        algebra, extents = self.formulas.algebra, self.formulas.extents
        names = [name for name in algebra.names if name in extents]
        whole = {Symbol(name): Symbol(name, integer=True) for name in names}
        plain = {integer: symbol for symbol, integer in whole.items()}
        changed = {
            Symbol(name): algebra.expression(poly).xreplace(whole)
            for name, poly in self.changes.polys.items()
        }
        before = [algebra.expression(poly) for poly in polys]
        after = [
            expr.subs({**whole, **changed}, simultaneous=True).xreplace(plain) for expr in before
        ]
        simplified = self.formulas.simplified_in_domain
        return list(map(simplified, after)), list(map(simplified, before))

    @functools.cached_property
    @answers
    def limit(self) -> Expr:
        """What the ratio tends to as the changed symbols grow together."""
        algebra = self.formulas.algebra
        letters = [algebra.names.index(name) for name in self.changes.symbols]
        polys = self.profiled.polys if self.profiled is not None else (self.poly,)
        before = [algebra.unrounded(poly) for poly in polys]
        degree, leading = leading_of(before, letters)
        changed_degree, changed = leading_of(list(map(self.changes.of, before)), letters)
        if degree != changed_degree:
            return oo if changed_degree > degree else Integer(0)
        if len(leading) == len(changed) == 1:
            numerator, denominator = in_lowest_terms(changed[0], leading[0])
            return algebra.expression(numerator) / algebra.expression(denominator)
        factor = common_factor(changed, leading)
        if factor is not None:
            return rational(factor)
        above, below = (Max(*map(algebra.expression, polys)) for polys in (changed, leading))
        return above / below

    @functools.cached_property
    @answers
    def terms(self) -> tuple[ScalingTerm, ...]:
        """The parts by how they scale, the fastest growing first; () without numbers."""
        if self.points is None or (self.profiled is not None and not self.profiled.shares):
            return ()
        before, after = self.points
        algebra = self.formulas.algebra
        scales = list(scales_of(algebra, self.changes.symbols))
        parts = by_scale(self.poly, scales)
        layers: dict[Powers, dict[str, Fraction]] = {powers: {} for powers in parts}
        known: dict[Poly, list[tuple[Powers, Fraction]]] = {}  # of shares, which equal layers have
        for layer, share in self._shares():
            if share not in known:
                of_scale = by_scale(share, scales)
                values = ((powers, value_at(part, before)) for powers, part in of_scale.items())
                known[share] = [(powers, value) for powers, value in values if value]
            for powers, value in known[share]:
                layers.setdefault(powers, {})[layer.name] = value
        return tuple(
            ScalingTerm(
                power_product(self.changes.symbols, powers),
                value_at(parts[powers], before),
                value_at(parts[powers], after),
                layers[powers],
            )
            for powers in sorted(parts, key=lambda powers: (sum(powers), powers), reverse=True)
        )

    def _shares(self) -> Iterator[tuple[Layer, Poly]]:
        """What every layer adds to the quantity."""
        if self.profiled is not None:
            yield from self.profiled.shares
            return
        known: dict[int, Poly] = {}  # of totals, which equal layers have
        for layer, totals in shares(self.formulas.layers):
            if id(totals) not in known:
                known[id(totals)] = self.quantity.poly(totals, **self.model)
            yield layer, known[id(totals)]


def ratio(
    network: Network,
    name: str,
    model: Mapping[str, str],
    given: Mapping[str, Any],
    profile: str = TEXTBOOK,
    mode: str | None = None,
) -> Ratio | None:
    """The ratio under the changes given as ``w=1/2``, ``R="2*R"``; None where all is 0.

    ``model`` is the data type and the optimizer of memory, which ``profile`` and ``mode`` count.
    """
    quantity = by_profile(quantity_of(name), profile, mode)
    lets = read_changes(given)
    numbers = [name for name, let in lets.items() if name != "w" and is_number(let)]
    values = {name: given[name] for name in numbers if name != "B"}
    if values:
        network = network.having(**values)
    changed = {name: let for name, let in lets.items() if name not in numbers}
    if not changed:
        raise NetformError("nothing changes", hint="write w=1/2, R=2*R or n=n+1")
    symbols = free_of(network, changed)
    free = (*symbols, *network.open)
    letters = (*WIDTH_AND_BATCH, *free)
    cases = network.cases(quantity, letters, {}, model["dtype"], model["optimizer"])
    changes = changes_of(changed, given, cases.network.algebra)
    if not any(cases.polys):
        return None
    batch = exact(given["B"]) if "B" in numbers else Fraction(1)
    before = {"w": Fraction(1), "B": batch}
    known = {name: network.number(name) for name in free}
    before |= {name: value for name, value in known.items() if value is not None}
    points, profiled = None, None
    if None not in known.values():
        after = changes.numbers(before)
        formulas = network.in_symbols(free)
        points = formulas.point(before), formulas.point(after)
    if isinstance(quantity, ProfiledQuantity):
        ends = (before, after) if points is not None else None
        profiled = ratio_by_profile(network, quantity, cases, model, ends)
    return Ratio(cases.network, changes, cases.polys[0], quantity, points, model, profiled)
