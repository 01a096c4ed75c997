"""The domain of a network's formulas: the widths for which the network exists."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..grammar.errors import NetformError, Source, Span
from .polynomials import Poly, value_at, whole_step


@dataclass(frozen=True, slots=True)
class Condition:
    """A count that must be whole and at least 1, and the layer that needs it."""

    count: Poly
    what: str
    layer: str
    span: Span


def check(conditions: Sequence[Condition], w: Fraction, source: Source) -> None:
    """Raise NetformError where a count is not whole at this width, naming the layer."""
    for condition in conditions:
        value = value_at(condition.count, w)
        if value.denominator == 1 and value >= 1:
            continue
        formula = condition.count.as_expr()
        met = f"has {value}" if w == 1 else f"has {formula} = {value} at w = {w}"
        kind = "at least 1 of its" if value.denominator == 1 else "a whole number of"
        raise NetformError(
            f"{condition.layer} needs {kind} {condition.what}, but {met}",
            condition.span,
            source,
            _remedy(conditions, w),
        )


def step(conditions: Sequence[Condition]) -> Fraction | None:
    """The s whose multiples are the widths that work; None where no such s is known."""
    numerator, denominator = 1, 0
    for condition in conditions:
        own = whole_step(condition.count)
        if own is None:
            return None
        if condition.count.degree(0) > 0:  # least common multiple of fractions
            numerator = math.lcm(numerator, own.numerator)
            denominator = math.gcd(denominator, own.denominator)
    return Fraction(numerator, denominator) if denominator else None


def in_words(conditions: Sequence[Condition]) -> list[str]:
    """The domain, for people."""
    words = ["B is a positive integer"]
    free = [condition.count for condition in conditions if condition.count.degree(0) > 0]
    every = step(conditions)
    if free and every is not None and all(c > 0 for count in free for c in count.values()):
        words.insert(0, f"w is a positive multiple of {every}")
    elif free:
        counts = dict.fromkeys(str(count.as_expr()) for count in free)
        words.insert(0, f"w is positive, and these are positive integers: {', '.join(counts)}")
    return words


def _remedy(conditions: Sequence[Condition], w: Fraction) -> str:
    every = step(conditions)
    if w == 1 or every is None or (w / every).denominator == 1:
        return "change the numbers of channels"
    return (
        f"use a width that is a multiple of {every}, or a rounding rule: floor, nearest or divisor8"
    )
