"""The ratio of a quantity after a change of some symbols to before: exact, formula, limit."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sympy import Expr, Integer, Rational, Symbol, cancel, ceiling, floor, oo

from ...grammar.budget import answers
from ...grammar.errors import NetformError
from ...grammar.short_repr import LONGEST, ShortRepr, cut
from ..algebra.polynomials import Algebra, Point, Poly, exact, value_at
from ..algebra.sparse_polynomials import Terms
from ..algebra.sympy_expressions import in_lowest_terms, round8
from ..algebra.units import json_number
from ..costs.in_symbols import NetworkInSymbols
from ..costs.quantities import Quantity, quantity_of
from ..costs.totals import shares
from .changes import Changes, changes_of, is_number, read_changes

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

    def __repr__(self) -> str:
        found = "" if self.points is None else f" is {self.after:,}/{self.before:,}"
        return cut(f"Ratio of {self.quantity.name} with {self.changes}{found}", LONGEST)

    @property
    def before(self) -> int | None:
        """The quantity before the change."""
        return None if self.points is None else int(value_at(self.poly, self.points[0]))

    @property
    def after(self) -> int | None:
        """The quantity after the change."""
        return None if self.points is None else int(value_at(self.poly, self.points[1]))

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
        algebra = self.formulas.algebra
        if not algebra.roundings:
            numerator, denominator = in_lowest_terms(self.changes.of(self.poly), self.poly)
            return algebra.expression(numerator) / algebra.expression(denominator)
        whole = {
            Symbol(name): Symbol(name, integer=True)
            for name in algebra.names
            if name in self.formulas.extents
        }
        plain = {integer: symbol for symbol, integer in whole.items()}
        changed = {
            Symbol(name): algebra.expression(poly).xreplace(whole)
            for name, poly in self.changes.polys.items()
        }
        before = algebra.expression(self.poly)
        after = before.subs({**whole, **changed}, simultaneous=True).xreplace(plain)
        numerator, denominator = (
            self.formulas.simplified_in_domain(expr) for expr in (after, before)
        )
        formula = numerator / denominator
        return formula if formula.has(floor, ceiling, round8) else cancel(formula)

    @functools.cached_property
    @answers
    def limit(self) -> Expr:
        """What the ratio tends to as the changed symbols grow together."""
        algebra = self.formulas.algebra
        before = algebra.unrounded(self.poly)
        letters = [algebra.names.index(name) for name in self.changes.symbols]
        degree, leading = _leading(before, letters)
        changed_degree, changed = _leading(self.changes.of(before), letters)
        if degree != changed_degree:
            return oo if changed_degree > degree else Integer(0)
        numerator, denominator = in_lowest_terms(changed, leading)
        return algebra.expression(numerator) / algebra.expression(denominator)

    @functools.cached_property
    @answers
    def terms(self) -> tuple[ScalingTerm, ...]:
        """The parts by how they scale, the fastest growing first; () without numbers."""
        if self.points is None:
            return ()
        before, after = self.points
        algebra = self.formulas.algebra
        scales = list(_scales(algebra, self.changes.symbols))
        parts = _by_scale(self.poly, scales)
        layers: dict[Powers, dict[str, Fraction]] = {powers: {} for powers in parts}
        known: dict[int, list[tuple[Powers, Fraction]]] = {}  # of shares, which equal layers have
        for layer, totals in shares(self.formulas.layers):
            if id(totals) not in known:
                share = _by_scale(self.quantity.poly(totals, **self.model), scales)
                values = ((powers, value_at(part, before)) for powers, part in share.items())
                known[id(totals)] = [(powers, value) for powers, value in values if value]
            for powers, value in known[id(totals)]:
                layers.setdefault(powers, {})[layer.name] = value
        return tuple(
            ScalingTerm(
                _product(self.changes.symbols, powers),
                value_at(parts[powers], before),
                value_at(parts[powers], after),
                layers[powers],
            )
            for powers in sorted(parts, key=lambda powers: (sum(powers), powers), reverse=True)
        )


Powers = tuple[int, ...]  # of every symbol that changes


def ratio(
    network: Network, name: str, model: Mapping[str, str], given: Mapping[str, Any]
) -> Ratio | None:
    """The ratio under the changes given as ``w=1/2``, ``R="2*R"``; None where all is 0.

    ``model`` is the data type and the optimizer of memory.
    """
    quantity = quantity_of(name)
    lets = read_changes(given)
    numbers = [name for name, let in lets.items() if name != "w" and is_number(let)]
    values = {name: given[name] for name in numbers if name != "B"}
    if values:
        network = network.having(**values)
    changed = {name: let for name, let in lets.items() if name not in numbers}
    if not changed:
        raise NetformError("nothing changes", hint="write w=1/2, R=2*R or n=n+1")
    changes, free = changes_of(network, changed)
    formulas = network.in_symbols((*free, *network.open))
    poly = formulas.poly(quantity, **model)
    if not poly:
        return None
    batch = exact(given["B"]) if "B" in numbers else Fraction(1)
    before = {"w": Fraction(1), "B": batch}
    known = {name: network.number(name) for name in (*free, *network.open)}
    before |= {name: value for name, value in known.items() if value is not None}
    points = None
    if None not in known.values():
        after = changes.numbers(before)
        points = formulas.point(before), formulas.point(after)
    return Ratio(formulas, changes, poly, quantity, points, model)


def _leading(poly: Poly, letters: Sequence[int]) -> tuple[int, Poly]:
    """The terms of the highest degree in some letters together, and that degree."""
    degrees = {monomial: sum(monomial[i] for i in letters) for monomial in poly}
    highest = max(degrees.values())
    return highest, poly.ring.from_dict({m: poly[m] for m in poly if degrees[m] == highest})


def _scales(algebra: Algebra, symbols: Sequence[str]) -> Iterator[Powers]:
    """The powers of some symbols with which every letter scales; a rounding as what it rounds."""
    letters = [algebra.symbol(name) for name in symbols]
    for letter in algebra.ring.gens[: len(algebra.names) + len(algebra.roundings)]:
        plain = algebra.unrounded(letter)
        yield tuple(max(0, plain.degree(symbol)) for symbol in letters)


def _by_scale(poly: Poly, scales: Sequence[Powers]) -> dict[Powers, Poly]:
    """The parts of a polynomial by the powers with which they scale."""
    parts: dict[Powers, Terms] = {}
    for monomial, coefficient in (poly or {}).items():
        used = [
            tuple(power * own for own in scale)
            for power, scale in zip(monomial, scales, strict=False)
        ]
        powers = tuple(map(sum, zip(*used, strict=True)))
        parts.setdefault(powers, {})[monomial] = coefficient
    return {powers: poly.ring.from_dict(terms) for powers, terms in parts.items()}


def _product(symbols: Sequence[str], powers: Powers) -> Expr:
    product = Integer(1)
    for name, power in zip(symbols, powers, strict=True):
        product *= Symbol(name) ** power
    return product
