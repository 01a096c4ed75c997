"""Formulas as plain text: ``3*3*32w*64w + 64w``."""

from __future__ import annotations

import re
from fractions import Fraction

from sympy import Expr

from ...dsl.algebra.stated_formulas import (
    Ceiling,
    Floor,
    Formula,
    Letter,
    Negative,
    Product,
    Quotient,
    Sum,
    Value,
)

# a number in front of a symbol of one letter: 32*w, but not w**2*B, and not 2*e1
_COEFFICIENT = re.compile(r"(?<![\w*/.])(\d+)\*(?=[A-Za-z](?![\w(]))")


def shown(expression: Expr) -> str:
    """An expression in the symbols of a network: ``18432w**2 + 64w``."""
    return _COEFFICIENT.sub(r"\1", str(expression)).replace("ceiling(", "ceil(")


def stated(formula: Formula) -> str:
    """A formula as it is stated."""
    match formula:
        case Letter(symbol=symbol):
            return symbol
        case Value(value=value):
            return shown(value)
        case Sum(parts=(first, *others)):
            return stated(first) + "".join(map(_added, others))
        case Product(parts=parts):
            return "*".join(_factor(part) for part in parts)
        case Quotient(top=top, bottom=bottom):
            return f"{_factor(top)}/{_factor(bottom)}"
        case Floor(inside=inside):
            return f"floor({stated(inside)})"
        case Ceiling(inside=inside):
            return f"ceil({stated(inside)})"
    raise NotImplementedError(f"{type(formula).__name__} needs a spelling in {__name__}")


def _added(formula: Formula) -> str:
    if isinstance(formula, Negative):
        inside = stated(formula.part)
        return f" - ({inside})" if _is_sum(formula.part) else f" - {inside}"
    return f" + {stated(formula)}"


def _factor(formula: Formula) -> str:
    """A part of a product: sums and fractions in parentheses."""
    if _is_sum(formula) or isinstance(formula, Quotient):
        return f"({stated(formula)})"
    return stated(formula)


def _is_sum(formula: Formula) -> bool:
    return isinstance(formula, Sum) or (
        isinstance(formula, Value)
        and bool(formula.value.is_Add or formula.value.could_extract_minus_sign())
    )


def count(number: Fraction) -> str:
    """``4,089,184,256``."""
    if number.denominator == 1:
        return f"{number.numerator:,}"
    return f"{number.numerator:,}/{number.denominator:,}"


def plain_size(size: int | tuple[int, int]) -> str:
    """An aperture; ``40 to 44`` where pixels differ."""
    return f"{size[0]:,} to {size[1]:,}" if isinstance(size, tuple) else f"{size:,}"
