"""The domain of a network's formulas: the values of their letters for which the network exists."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sympy import Symbol

from ..grammar.errors import Mark, NetformError, Source, Span
from .polynomials import Algebra, Point, Poly, value_at, whole_step


@dataclass(frozen=True, slots=True)
class Whole:
    """A count that must be whole and at least 1, and the layer that needs it."""

    count: Poly
    what: str
    layer: str
    source: Source
    span: Span


@dataclass(frozen=True, slots=True)
class Equal:
    """Two counts of channels that a merge needs to be equal, and where each comes from."""

    one: Poly
    other: Poly
    layer: str
    source: Source
    span: Span
    marks: tuple[Mark, ...]


Condition = Whole | Equal


def check(conditions: Sequence[Condition], point: Point, algebra: Algebra) -> None:
    """Raise NetformError, naming the layer, where a condition does not hold at a point."""
    w = point[0]
    for condition in conditions:
        if isinstance(condition, Equal):
            one, other = value_at(condition.one, point), value_at(condition.other, point)
            if one != other:
                raise NetformError(
                    f"{condition.layer} needs equally many channels from all branches, but "
                    f"{_counts(algebra, condition.one, one)} and {_counts(algebra, condition.other, other)} "
                    + ("enter" if w == 1 else f"enter at w = {w}"),
                    condition.span,
                    condition.source,
                    _remedy_of_equal(algebra, condition),
                    condition.marks,
                )
            continue
        value = value_at(condition.count, point)
        if value.denominator == 1 and value >= 1:
            continue
        formula = algebra.expression(condition.count)
        met = f"has {value}" if w == 1 else f"has {formula} = {value} at w = {w}"
        kind = "at least 1 of its" if value.denominator == 1 else "a whole number of"
        raise NetformError(
            f"{condition.layer} needs {kind} {condition.what}, but {met}",
            condition.span,
            condition.source,
            _remedy(conditions, w),
        )


def step(conditions: Sequence[Condition]) -> Fraction | None:
    """The s whose multiples are the widths that work; None where no such s is known."""
    numerator, denominator = 1, 0
    for count in _counted(conditions):
        own = whole_step(count)
        if own is None:
            return None
        if count.degree(0) > 0:  # least common multiple of fractions
            numerator = math.lcm(numerator, own.numerator)
            denominator = math.gcd(denominator, own.denominator)
    return Fraction(numerator, denominator) if denominator else None


def in_words(
    conditions: Sequence[Condition], algebra: Algebra, free: Sequence[str] = ("w", "B")
) -> list[str]:
    """The domain in the symbols left free, for people; w and B are 1 where they are not."""
    words = ["B is a positive integer"] if "B" in free else []
    if "w" not in free:
        ones = {Symbol("w"): 1}
        exprs = [algebra.expression(count).subs(ones) for count in _counted(conditions)]
        counts = dict.fromkeys(str(expr) for expr in exprs if not expr.is_number)
        if counts:
            words.insert(0, f"these are positive integers: {', '.join(counts)}")
        return words
    equal = [condition for condition in conditions if isinstance(condition, Equal)]
    if equal:
        return [*dict.fromkeys(_solved(algebra, condition) for condition in equal), *words]
    free = [count for count in _counted(conditions) if not count.is_ground]
    every = step(conditions)
    only_w = all(not any(m[1:]) for count in free for m in count)
    if (
        free
        and every is not None
        and only_w
        and all(c > 0 for count in free for c in count.values())
    ):
        words.insert(0, f"w is a positive multiple of {every}")
    elif free:
        counts = dict.fromkeys(str(algebra.expression(count)) for count in free)
        words.insert(0, f"w is positive, and these are positive integers: {', '.join(counts)}")
    return words


def _counted(conditions: Sequence[Condition]) -> Iterator[Poly]:
    for condition in conditions:
        if isinstance(condition, Whole):
            yield condition.count


def _counts(algebra: Algebra, poly: Poly, value: Fraction) -> str:
    return str(value) if poly.is_ground else f"{algebra.expression(poly)} = {value}"


def _solved(algebra: Algebra, condition: Equal) -> str:
    """``w = 1`` where that is what the equation says, else the equation."""
    difference = condition.one - condition.other
    letters = set(difference)
    constant = difference.ring.zero_monom
    width = difference.ring.gens[0].LM
    if letters == {width, constant}:
        root = -difference[constant] / difference[width]
        if root > 0:
            return f"w = {root}"
    return f"{algebra.expression(condition.one)} = {algebra.expression(condition.other)}"


def _remedy_of_equal(algebra: Algebra, condition: Equal) -> str:
    solved = _solved(algebra, condition)
    if solved.startswith("w = "):
        return f"only {solved} works; write channels with c to follow what enters, or ! to fix them"
    return "end all branches with equally many channels; c is the number that enters"


def _remedy(conditions: Sequence[Condition], w: Fraction) -> str:
    every = step(conditions)
    if w == 1 or every is None or (w / every).denominator == 1:
        return "change the numbers of channels"
    return (
        f"use a width that is a multiple of {every}, or a rounding rule: floor, nearest or divisor8"
    )
