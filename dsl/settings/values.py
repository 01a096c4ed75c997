"""Setting values as numbers and words, by the grammar in values.lark."""

from __future__ import annotations

import functools
from fractions import Fraction
from importlib import resources
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput

from ...grammar.cached_parser import cached_parser

FORMS = ["count", "number", "decimal", "device", "augmentations"]


class _Values(Transformer[Token, Any]):
    """Makes the values while the parser runs; one method per rule of the grammar."""

    def count(self, items: list[Token]) -> int:
        return int(items[0])

    def number(self, items: list[Token]) -> Fraction:
        return Fraction(items[0])

    decimal = number

    def cpu(self, items: list[Token]) -> str:
        return "cpu"

    def gpu(self, items: list[Token]) -> str:
        return f"gpu:{items[0] if items else 0}"

    def augmentation(self, items: list[Token]) -> tuple[str, Fraction | None]:
        word, *amount = items
        return str(word), Fraction(amount[0]) if amount else None

    def augmentations(self, items: list[Any]) -> tuple[tuple[str, Fraction | None], ...]:
        return tuple(items)


@functools.lru_cache
def value_of(form: str, text: str) -> Any:
    """The value of a text that has one of the FORMS; None where it has another form.

    >>> value_of("number", "1e-3")
    Fraction(1, 1000)
    >>> value_of("augmentations", "flip,crop4")
    (('flip', None), ('crop', Fraction(4, 1)))
    """
    try:
        return _parser().parse(text, start=form)
    except UnexpectedInput:
        return None


def grammar_text() -> str:
    """The grammar of setting values."""
    return resources.files(__package__).joinpath("values.lark").read_text(encoding="utf-8")


@functools.cache
def _parser() -> Lark:
    return cached_parser(grammar_text(), "values", transformer=_Values(), start=FORMS)
