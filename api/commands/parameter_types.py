"""The types of what follows an option: symbols, exact numbers, ranges, sizes of memory."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NoReturn

import click

from netform.grammar.errors import NetformError, Source, quoted

MOST_VALUES = 10_000  # of a range

_NUMBER = re.compile(r"([0-9]{1,15})(?:/([0-9]{1,15})|(\.[0-9]{1,15}))?")
_SYMBOL = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def is_number(text: str) -> bool:
    """Whether a text is an exact number: ``1/2``, ``0.75`` or ``2``."""
    match = _NUMBER.fullmatch(text)
    return match is not None and (match[2] is None or int(match[2]) > 0)


class Exact(click.ParamType[Fraction]):
    """``1/2`` or ``0.75``, exactly."""

    name = "NUMBER"

    def convert(self, value: Any, param: Any, ctx: Any) -> Fraction:
        """The number; fails for text that is no number, or that divides by 0."""
        if not is_number(str(value)):
            self.fail(f"{quoted(repr(value))} is not a number such as 1/2, 0.75 or 2", param, ctx)
        return Fraction(str(value))


class Setting(click.ParamType[tuple[str, Fraction]]):
    """``w=1/2``: a symbol and an exact number."""

    name = "NAME=NUMBER"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, Fraction]:
        """The symbol and its number."""
        name, _, number = value.partition("=")
        if not _SYMBOL.fullmatch(name):
            self.fail(f"{value!r} sets no symbol; write w=1/2 or B=128", param, ctx)
        return name, Exact().convert(number, param, ctx)


class Change(click.ParamType[tuple[str, str]]):
    """``w=1/2``, ``R=2*R`` or ``n=n+1``: a symbol and an expression."""

    name = "NAME=EXPRESSION"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, str]:
        """The symbol and the text of the expression, which is right in form."""
        from netform.grammar.parser import change_of

        try:
            change_of(Source(value, "change"))
        except NetformError as error:
            self.fail(f"{value!r}: {error.message}; {error.hint}", param, ctx)
        name, _, expression = value.partition("=")
        if _NUMBER.fullmatch(expression.strip()):
            return name.strip(), str(Exact().convert(expression.strip(), param, ctx))
        return name.strip(), expression


class Values(click.ParamType[tuple[str, tuple[Fraction, ...]]]):
    """A symbol and its values: ``w=1/4,1/2,1``, ``B=1:256``, ``w=1/4:2:1/4``.

    A range runs from its first value to its last by a step, which is 1 unless given. It contains
    the last value where a whole number of steps leads to it.
    """

    name = "NAME=VALUES"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, tuple[Fraction, ...]]:
        """The symbol and all of its values."""
        name, _, text = str(value).partition("=")
        if not _SYMBOL.fullmatch(name) or not text:
            self.fail(f"{value!r} gives no values; write B=1:256 or w=1/4,1/2,1", param, ctx)
        words = re.split("[:,]", text)
        if len(words) > MOST_VALUES:
            self._fail_by_count(name, len(words), param, ctx)
        numbers = [Exact().convert(word.strip(), param, ctx) for word in words]
        if ":" not in text:
            return name, tuple(numbers)
        if "," in text or len(numbers) > 3:
            self.fail(
                f"{value!r} is not a range; write FIRST:LAST or FIRST:LAST:STEP, or a list 1,2,4",
                param,
                ctx,
            )
        first, last, step = (*numbers, Fraction(1))[:3]
        if step <= 0:
            self.fail(f"{value!r} has a step of 0", param, ctx)
        if last < first:
            self.fail(f"{value!r} ends before it begins; write {name}={last}:{first}", param, ctx)
        count = (last - first) // step + 1
        if count > MOST_VALUES:
            self._fail_by_count(name, count, param, ctx)
        return name, tuple(first + step * i for i in range(count))

    def _fail_by_count(self, name: str, count: int, param: Any, ctx: Any) -> NoReturn:
        self.fail(
            f"{name} has at most {MOST_VALUES:,} values, but here are {count:,}; "
            f"take a larger step: {name}=FIRST:LAST:STEP",
            param,
            ctx,
        )


class ConventionName(click.ParamType[str]):
    """The name of a convention."""

    name = "NAME"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """The name; fails where no convention has it."""
        from netform.dsl.costs.conventions import CONVENTIONS

        return click.Choice(list(CONVENTIONS)).convert(value, param, ctx)


class KnownName(click.ParamType[str]):
    """One of some names: of a profile, or a mode."""

    name = "NAME"

    def __init__(self, what: str, known: Mapping[str, str]) -> None:
        self.what, self.known = what, known

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """The name; fails with the nearest one where none is called so."""
        from netform.dsl.memory.profiles import check_name

        try:
            check_name(self.what, str(value), self.known)
        except NetformError as error:
            self.fail(f"{error.message}; {error.hint}", param, ctx)
        return str(value)


class Memory(click.ParamType[Fraction]):
    """``11GiB``, in bytes."""

    name = "SIZE"

    def convert(self, value: Any, param: Any, ctx: Any) -> Fraction:
        """The number of bytes."""
        from netform.dsl.algebra.units import read_bytes

        try:
            return read_bytes(value)
        except NetformError as error:
            return self.fail(f"{error.message}; {error.hint}", param, ctx)


class Percentage(click.ParamType[Fraction]):
    """``10%`` or ``0.1``: a part of a whole, less than the whole."""

    name = "PERCENT"

    def convert(self, value: Any, param: Any, ctx: Any) -> Fraction:
        """The part, from 0 up to but not including 1."""
        if isinstance(value, Fraction):
            return value
        number, percent, rest = value.partition("%")
        part = Exact().convert(number.strip(), param, ctx) / (100 if percent else 1)
        if rest or part >= 1:
            self.fail(f"{value!r} is not a part of the memory such as 10% or 0.1", param, ctx)
        return part
