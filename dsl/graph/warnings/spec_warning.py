"""A warning of ``netform check``: a probable mistake, at its place in the text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ....grammar import tree
from ....grammar.errors import NetformError, Source, Span
from ....grammar.short_repr import ShortRepr

MOST_WARNINGS = 100


@dataclass(frozen=True, slots=True)
class SpecWarning(ShortRepr):
    """A probable mistake: its place, what is odd, what to write instead."""

    message: str
    source: Source
    span: Span
    hint: str

    def as_json(self) -> dict[str, Any]:
        """As JSON values."""
        line, column = self.source.position(self.span.start)
        where = {"file": self.source.name, "line": line, "column": column}
        return {"message": self.message, **where, "hint": self.hint}

    def __str__(self) -> str:
        return str(NetformError(f"warning: {self.message}", self.span, self.source, self.hint))


def in_order(found: Iterable[SpecWarning], program: tree.Program) -> list[SpecWarning]:
    """The first warnings in the order of the text, each place once."""
    by_place = {(w.source.name, w.span.start, w.hint): w for w in reversed([*found])}
    order = sorted(by_place.values(), key=lambda w: (w.source is not program.source, w.span.start))
    return order[:MOST_WARNINGS]
