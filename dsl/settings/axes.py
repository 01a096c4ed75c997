"""The axes of a sweep: settings with several values, and lets that ``sweep`` names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from ...grammar import tree
from ...grammar.errors import NetformError, Source, Span, did_you_mean, quoted
from ...grammar.short_repr import ShortRepr
from ..graph.definitions import lets_of
from .rows import BY_KEY
from .values import value_of


@dataclass(frozen=True, slots=True)
class Axis(ShortRepr):
    """One axis of a sweep: a setting or a let, and the values it takes in turn."""

    name: str
    values: tuple[str, ...]


def axes_of(program: tree.Program) -> tuple[Axis, ...]:
    """The axes of the sweep: settings with several values, then lets that ``sweep`` names.

    Raises NetformError where ``sweep`` names no let or gives it no numbers, where two axes have
    one name, and where an axis takes a value twice.
    """
    given = [
        (setting, BY_KEY[setting.key].alternatives(setting.value))
        for setting in (*program.data, *program.train)
    ]
    swept = [(setting, values) for setting, values in given if len(values) > 1]
    lets = [(setting, tuple(setting.value.split("|"))) for setting in program.sweeps]
    names = {setting.key for setting, _ in swept}
    for setting, values in lets:
        _check_let(setting, names, program)
        _check_numbers(setting, values, program.source)
    for setting, values in (*swept, *lets):
        _refuse_repeats(setting, values, program.source)
    return tuple(Axis(setting.key, values) for setting, values in (*swept, *lets))


def _check_let(setting: tree.Setting, names: set[str], program: tree.Program) -> None:
    """Raise NetformError where ``sweep`` names no let, or the name of another axis."""
    if setting.key in names:
        raise NetformError(
            f"every axis of a sweep has its own name, but {quoted(setting.key)} is a setting "
            "and a let",
            setting.span,
            program.source,
            "give the let another name",
        )
    lets = lets_of(program)
    if setting.key not in lets:
        raise NetformError(
            f"sweep names a let, but none is called {quoted(setting.key)}",
            Span(setting.span.start, setting.span.start + len(setting.key)),
            program.source,
            _hint(setting, lets),
        )


def _hint(setting: tree.Setting, lets: Iterable[str]) -> str:
    """What to write in place of a name that is no let."""
    row = BY_KEY.get(setting.key)
    if row is not None:
        return f"write it there: {row.statement} {setting.key}={setting.value}"
    if setting.key == "w":
        return "the width is not a let; set it with --set w=1/2"
    return did_you_mean(setting.key, lets) if lets else f"write let {setting.key} = ... too"


def _check_numbers(setting: tree.Setting, values: Iterable[str], source: Source) -> None:
    for value in values:
        if value_of("decimal", value) is None:
            raise NetformError(
                f"a sweep takes numbers joined by |, not {quoted(value)!r}",
                Span(setting.span.start + len(setting.key) + 1, setting.span.end),
                source,
                "write sweep d1=0|0.25|0.5",
            )


def _refuse_repeats(setting: tree.Setting, values: tuple[str, ...], source: Source) -> None:
    if len(set(map(_meaning, values))) < len(values):
        raise NetformError(
            f"{setting.key} takes each value of a sweep once",
            setting.span,
            source,
            "leave one of them out",
        )


def _meaning(value: str) -> Fraction | frozenset[str]:
    """A value, equal to those that mean the same: 0.5 and 0.50, flip,crop4 and crop4,flip."""
    number: Fraction | None = value_of("number", value)
    return frozenset(value.split(",")) if number is None else number
