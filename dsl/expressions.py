"""What the numbers and expressions of an atom come to."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TypeAlias

from ..grammar import tree
from ..grammar.errors import NetformError, Source, did_you_mean, quoted
from .kinds.readers import Given
from .polynomials import ONE, Poly, constant

LARGEST = 10**18
HIGHEST_POWER = 8  # of w

Value: TypeAlias = Fraction | Poly


def evaluate(expression: tree.Expression, names: Mapping[str, Value], source: Source) -> Given:
    """The value of an expression; raises NetformError at the part that has none."""
    if isinstance(expression, tree.Number):  # nearly always
        return Given(expression.value)
    value = _value(expression, names, source)
    if not isinstance(value, Fraction) and value.is_ground:
        coefficient = value.coeff(ONE)
        value = Fraction(int(coefficient.numerator), int(coefficient.denominator))
    return Given(value, literal=_mentions_a_name(expression))


def _value(expression: tree.Expression, names: Mapping[str, Value], source: Source) -> Value:
    match expression:
        case tree.Number():
            return expression.value
        case tree.Name(name=name):
            if name not in names:
                raise NetformError(
                    f"no symbol is called {quoted(name)}",
                    expression.span,
                    source,
                    did_you_mean(name, names),
                )
            return names[name]
        case tree.Negation():
            return -_value(expression.operand, names, source)
        case tree.Operation():
            left = _value(expression.left, names, source)
            right = _value(expression.right, names, source)
            value = _operate(expression, left, right, source)
            if not isinstance(value, Fraction) and value.degree(0) > HIGHEST_POWER:
                raise NetformError(
                    f"powers of w stay at most {HIGHEST_POWER}, but this expression has a higher one",
                    expression.span,
                    source,
                    "write a lower power",
                )
            if _largest(value) > LARGEST:
                raise NetformError(
                    "numbers stay below 10^18, but this expression is larger",
                    expression.span,
                    source,
                    "write smaller numbers",
                )
            return value


def _operate(operation: tree.Operation, left: Value, right: Value, source: Source) -> Value:
    if operation.operator == "/":
        if not isinstance(right, Fraction) or right == 0:
            raise NetformError(
                "a divisor is a number other than 0, without w",
                operation.right.span,
                source,
                "divide by a number, such as (64*w/2)",
            )
        return left / right if isinstance(left, Fraction) else left * constant(1 / right)
    if isinstance(left, Fraction) != isinstance(right, Fraction):
        left, right = _poly(left), _poly(right)
    match operation.operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right


def _poly(value: Value) -> Poly:
    return constant(value) if isinstance(value, Fraction) else value


def _largest(value: Value) -> int:
    if isinstance(value, Fraction):
        return max(abs(value.numerator), value.denominator)
    return max((max(abs(int(c.numerator)), int(c.denominator)) for c in value.values()), default=0)


def _mentions_a_name(expression: tree.Expression) -> bool:
    match expression:
        case tree.Number():
            return False
        case tree.Name():
            return True
        case tree.Negation():
            return _mentions_a_name(expression.operand)
        case tree.Operation():
            return _mentions_a_name(expression.left) or _mentions_a_name(expression.right)
