"""A solution: the value that answers a claim, and the two figures that prove it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from sympy import Rational

from ...grammar.short_repr import LONGEST, ShortRepr, cut
from ..algebra.sympy_expressions import rational
from .claims import Claim

Number: TypeAlias = int | Rational  # an int where it is whole


class Certificate(NamedTuple):
    """What proves a solution: ``at`` keeps the claim about the ``budget``, ``next`` does not.

    ``next`` is the quantity at the next value above a largest one, or below a smallest one, and
    None where the network exists at none.
    """

    at: Number
    budget: Number
    next: Number | None


@dataclass(frozen=True, slots=True)
class Solution(ShortRepr):
    """The ``value`` of ``symbol`` that answers a claim, and the ``next_value`` that fails it.

    ``step`` is what the values are multiples of; ``dtype``, ``optimizer`` and ``copies`` are those
    of memory.
    Printed, it is the certificate as a chain of comparisons.
    """

    claim: Claim
    symbol: str
    step: Fraction
    value: Number
    next_value: Number | None
    certificate: Certificate
    dtype: str
    optimizer: str
    copies: int = 0

    def __repr__(self) -> str:
        return cut(f"Solution {self.symbol} = {self.value}: {self}", LONGEST)

    @property
    def quantity(self) -> str:
        """The name of the quantity."""
        return self.claim.quantity.name

    @property
    def at(self) -> Number:
        """The quantity at the value."""
        return self.certificate.at

    @property
    def next(self) -> Number | None:
        """The quantity at the next value."""
        return self.certificate.next

    @property
    def budget(self) -> Number:
        """The budget, in the quantity's own unit."""
        return self.certificate.budget

    def __str__(self) -> str:
        def shown(value: Number, at: Number) -> str:
            return f"{self.quantity}({self.symbol} = {value}) = {grouped(at)}"

        relation, budget = self.claim.relation, grouped(self.budget)
        here = shown(self.value, self.at)
        there = (
            shown(self.next_value, self.next)
            if self.next_value is not None and self.next is not None
            else None
        )
        if self.claim.is_upper:
            fails = {"<=": "<", "<": "<="}[relation]
            return f"{here} {relation} {budget}" + (f" {fails} {there}" if there else "")
        fails = {">=": "<", ">": "<="}[relation]
        holds = {">=": "<=", ">": "<"}[relation]
        return (f"{there} {fails} " if there else "") + f"{budget} {holds} {here}"


def int_if_whole(value: Fraction) -> Number:
    """An exact number of SymPy, or an int where it is whole."""
    return value.numerator if value.denominator == 1 else rational(value)


def grouped(number: Number) -> str:
    """A number for people: a whole one with commas, another as a fraction."""
    return f"{number:,}" if isinstance(number, int) else str(number)
