"""Expressions of the language as Python expressions, with the value that Python gives them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from ...grammar import tree
from ..python.source import Value, literal

LONGEST = 40  # characters: a longer expression is written as its number

_SUM, _PRODUCT, _FACTOR = range(3)  # how tightly the operators of an expression bind


@dataclass(frozen=True, slots=True)
class PythonExpression:
    """Python source and its value. ``varies`` means that a name of the program is in it.

    ``is_literal`` means that c is in it, so that the width does not scale it.
    """

    text: str
    value: Fraction
    varies: bool = False
    is_literal: bool = False
    strength: int = _FACTOR

    def inside(self, strength: int) -> str:
        """The text as part of another expression."""
        return f"({self.text})" if self.strength < strength else self.text


Lookup = Callable[[str], PythonExpression | None]


def python_expression(expression: tree.Expression, lookup: Lookup) -> PythonExpression | None:
    """An expression in Python; None where it is too long, or its value is not whole."""
    found = _python_expression(expression, lookup)
    return found if found is not None and len(found.text) <= LONGEST else None


def _python_expression(expression: tree.Expression, lookup: Lookup) -> PythonExpression | None:
    match expression:
        case tree.Number(value=value):
            return number(value)
        case tree.Name(name=name):
            return lookup(name)
        case tree.Negation(operand=operand):
            found = _python_expression(operand, lookup)
            if found is None or found.value.denominator != 1:
                return None
            return PythonExpression(
                f"-{found.inside(_FACTOR)}",
                -found.value,
                found.varies,
                found.is_literal,
                _PRODUCT,
            )
        case tree.Operation(operator=operator, left=left, right=right):
            one, other = _python_expression(left, lookup), _python_expression(right, lookup)
            if one is None or other is None:
                return None
            if one.value.denominator != 1 or other.value.denominator != 1:
                return None
            result = _value(operator, one.value, other.value)
            if result is None:
                return None
            strength = _SUM if operator in "+-" else _PRODUCT
            sign = "//" if operator == "/" else operator
            return PythonExpression(
                f"{one.inside(strength)} {sign} {other.inside(strength + 1)}",
                result,
                one.varies or other.varies,
                one.is_literal or other.is_literal,
                strength,
            )
        case tree.Function():
            return None


def number(value: Fraction) -> PythonExpression:
    """A number by itself."""
    return PythonExpression(literal(int_if_whole(value)), value)


def int_if_whole(value: Fraction) -> Value:
    """A whole number as an integer, another as it is."""
    return value.numerator if value.denominator == 1 else value


def _value(operator: str, one: Fraction, other: Fraction) -> Fraction | None:
    match operator:
        case "+":
            return one + other
        case "-":
            return one - other
        case "*":
            return one * other
        case _:
            return one / other if other and (one / other).denominator == 1 else None
