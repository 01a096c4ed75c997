"""The nodes of the syntax tree, made bottom-up while Lark reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lark import Token, Transformer

from . import tree
from .errors import Span, quoted

LONGEST_NUMBER = 15  # digits
DEEPEST_NESTING = 100

_POST_OP = re.compile(r"([a-z]+)([0-9]+(?:\.[0-9]+)?)?")


class Misformed(Exception):
    """An error met while building, before the source is at hand."""

    def __init__(self, message: str, span: Span, hint: str) -> None:
        self.message, self.span, self.hint = message, span, hint


def _span(first: Token, last: Token | None = None) -> Span:
    end = (last or first).end_pos
    assert first.start_pos is not None
    assert end is not None
    return Span(first.start_pos, end)


def _around(first: Any, last: Any) -> Span:
    return Span(first.span.start, last.span.end)


class Builder(Transformer[Token, list[Any]]):
    """Makes the nodes bottom-up while the parser runs; one method per rule of the grammar."""

    def start(self, items: list[Any]) -> list[Any]:
        return items

    def number(self, items: list[Token]) -> tree.Number:
        return _number(items[0], _span(items[0]))

    literal = number

    def name(self, items: list[Token]) -> tree.Name:
        return tree.Name(str(items[0]), _span(items[0]))

    def add(self, items: list[Any]) -> tree.Operation:
        return tree.Operation("+", items[0], items[1], _around(items[0], items[1]))

    def subtract(self, items: list[Any]) -> tree.Operation:
        return tree.Operation("-", items[0], items[1], _around(items[0], items[1]))

    def multiply(self, items: list[Any]) -> tree.Operation:
        return tree.Operation("*", items[0], items[1], _around(items[0], items[1]))

    def divide(self, items: list[Any]) -> tree.Operation:
        return tree.Operation("/", items[0], items[1], _around(items[0], items[1]))

    def negate(self, items: list[Any]) -> tree.Negation:
        return tree.Negation(items[0], items[0].span)

    def grouped(self, items: list[Any]) -> tree.Expression:
        expression: tree.Expression = items[0]
        return expression

    def value(self, items: list[Any]) -> _Value:
        sizes = tuple(item for item in items if not isinstance(item, Token))
        for expression in sizes:
            _check_depth(expression)
        last = items[-1]
        return _Value(sizes, _span(last).end if isinstance(last, Token) else last.span.end)

    def modifier(self, items: list[Any]) -> tree.Modifier:
        letter, value = items
        return tree.Modifier(str(letter), value.size, Span(_span(letter).start, value.end))

    def flag(self, items: list[Token]) -> tree.Modifier:
        return tree.Modifier(str(items[0]), None, _span(items[0]))

    def atom(self, items: list[Any]) -> tree.Atom:
        op, value, post = items[0], None, None
        end = _span(op).end
        modifiers = []
        for item in items[1:]:
            if isinstance(item, tree.Modifier):
                modifiers.append(item)
                end = item.span.end
            elif isinstance(item, Token):
                post = post_chain(str(item)[1:], _span(item).start + 1)
                end = _span(item).end
            else:
                value, end = item.size, item.end
        span = Span(_span(op).start, end)
        return tree.Atom(str(op), value, tuple(modifiers), post, span)

    def size(self, items: list[Token]) -> tree.Input:
        numbers = [_number(item, _span(item)) for item in items]
        for number in numbers:
            if number.value.denominator != 1 or number.value < 1:
                raise Misformed(
                    f"an input has whole extents of at least 1, not {number.value}",
                    number.span,
                    "write height x width x channels, such as input 32x32x3",
                )
        return tree.Input(tuple(int(n.value) for n in numbers), _span(items[0], items[-1]))

    def input(self, items: list[tree.Input]) -> tree.Input:
        return items[0]

    def post(self, items: list[Token]) -> Statement:
        return Statement("post", [_setting(item) for item in items])

    def data(self, items: list[Token]) -> Statement:
        return Statement("data", [_setting(item) for item in items])

    def train(self, items: list[Token]) -> Statement:
        return Statement("train", [_setting(item) for item in items])


@dataclass(frozen=True, slots=True)
class Statement:
    """The settings of one post, data or train statement."""

    keyword: str
    settings: list[tree.Setting]


@dataclass(frozen=True, slots=True)
class _Value:
    """A value and where it ends: a parenthesis that closes it belongs to it."""

    size: tree.Size
    end: int


def _number(token: str, span: Span) -> tree.Number:
    if len(token) > LONGEST_NUMBER:
        raise Misformed(
            f"a number has at most {LONGEST_NUMBER} digits, but this one has {len(token):,}",
            span,
            "write a smaller number",
        )
    return tree.Number(Fraction(token), span)


def _check_depth(expression: tree.Expression) -> None:
    level: list[tree.Expression] = [expression]
    for _ in range(DEEPEST_NESTING):
        level = [inner for outer in level for inner in _operands(outer)]
        if not level:
            return
    raise Misformed(
        f"an expression nests at most {DEEPEST_NESTING} operations",
        expression.span,
        "work the number out, and write the result",
    )


def _operands(expression: tree.Expression) -> tuple[tree.Expression, ...]:
    match expression:
        case tree.Operation():
            return expression.left, expression.right
        case tree.Negation():
            return (expression.operand,)
        case _:
            return ()


def _setting(token: Token) -> tree.Setting:
    key, _, value = str(token).partition("=")
    return tree.Setting(key, value.strip('"'), _span(token))


def post_chain(text: str, start: int) -> tree.PostChain:
    """Read what follows a colon or ``conv=``: ``bn.relu``, or ``-`` for nothing."""
    if text == "-":
        return ()
    chain = []
    for word in re.split(r"\.(?![0-9])", text):
        match = _POST_OP.fullmatch(word)
        span = Span(start, start + max(1, len(word)))
        if match is None:
            raise Misformed(
                f"a post chain is layers joined by dots, but {quoted(word)!r} is no layer"
                if word
                else "a post chain is layers joined by dots, but a layer is missing here",
                span,
                "write :bn.relu, or :- for no post chain",
            )
        number = _number(match[2], span) if match[2] else None
        chain.append(tree.PostOp(match[1], number, span))
        start += len(word) + 1
    return tuple(chain)
