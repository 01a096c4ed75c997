"""Formulas as functions of Python that compute exactly and do not import netform."""

from __future__ import annotations

import keyword
import math
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence

from sympy import (
    Add,
    Expr,
    Integer,
    Max,
    Mul,
    Pow,
    Rational,
    Symbol,
    ceiling,
    floor,
    fraction,
    together,
)

from ...dsl.algebra.sympy_expressions import round8
from ...dsl.costs.quantities import QUANTITIES
from .formatter import formatted
from .source import WIDTH, docstring_text, literal

_IMPORT = "from fractions import Fraction"
_ROUND_8 = '''
def round8(value):
    """The multiple of 8 nearest to a number, at least 8 and at least nine tenths of it."""
    rounded = max(8, (value + 4) // 8 * 8)
    return rounded + 8 if 10 * rounded < 9 * value else rounded
'''
_SUM, _PRODUCT, _FACTOR, _ATOM = range(4)  # how tightly the operators of an expression bind


def to_python(formulas: Mapping[str, Expr], domain: Sequence[str] = ()) -> str:
    """A module with a function for every formula, as ``ruff format`` leaves it.

    A function takes a number for every symbol of its formula, an int or a Fraction, and returns
    an int. It raises ValueError where its value is not whole, which is outside of the domain.

    >>> from sympy.abc import w
    >>> program = to_python({"params": 2336768 * w**2 + 12480 * w + 10})
    >>> made = {}
    >>> exec(program, made)
    >>> made["params"](w=made["Fraction"](1, 2))
    590442
    """
    functions = [
        _function(re.sub(r"\W+", "_", name), expression, domain)
        for name, expression in formulas.items()
    ]
    needs_round8 = any(expression.has(round8) for expression in formulas.values())
    imports = [_IMPORT] if any(e.free_symbols for e in formulas.values()) else []
    return formatted("\n\n".join([*imports, *([_ROUND_8] if needs_round8 else []), *functions]))


def _function(name: str, expression: Expr, domain: Sequence[str]) -> str:
    symbols = sorted(expression.free_symbols, key=lambda symbol: (symbol.name != "w", symbol.name))
    names = _parameters(symbols, taken={name, "value", "round8", "Fraction", "ValueError"})
    lines = [
        f"def {name}({', '.join(names.values())}):",
        _docstring(name, domain),
        *(f"    {parameter} = Fraction({parameter})" for parameter in names.values()),
        f"    value = {_quotient(expression, names)}",
    ]
    if not symbols:
        return "\n".join([*lines, "    return value"])
    return "\n".join(
        [
            *lines,
            "    if value.denominator != 1:",
            f'        raise ValueError(f"{name} is {{value}} there, which is not whole")',
            "    return value.numerator",
        ]
    )


def _docstring(name: str, domain: Sequence[str]) -> str:
    """The quantity and its unit, and the numbers that its symbols may be."""
    quantity = QUANTITIES.get(name)
    if quantity is None:
        summary = name
    else:
        summary = f"{quantity.meaning[0].upper()}{quantity.meaning[1:]}, in {quantity.unit}."
    if not domain:
        return f'    """{docstring_text(summary)}"""'
    where = _filled(f"Where {', '.join(domain)}.", "    ")
    return "\n".join([f'    """{docstring_text(summary)}', "", *where, '    """'])


def _quotient(expression: Expr, names: Mapping[Symbol, str]) -> str:
    """An expression as Python, one division of a sum with whole coefficients."""
    numerator, denominator = _over(expression)
    total = _spelled(numerator, names, _SUM)
    return total if denominator == 1 else f"Fraction({total}, {literal(denominator)})"


def _over(expression: Expr) -> tuple[Expr, int]:
    """An expression with whole coefficients, and what it is divided by."""
    terms = Add.make_args(expression)
    denominator = math.lcm(*(int(term.as_coeff_Mul()[0].q) for term in terms))
    return Add(*(term * denominator for term in terms)), denominator


def _added(terms: Iterable[str]) -> str:
    first, *others = terms
    signed = (f" - {t[1:]}" if t.startswith("-") else f" + {t}" for t in others)
    return first + "".join(signed)


def _spelled(expression: Expr, names: Mapping[Symbol, str], strength: int) -> str:
    """An expression as Python, in parentheses where an operator around it binds tighter."""
    text, own = _written(expression, names)
    return f"({text})" if own < strength else text


def _written(expression: Expr, names: Mapping[Symbol, str]) -> tuple[str, int]:
    match expression:
        case Symbol():
            return names[expression], _ATOM
        case Integer():
            return literal(int(expression)), _ATOM if expression >= 0 else _FACTOR
        case Rational():
            return f"Fraction({literal(int(expression.p))}, {literal(int(expression.q))})", _ATOM
        case Add():
            return _added([_spelled(t, names, _SUM) for t in expression.as_ordered_terms()]), _SUM
        case Mul():
            return _product(expression, names), _PRODUCT
        case Pow(args=(base, power)) if power.is_Integer and power > 0:
            return f"{_spelled(base, names, _ATOM)}**{int(power)}", _FACTOR
    return _function_of(expression, names)


def _function_of(expression: Expr, names: Mapping[Symbol, str]) -> tuple[str, int]:
    match expression:
        case Max(args=cases):
            return f"max({', '.join(_spelled(case, names, _SUM) for case in cases)})", _ATOM
        case floor(args=(inside,)):
            return _floored(inside, names), _PRODUCT
        case ceiling(args=(inside,)):
            return f"-({_floored(-inside, names)})", _FACTOR
        case round8(args=(inside,)):
            return f"round8({_spelled(inside, names, _SUM)})", _ATOM
    raise NotImplementedError(f"{type(expression).__name__} needs a spelling in {__name__}")


def _product(expression: Expr, names: Mapping[Symbol, str]) -> str:
    coefficient, rest = expression.as_coeff_Mul()
    factors = [_spelled(factor, names, _FACTOR) for factor in rest.as_ordered_factors()]
    if coefficient == -1:
        return f"-{' * '.join(factors)}"
    front = [] if coefficient == 1 else [_spelled(coefficient, names, _PRODUCT)]
    return " * ".join([*front, *factors])


def _floored(inside: Expr, names: Mapping[Symbol, str]) -> str:
    numerator, denominator = fraction(together(inside))
    return f"{_spelled(numerator, names, _PRODUCT)} // {literal(int(denominator))}"


def _parameters(symbols: Iterable[Symbol], taken: set[str]) -> dict[Symbol, str]:
    """Names that Python takes, for symbols that may be called ``lambda``."""
    names: dict[Symbol, str] = {}
    for symbol in symbols:
        name = symbol.name
        while keyword.iskeyword(name) or name in taken:
            name += "_"
        names[symbol] = name
        taken.add(name)
    return names


def _filled(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        docstring_text(text),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
