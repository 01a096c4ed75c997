"""Values of a symbol on the command line: ``B=1:256``, ``w=1/4:2:1/4``, ``R=128,160,192``."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import click

from netform.commands.options import Exact

MOST_VALUES = 10_000


class Values(click.ParamType[tuple[str, tuple[Fraction, ...]]]):
    """A symbol and its values: a list, or from a first to a last one by a step of 1 or more.

    The last value of a range is among them where a whole number of steps leads to it.
    """

    name = "NAME=VALUES"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, tuple[Fraction, ...]]:
        name, _, text = str(value).partition("=")
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) or not text:
            self.fail(f"{value!r} gives no values; write B=1:256 or w=1/4,1/2,1", param, ctx)
        words = re.split("[:,]", text)
        if len(words) > MOST_VALUES:
            self._too_many(name, len(words), param, ctx)
        numbers = [Exact().convert(word.strip(), param, ctx) for word in words]
        if ":" not in text:
            return name, tuple(numbers)
        if "," in text or len(numbers) > 3:
            self.fail(
                f"{value!r} is no range; write FIRST:LAST or FIRST:LAST:STEP, or a list 1,2,4",
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
            self._too_many(name, count, param, ctx)
        return name, tuple(first + step * i for i in range(count))

    def _too_many(self, name: str, count: int, param: Any, ctx: Any) -> None:
        self.fail(
            f"{name} has at most {MOST_VALUES:,} values, but here are {count:,}; "
            f"take a larger step: {name}=FIRST:LAST:STEP",
            param,
            ctx,
        )
