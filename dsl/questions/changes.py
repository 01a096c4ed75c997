"""Changes of symbols, such as w=1/2, R=2*R or n=n+1, for a ratio."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ...grammar import tree
from ...grammar.errors import NetformError, Source, did_you_mean
from ...grammar.parser import change_of
from ...grammar.short_repr import LONGEST, ShortRepr, cut
from ..algebra.polynomials import Algebra, Poly, value_at
from ..graph.expressions import Evaluation
from ..graph.scope import NOWHERE, Binding, Frame, Scope
from ..kinds.base.readers import Given

if TYPE_CHECKING:
    from ..network import Network


@dataclass(frozen=True, slots=True)
class Changes(ShortRepr):
    """The new values of some symbols, as polynomials in the letters of an algebra."""

    algebra: Algebra
    polys: Mapping[str, Poly]

    def __repr__(self) -> str:
        return cut(f"Changes({self})", LONGEST)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols that change."""
        return tuple(self.polys)

    def of(self, poly: Poly) -> Poly:
        """A polynomial without roundings after the changes."""
        symbol = self.algebra.symbol
        return poly.compose([(symbol(name), changed) for name, changed in self.polys.items()])

    def numbers(self, before: Mapping[str, Fraction]) -> dict[str, Fraction]:
        """The numbers that the symbols have after the changes."""
        point = self.algebra.point(before)
        return {**before, **{name: value_at(poly, point) for name, poly in self.polys.items()}}

    def __str__(self) -> str:
        """``w = w/2, R = 2*R``."""
        expression = self.algebra.expression
        return ", ".join(f"{name} = {expression(poly)}" for name, poly in self.polys.items())


def read_changes(given: Mapping[str, Any]) -> dict[str, tree.Let]:
    """What is given for every symbol, a number or an expression, as syntax."""
    return {name: change_of(_source(name, value)) for name, value in given.items()}


def _source(name: str, value: Any) -> Source:
    """A change as it is written."""
    return Source(f"{name}={value}", "change")


def is_number(change: tree.Let) -> bool:
    """Whether a change mentions no symbol: then it sets one."""
    return not any(tree.names(change.value))


def free_of(network: Network, lets: Mapping[str, tree.Let]) -> tuple[str, ...]:
    """The symbols in changes other than w and B.

    Raises NetformError if a symbol is not one of the network's, or a change rounds.
    """
    known = network.symbols
    for name, let in lets.items():
        for word in (name, *tree.names(let.value)):
            if word not in known:
                raise NetformError(
                    f"no symbol of this network is called {word}",
                    hint=did_you_mean(word, known),
                )
        if _rounds(let.value):
            raise NetformError(
                f"a change is made of + - * /, but that of {name} rounds",
                hint="write w=1/2, R=2*R or n=n+1",
            )
    words = [name for let in lets.values() for name in tree.names(let.value)]
    return tuple(dict.fromkeys(name for name in (*lets, *words) if name not in ("w", "B")))


def changes_of(lets: Mapping[str, tree.Let], given: Mapping[str, Any], algebra: Algebra) -> Changes:
    """Changes as polynomials; a number for w is what w is multiplied by.

    ``lets`` are those that are ``given`` as text or numbers, read. Raises NetformError if a change is no polynomial.
    """
    evaluation = Evaluation(algebra, algebra.width, {}, {})
    polys = {}
    for name, let in lets.items():
        scope = Scope(Frame("", _source(name, given[name])), NOWHERE)
        scope.frame.arguments["B"] = Binding(tree.Name("B"), scope, Given(algebra.batch))
        value = algebra.poly(evaluation.value(let.value, scope).number)
        polys[name] = value * algebra.width if name == "w" and is_number(let) else value
    return Changes(algebra, polys)


def _rounds(expression: tree.Expression) -> bool:
    match expression:
        case tree.Function():
            return True
        case tree.Negation(operand=operand):
            return _rounds(operand)
        case tree.Operation(left=left, right=right):
            return _rounds(left) or _rounds(right)
        case _:
            return False
