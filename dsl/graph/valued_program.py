"""A program with numbers for some of its symbols: which have none, and which may be left free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...grammar import tree
from ...grammar.budget import MOST_SYMBOLS
from ...grammar.errors import NetformError, did_you_mean
from ..algebra.exact_numbers import exact
from .definitions import lets_of
from .symbols import WIDTH_AND_BATCH, named_sides, symbols_of


class ValuedProgram:
    """A syntax tree, and ``values`` for its lets and for the symbols of its input.

    ``symbols`` are all that it has, w and B first, ``open`` those of the input without a number.
    Two are equal when their programs and values are. Raises NetformError where a value is of no
    symbol.
    """

    def __init__(self, program: tree.Program, values: Mapping[str, Any] | None = None) -> None:
        self.program = program
        self.values = {symbol: exact(value) for symbol, value in (values or {}).items()}
        self.symbols = symbols_of(program)
        for symbol in self.values:
            self._check_symbol(symbol, self.symbols[2:])
        valued = {*self.values, *lets_of(program)}
        self.open = tuple(name for name in named_sides(program) if name not in valued)

    def free_symbols(self, free: Iterable[str] | None = None) -> tuple[str, ...]:
        """The symbols left free: unless chosen, w, B and those of the input without a number."""
        if free is None:
            return (*WIDTH_AND_BATCH, *self.open)
        chosen = tuple(free)
        for name in chosen:
            self._check_symbol(name, self.symbols)
        if len(set(chosen)) > MOST_SYMBOLS:
            raise NetformError(
                f"at most {MOST_SYMBOLS} symbols are left free, not {len(set(chosen))}",
                hint="name those that matter",
            )
        if not set(self.open) <= set(chosen):
            self.check_closed()
        return chosen

    def check_closed(self) -> None:
        """Raise NetformError where the size of the input is not known."""
        for name in self.open:
            raise NetformError(
                f"{name} has no value",
                self.program.input.span,
                self.program.source,
                f"give one with --set {name}=224, or write let {name} = 224",
            )

    def _check_symbol(self, name: str, known: Sequence[str]) -> None:
        if name not in known:
            raise NetformError(
                f"no symbol of this network is called {name}",
                hint=did_you_mean(name, known) if known else "it has no lets",
            )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ValuedProgram)
            and self.program == other.program
            and self.values == other.values
        )

    def __hash__(self) -> int:
        return hash(self.program)
