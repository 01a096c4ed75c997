"""The largest of polynomials: those that another one never falls below are left out."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from ...grammar.short_repr import LongTuple, ShortRepr
from ..algebra.polynomials import Algebra, Point, Poly, sum_of_polynomials, value_at
from .kept import KeptTensor

if TYPE_CHECKING:
    from sympy import Expr


@dataclass(frozen=True)
class Moment(ShortRepr):
    """A time of a step: what lives then, tensor by tensor, and its bytes by part.

    ``index`` is that of the last event before it, -1 at the start.
    """

    index: int
    phase: str
    parts: Mapping[str, Poly]
    tensors: Sequence[KeptTensor]

    @functools.cached_property
    def total(self) -> Poly:
        """All parts together."""
        return sum_of_polynomials(self.parts.values())


@dataclass(frozen=True)
class Peak(ShortRepr):
    """The largest of the totals of some moments, which differ in letters."""

    moments: tuple[Moment, ...]

    @property
    def tensors(self) -> Sequence[KeptTensor]:
        """What lives at one of the moments, each once."""
        return LongTuple(dict.fromkeys(t for moment in self.moments for t in moment.tensors))

    def part(self, name: str) -> Poly | PartOfPeak:
        """The bytes of a part at the peak."""
        found = [moment.parts[name] for moment in self.moments]
        return found[0] if all(poly == found[0] for poly in found) else PartOfPeak(self, name)

    @property
    def total(self) -> Poly | Peak:
        """The polynomial where there is one moment."""
        return self.moments[0].total if len(self.moments) == 1 else self

    def at(self, point: Point) -> Moment:
        """The moment of the largest total where every letter has a number; the first of equal ones."""
        return max(self.moments, key=lambda moment: value_at(moment.total, point))

    def expression(self, algebra: Algebra) -> Expr:
        """The largest as a SymPy expression."""
        from sympy import Max

        totals = [algebra.expression(moment.total) for moment in self.moments]
        return Max(*totals, evaluate=False) if len(totals) > 1 else totals[0]

    def text(self, algebra: Algebra, numbers: Mapping[str, Fraction]) -> str:
        """The largest as SymPy spells it, with numbers in place of some letters."""
        totals = [algebra.text(algebra.with_numbers(m.total, numbers)) for m in self.moments]
        return f"Max({', '.join(totals)})" if len(totals) > 1 else totals[0]


@dataclass(frozen=True)
class PartOfPeak(ShortRepr):
    """What a part has at the peak, where that differs from moment to moment."""

    peak: Peak
    name: str

    def expression(self, algebra: Algebra) -> Expr:
        """A case for every moment: where no total is larger, it has that moment's bytes."""
        from sympy import And, Ge, Piecewise

        moments = self.peak.moments
        totals = [algebra.expression(moment.total) for moment in moments]
        cases = []
        for number, moment in enumerate(moments[:-1]):
            others = totals[:number] + totals[number + 1 :]
            largest = And(*(Ge(totals[number], other) for other in others))
            cases.append((algebra.expression(moment.parts[self.name]), largest))
        cases.append((algebra.expression(moments[-1].parts[self.name]), True))
        return Piecewise(*cases, evaluate=False)

    def text(self, algebra: Algebra, numbers: Mapping[str, Fraction]) -> str:
        """The cases as SymPy spells them, with numbers in place of some letters."""

        def text(poly: Poly) -> str:
            return algebra.text(algebra.with_numbers(poly, numbers))

        totals = [text(moment.total) for moment in self.peak.moments]
        parts = [text(moment.parts[self.name]) for moment in self.peak.moments]
        cases = []
        for total, part in zip(totals[:-1], parts[:-1], strict=True):
            largest = [f"({total} >= {other})" for other in totals if other != total]
            cases.append(f"({part}, {' & '.join(largest)})")
        return f"Piecewise({', '.join([*cases, f'({parts[-1]}, True)'])})"
