"""Conditions under which a network exists; each knows how it is checked and what it asks of letters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Self

from ....grammar.errors import Mark
from ...algebra.polynomials import Poly
from ..loops import Loop
from .extent_conditions import Broadcast, Least, SameExtent
from .layer_condition import Evaluated, LayerCondition, Need


@dataclass(frozen=True, slots=True)
class Whole(LayerCondition):
    """A count that must be whole and at least 1."""

    count: Poly
    what: str

    @property
    def demand(self) -> object:
        """The count."""
        return self.count

    @property
    def counts(self) -> tuple[Poly, ...]:
        """The count."""
        return (self.count,)

    def needs(self) -> Iterator[tuple[Need, Poly]]:
        """The count is whole, and the count less 1 is not negative."""
        yield Need.WHOLE, self.count
        yield Need.NOT_NEGATIVE, self.count - 1

    def check(self, at: Evaluated) -> None:
        """Refuse a count that is a fraction or less than 1."""
        value, w = at.counts[self.count], at.width
        if value.denominator == 1 and value.numerator >= 1:
            return
        formula = at.algebra.text(self.count)
        met = f"has {value}" if w == 1 else f"has {formula} = {value} at w = {w}"
        kind = "at least 1 of its" if value.denominator == 1 else "a whole number of"
        raise self.refusal(f"{kind} {self.what}, but {met}", _remedy(w, at.step))

    def in_all_rounds(self, loop: Loop) -> Iterator[Self]:
        """The count of each round that decides."""
        for number in _deciding_rounds(loop, self.count):
            yield replace(self, count=loop.in_round(self.count, number))


@dataclass(frozen=True, slots=True)
class Rounds(LayerCondition):
    """A symbolic number of rounds, which must be whole and at least ``least``."""

    count: Poly
    least: int

    @property
    def demand(self) -> object:
        """The number of rounds, and the least."""
        return self.count, self.least

    @property
    def counts(self) -> tuple[Poly, ...]:
        """The number of rounds."""
        return (self.count,)

    def needs(self) -> Iterator[tuple[Need, Poly]]:
        """The number is whole, and not below the least."""
        yield Need.WHOLE, self.count
        yield Need.NOT_NEGATIVE, self.count - self.least

    def check(self, at: Evaluated) -> None:
        """Refuse a number of rounds that is a fraction or too small."""
        value = at.counts[self.count]
        if value.denominator != 1 or value < self.least:
            raise self.refusal(
                f"a whole number of rounds of at least {self.least}, but has "
                f"{at.algebra.text(self.count)} = {value}",
                "change the symbols in that number",
            )


@dataclass(frozen=True, slots=True)
class Equal(LayerCondition):
    """Two counts of channels that a merge needs to be equal; ``marks`` show where they come from."""

    one: Poly
    other: Poly
    marks: tuple[Mark, ...]

    @property
    def demand(self) -> object:
        """Both counts."""
        return self.one, self.other

    @property
    def counts(self) -> tuple[Poly, ...]:
        """Both counts."""
        return self.one, self.other

    def needs(self) -> Iterator[tuple[Need, Poly]]:
        """The counts do not differ."""
        yield Need.ZERO, self.one - self.other

    def check(self, at: Evaluated) -> None:
        """Refuse counts that differ."""
        if at.counts[self.one] != at.counts[self.other]:
            found = at.in_words(self)
            hint = "end all branches with equally many channels; c is the number of input channels"
            if found and found[0].startswith("w = "):
                hint = (
                    f"only {found[0]} works; write channels with c, the number of input channels, "
                    "or ! to fix them"
                )
            raise self.refusal(
                f"equally many channels from all branches, but these have {at.shown(self.one)} and "
                f"{at.shown(self.other)}" + ("" if at.width == 1 else f" at w = {at.width}"),
                hint,
                self.marks,
            )

    def in_all_rounds(self, loop: Loop) -> Iterator[Self]:
        """Both counts in each round that decides."""
        for number in _deciding_rounds(loop, self.one, self.other):
            one, other = loop.in_round(self.one, number), loop.in_round(self.other, number)
            yield replace(self, one=one, other=other)


Condition = Whole | Rounds | Equal | Least | SameExtent | Broadcast


def _deciding_rounds(loop: Loop, *counts: Poly) -> list[int | Poly]:
    """Numbers of rounds that decide for all rounds whether polynomials are whole, or 0.

    A polynomial in the number of the round is so in all rounds where it is so in the first few,
    one more than its degree. Where channels shrink, the last round has the fewest.
    """
    degree = max(count.degree(loop.entering) for count in counts)
    rounds: list[int | Poly] = list(range(degree + 1)) if degree > 0 else [0]
    if any(coefficient < 0 for coefficient in loop.growth.values()):
        rounds.append(loop.count - 1)
    return rounds


def _remedy(w: Fraction, step: Fraction | None) -> str:
    if w == 1 or step is None or (w / step).denominator == 1:
        return "change the numbers of channels"
    return (
        f"use a width that is a multiple of {step}, or a rounding rule: floor, nearest or divisor8"
    )
