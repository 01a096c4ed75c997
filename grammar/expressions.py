"""The expressions of the syntax tree: numbers, names, and what is made of them.

Every node is frozen and carries its ``span`` in the source, which is no part of equality.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from .errors import Span
from .short_repr import ShortRepr

NOWHERE = Span(0, 0)


def span_field() -> Span:
    """The field for the place of a node in the source."""
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    return span


@dataclass(frozen=True, slots=True)
class Number(ShortRepr):
    """``64`` or ``0.5``, kept exactly."""

    value: Fraction
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Name:
    """A symbol: ``w``, the width, ``c``, the incoming channels, a parameter or a let."""

    name: str
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Negation(ShortRepr):
    """``-x``."""

    operand: Expression
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Operation(ShortRepr):
    """``x + y``, ``x - y``, ``x * y`` or ``x / y``."""

    operator: Literal["+", "-", "*", "/"]
    left: Expression
    right: Expression
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Function(ShortRepr):
    """A rounding function: ``round8(x)``, ``ceil(x)`` or ``floor(x)``."""

    name: str
    argument: Expression
    span: Span = span_field()


Expression = Number | Name | Negation | Operation | Function
Size = tuple[Expression, ...]  # 3 is one expression, 1x7 two


def operands(expression: Expression) -> tuple[Expression, ...]:
    """The expressions that one is directly made of."""
    match expression:
        case Operation():
            return expression.left, expression.right
        case Negation():
            return (expression.operand,)
        case Function():
            return (expression.argument,)
        case _:
            return ()


def parts(expression: Expression) -> Iterator[Expression]:
    """An expression and all expressions inside it."""
    yield expression
    for operand in operands(expression):
        yield from parts(operand)


def names(expression: Expression) -> Iterator[str]:
    """The symbols in an expression."""
    return (part.name for part in parts(expression) if isinstance(part, Name))
