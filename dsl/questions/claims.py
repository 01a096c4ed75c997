"""Claims such as ``params <= 500k``: a quantity, a relation, and a budget.

A budget is an exact number of the quantity's own unit; :mod:`..algebra.units` reads it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from ...grammar.errors import NetformError, Source, Span, did_you_mean, quoted
from ...grammar.short_repr import ShortRepr
from ..algebra.units import read_number, short_source
from ..costs.quantities import NAMES_OF_QUANTITIES, QUANTITIES, Quantity, full_name

RELATIONS = {"<=": "<=", "≤": "<=", "<": "<", ">=": ">=", "≥": ">=", ">": ">"}


@dataclass(frozen=True, slots=True)
class Claim(ShortRepr):
    """A quantity, a relation (``<=``, ``<``, ``>=`` or ``>``) and a budget."""

    quantity: Quantity
    relation: str
    budget: Fraction

    @property
    def is_upper(self) -> bool:
        """Whether the budget is an upper bound, so that the largest value is asked for."""
        return self.relation in ("<=", "<")


def read_claim(text: str) -> Claim:
    """The claim in a text; raises NetformError, at the word, if there is none.

    >>> claim = read_claim("params <= 500k")
    >>> claim.quantity.name, claim.relation, claim.budget
    ('params', '<=', Fraction(500000, 1))
    """
    source = short_source(text, "claim")
    compared = list(re.finditer(r"[<>=!≤≥]+", text))
    if not compared:
        raise NetformError(
            "a claim is a quantity, a relation and a budget, but this one has no relation",
            Span(0, len(text)),
            source,
            "write for example params <= 500k",
        )
    between = compared[0]
    if len(compared) > 1:
        raise NetformError(
            "a claim has one relation",
            Span(*compared[1].span()),
            source,
            "write one claim for each budget",
        )
    if between[0] not in RELATIONS:
        raise NetformError(
            f"{quoted(between[0])} is not a relation of a claim",
            Span(*between.span()),
            source,
            "write <= for the largest value inside a budget, >= for the smallest that reaches it",
        )
    quantity = _quantity(text, between, source)
    budget = read_number(source, between.end(), quantity.name, quantity.unit)
    return Claim(quantity, RELATIONS[between[0]], budget)


def _quantity(text: str, between: re.Match[str], source: Source) -> Quantity:
    word = text[: between.start()].strip()
    name = full_name(word)
    if name in QUANTITIES:
        return QUANTITIES[name]
    start = len(text) - len(text.lstrip())
    other = text[between.end() :].strip()
    if full_name(other) in QUANTITIES:
        turned = between[0].translate(str.maketrans("<>≤≥", "><≥≤"))
        hint = f"write the quantity first: {other} {turned} {quoted(word)}".rstrip()
    else:
        hint = did_you_mean(word, NAMES_OF_QUANTITIES)
    raise NetformError(
        f"no quantity is called {quoted(word)}" if word else "a claim starts with a quantity",
        Span(start, start + len(word)) if word else Span(*between.span()),
        source,
        hint,
    )
