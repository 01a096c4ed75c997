"""Formulas as a textbook writes them: the order of their parts is kept, nothing is worked out.

SymPy would turn ``k_h*k_w*C*F`` into ``C*F*k_h*k_w``, and ``3*3*32*64`` into 18432. A formula here
is data that can be shown as it was stated, with values in the place of its letters, and as the
SymPy expression that it means.

>>> from sympy import Integer
>>> k, C = Letter("k", Integer(3), "kernel"), Letter("C", Integer(64), "incoming channels")
>>> rule = k * k * C + 1
>>> [letter.symbol for letter in letters_of(rule)]
['k', 'C']
>>> expression(rule), expression(substituted(rule))
(C*k**2 + 1, 577)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ...grammar.short_repr import ShortRepr

if TYPE_CHECKING:  # kinds are known without SymPy
    from sympy import Expr


class Formula(ShortRepr):
    """A formula, or a part of one; ``+``, ``-``, ``*`` and ``/`` state larger ones."""

    __slots__ = ()

    def __add__(self, other: Stated) -> Formula:
        return Sum((*_parts(Sum, self), formula(other)))

    def __sub__(self, other: Stated) -> Formula:
        return Sum((*_parts(Sum, self), Negative(formula(other))))

    def __mul__(self, other: Stated) -> Formula:
        return Product((*_parts(Product, self), *_parts(Product, formula(other))))

    def __rmul__(self, other: int) -> Formula:
        return formula(other) * self

    def __truediv__(self, other: Stated) -> Formula:
        return Quotient(self, formula(other))


Stated: TypeAlias = Formula | int


@dataclass(frozen=True, slots=True)
class Letter(Formula):
    """A letter of a rule: its value here, its meaning, and its origin."""

    symbol: str
    value: Expr
    meaning: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Value(Formula):
    """A number, or an expression in the symbols of the network, unchanged."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Sum(Formula):
    """Parts side by side, added up."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Negative(Formula):
    """What a sum takes away."""

    part: Formula


@dataclass(frozen=True, slots=True)
class Product(Formula):
    """Parts side by side, multiplied."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Quotient(Formula):
    """``top`` over ``bottom``."""

    top: Formula
    bottom: Formula


@dataclass(frozen=True, slots=True)
class Floor(Formula):
    """The whole number below."""

    inside: Formula


@dataclass(frozen=True, slots=True)
class Ceiling(Formula):
    """The whole number above."""

    inside: Formula


def formula(stated: Stated) -> Formula:
    """A number as a formula; a formula is one."""
    from sympy import Integer

    return Value(Integer(stated)) if isinstance(stated, int) else stated


def sum_of_formulas(formulas: Iterable[Formula]) -> Formula:
    """The sum of some formulas, side by side; of none, 0."""
    parts = tuple(part for found in formulas for part in _parts(Sum, found))
    return parts[0] if len(parts) == 1 else Sum(parts) if parts else formula(0)


def product(*factors: Stated) -> Formula:
    """The product of some formulas, side by side; of none, 1."""
    parts = tuple(part for found in factors for part in _parts(Product, formula(found)))
    return parts[0] if len(parts) == 1 else Product(parts) if parts else formula(1)


def expression(stated: Formula) -> Expr:
    """What a formula means, in the symbols of its letters."""
    from sympy import Add, Mul, Symbol, ceiling, floor

    match stated:
        case Letter(symbol=symbol):
            return Symbol(symbol)
        case Value(value=value):
            return value
        case Sum(parts=parts):
            return Add(*map(expression, parts))
        case Negative(part=part):
            return -expression(part)
        case Product(parts=parts):
            return Mul(*map(expression, parts))
        case Quotient(top=top, bottom=bottom):
            return expression(top) / expression(bottom)
        case Floor(inside=inside):
            return floor(expression(inside))
        case Ceiling(inside=inside):
            return ceiling(expression(inside))
    raise NotImplementedError(f"{type(stated).__name__} needs a meaning in {__name__}")


def substituted(stated: Formula) -> Formula:
    """The formula with its value in the place of every letter."""
    return _changed(stated, lambda letter: Value(letter.value))


def letters_of(stated: Formula) -> tuple[Letter, ...]:
    """The letters of a formula, each once, in the order in which they occur."""
    return tuple({letter.symbol: letter for letter in _letters(stated)}.values())


def _letters(stated: Formula) -> Iterator[Letter]:
    if isinstance(stated, Letter):
        yield stated
    for part in _inside(stated):
        yield from _letters(part)


def _inside(stated: Formula) -> tuple[Formula, ...]:
    match stated:
        case Sum(parts=parts) | Product(parts=parts):
            return parts
        case Quotient(top=top, bottom=bottom):
            return top, bottom
        case Negative(part=part) | Floor(inside=part) | Ceiling(inside=part):
            return (part,)
        case _:
            return ()


def _changed(stated: Formula, change: Callable[[Letter], Formula]) -> Formula:
    match stated:
        case Letter():
            return change(stated)
        case Sum(parts=parts) | Product(parts=parts):
            return type(stated)(tuple(_changed(part, change) for part in parts))
        case Quotient(top=top, bottom=bottom):
            return Quotient(_changed(top, change), _changed(bottom, change))
        case Negative(part=part) | Floor(inside=part) | Ceiling(inside=part):
            return type(stated)(_changed(part, change))
        case _:
            return stated


def _parts(kind: type[Sum] | type[Product], stated: Formula) -> tuple[Formula, ...]:
    return stated.parts if isinstance(stated, kind) else (stated,)
