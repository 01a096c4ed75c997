r"""Formulas in TeX: ``18{,}432 w^{2} + 64 w``.

The formulas go into LaTeX documents, Markdown and notebooks. So no backslash is
followed by punctuation, which Markdown would take for an escape, and an underscore follows only
letters and digits, where it begins no emphasis.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from sympy import Expr
from sympy.printing.latex import LatexPrinter

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
from ...dsl.derivations.derivation import Contribution, Derivation, Growth, Power, Result

LONGEST_LINE = 90  # of TeX source, in a display


class _Printer(LatexPrinter):  # type: ignore[misc]
    """SymPy's printer, with separators in long numbers and words as words."""

    def _print_Integer(self, expr: Expr) -> str:
        return digits(int(expr))

    def _print_Rational(self, expr: Expr) -> str:
        sign = "-" if expr.p < 0 else ""
        return rf"{sign}\frac{{{digits(abs(int(expr.p)))}}}{{{digits(int(expr.q))}}}"

    def _print_Symbol(self, expr: Expr, style: str = "plain") -> str:
        return symbol(expr.name)

    def _print_floor(self, expr: Expr, exp: str | None = None) -> str:
        return self._fenced(rf"\left\lfloor {self._print(expr.args[0])} \right\rfloor", exp)

    def _print_ceiling(self, expr: Expr, exp: str | None = None) -> str:
        return self._fenced(rf"\left\lceil {self._print(expr.args[0])} \right\rceil", exp)

    def _print_round8(self, expr: Expr, exp: str | None = None) -> str:
        inside = rf"\left( {self._print(expr.args[0])} \right)"
        return self._fenced(rf"\mathrm{{round8}}{inside}", exp)

    def _fenced(self, inside: str, exp: str | None) -> str:
        return rf"{inside}^{{{exp}}}" if exp else inside


_PRINTER = _Printer()


def shown(expression: Expr) -> str:
    """An expression in the symbols of a network."""
    return str(_PRINTER.doprint(expression))


def lines(expression: Expr) -> list[str]:
    """An expression in lines that fit a display, each but the first with its sign."""
    return _packed([shown(term) for term in expression.as_ordered_terms()])


def stated(formula: Formula) -> str:
    """A formula as it is stated."""
    match formula:
        case Letter(symbol=name):
            return symbol(name)
        case Value(value=value):
            return shown(value)
        case Sum(parts=(first, *others)):
            return stated(first) + "".join(f" {_added(part)}" for part in others)
        case Product(parts=parts):
            return "".join(_multiplied(parts))
        case Quotient(top=top, bottom=bottom):
            return rf"\frac{{{stated(top)}}}{{{stated(bottom)}}}"
        case Floor(inside=inside):
            return rf"\left\lfloor {stated(inside)} \right\rfloor"
        case Ceiling(inside=inside):
            return rf"\left\lceil {stated(inside)} \right\rceil"
    raise NotImplementedError(f"{type(formula).__name__} needs a spelling in {__name__}")


def stated_lines(formula: Formula) -> list[str]:
    """A formula in lines that fit a display, each but the first with its sign."""
    if not isinstance(formula, Sum):
        return [stated(formula)]
    first, *others = formula.parts
    return _packed([stated(first), *map(_added, others)])


def _packed(terms: list[str]) -> list[str]:
    """Terms, which may have their signs, filled into lines."""
    packed = [terms[0]]
    for term in terms[1:]:
        signed = term if term.startswith(("+", "-")) else f"+ {term}"
        if len(packed[-1]) + len(signed) > LONGEST_LINE:
            packed.append(signed)
        else:
            packed[-1] += f" {signed}"
    return packed


def _added(formula: Formula) -> str:
    if isinstance(formula, Negative):
        return f"- {_in_parentheses(formula.part)}"
    return f"+ {stated(formula)}"


def _multiplied(parts: tuple[Formula, ...]) -> Iterator[str]:
    """Factors side by side: letters touch, numbers are kept apart by a dot."""
    yield _in_parentheses(parts[0])
    for before, part in pairwise(parts):
        apart = isinstance(part, Value) or (isinstance(before, Value) and not _is_number(before))
        yield rf" \cdot {_in_parentheses(part)}" if apart else f" {_in_parentheses(part)}"


def _is_number(formula: Formula) -> bool:
    return isinstance(formula, Value) and bool(formula.value.is_number)


def _in_parentheses(formula: Formula) -> str:
    """A factor: a sum in parentheses."""
    is_sum = isinstance(formula, Sum) or (
        isinstance(formula, Value)
        and bool(formula.value.is_Add or formula.value.could_extract_minus_sign())
    )
    return rf"\left( {stated(formula)} \right)" if is_sum else stated(formula)


def symbol(name: str) -> str:
    r"""A symbol: ``w``, ``H_{\mathrm{out}}``, ``k_{h}``, and a word as a word."""
    stem, *below = [part for part in name.split("_") if part] or ["x"]
    shown = stem if len(stem) == 1 else rf"\mathit{{{stem}}}"
    if not below:
        return shown
    sub = " ".join(part if len(part) == 1 else rf"\mathrm{{{part}}}" for part in below)
    if len(stem) == 1:
        return rf"{stem}_{{{sub}}}"
    return rf"\mathit{{{stem}_{{{sub}}}}}"


def digits(number: int) -> str:
    """``4{,}089{,}184{,}256``."""
    return f"{number:,}".replace(",", "{,}")


def count(number: Fraction) -> str:
    """A number with separators."""
    if number.denominator == 1:
        return digits(number.numerator)
    return rf"\frac{{{digits(number.numerator)}}}{{{digits(number.denominator)}}}"


def quantity(name: str) -> str:
    r"""The name of a quantity: ``\mathrm{train\ macs}``, or a letter as it is."""
    if re.fullmatch(r"[A-Z](_[a-z0-9]+)?", name):
        return symbol(name)
    return (
        rf"\mathrm{{{name}}}".replace("_", r"\ ")
        .replace(" by ", r"\ by\ ")
        .replace("-", r"\text{-}")
    )


def size(number: int | tuple[int, int]) -> str:
    """An aperture; the least and the most where pixels differ."""
    if isinstance(number, tuple):
        return rf"{digits(number[0])} \text{{ to }} {digits(number[1])}"
    return digits(number)


def letter(found: Letter) -> str:
    """A letter and its value, unless the letter is its own value."""
    name, value = symbol(found.symbol), shown(found.value)
    return name if name == value else f"{name} = {value}"


def row(found: Contribution) -> str:
    """What some layers add: the rule with values, and the result."""
    rule = stated(found.step.substituted)
    if len(found.layers) > 1:
        rule = rf"{digits(len(found.layers))} \cdot \left( {rule} \right)"
    end = shown(found.simplified)
    return rule if rule == end else f"{rule} = {end}"


def power(found: Power) -> str:
    """The coefficients of a power, added up."""
    parts = [
        shown(c) if n == 1 else rf"{digits(n)} \cdot {shown(c)}" for n, c in found.coefficients
    ]
    added = " ".join([parts[0], *(p if p.startswith("-") else f"+ {p}" for p in parts[1:])])
    end = shown(found.sum)
    return added if added == end else f"{added} = {end}"


def growth(found: Growth) -> str:
    """One step of the recurrence of an aperture, in numbers."""
    jump = count(found.jump_before)
    return rf"{digits(found.before)} + {found.kernel - 1} \cdot {jump} = {size(found.size)}"


def point(derivation: Derivation, expression: Expr | None = None) -> str:
    """The numbers of the symbols, of an expression where one is given."""
    names = {s.name for s in expression.free_symbols} if expression is not None else None
    found = [(n, v) for n, v in derivation.at if names is None or n in names]
    return ", ".join(f"{symbol(n)} = {count(v)}" for n, v in found)


def result(found: Result) -> str:
    """What is derived: its name, and its formula where it has one, else its number."""
    name = quantity(found.name)
    if found.formula is not None:
        return f"{name} = {shown(found.formula)}"
    if isinstance(found.number, tuple):
        return f"{name} = {size(found.number)}"
    return name if found.number is None else f"{name} = {count(found.number)}"
