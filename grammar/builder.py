"""The nodes of the syntax tree, made bottom-up while Lark reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lark import Token, Transformer

from . import tree
from .budget import DEEPEST_NESTING
from .errors import Span, quoted
from .words import AtomError, post_chain, read_number


def _start(token: Token) -> int:
    assert token.start_pos is not None
    return token.start_pos


def _end(token: Token) -> int:
    assert token.end_pos is not None
    return token.end_pos


def _span(first: Token, last: Token | None = None) -> Span:
    return Span(_start(first), _end(last or first))


def _around(first: Any, last: Any) -> Span:
    return Span(first.span.start, last.span.end)


class Builder(Transformer[Token, list[Any]]):
    """Makes the nodes bottom-up while the parser runs; one method per rule of the grammar."""

    def start(self, items: list[Any]) -> list[Any]:
        """All statements and parts of the chain."""
        return items

    def number(self, items: list[Token]) -> tree.Number:
        """``64``."""
        return read_number(items[0], _span(items[0]))

    def name(self, items: list[Token]) -> tree.Name:
        """``w``."""
        return tree.Name(str(items[0]), _span(items[0]))

    def add(self, items: list[Any]) -> tree.Operation:
        """``x + y``."""
        return tree.Operation("+", items[0], items[1], _around(items[0], items[1]))

    def subtract(self, items: list[Any]) -> tree.Operation:
        """``x - y``."""
        return tree.Operation("-", items[0], items[1], _around(items[0], items[1]))

    def multiply(self, items: list[Any]) -> tree.Operation:
        """``x * y``."""
        return tree.Operation("*", items[0], items[1], _around(items[0], items[1]))

    def divide(self, items: list[Any]) -> tree.Operation:
        """``x / y``."""
        return tree.Operation("/", items[0], items[1], _around(items[0], items[1]))

    def negate(self, items: list[Any]) -> tree.Negation:
        """``-x``."""
        return tree.Negation(items[0], items[0].span)

    def function(self, items: list[Any]) -> tree.Function:
        """``floor(x)``."""
        name, argument, closing = items
        return tree.Function(str(name), argument, _span(name, closing))

    def grouped(self, items: list[Any]) -> tree.Expression:
        """``(x)``."""
        expression: tree.Expression = items[0]
        return expression

    def value(self, items: list[Any]) -> _Value:
        """``64`` or ``1x7`` behind a layer or a modifier."""
        sizes: list[tree.Expression] = []
        for item in items:
            if not isinstance(item, Token):
                _check_depth(item)
                sizes.append(item)
            elif item.type == "GLUED_NUMBER":
                sizes.append(read_number(item, _span(item)))
        return _Value(tuple(sizes), _end(items[-1]))

    def modifier(self, items: list[Any]) -> tree.Modifier:
        """``k3``."""
        letter, value = items
        return tree.Modifier(str(letter), value.size, Span(_start(letter), value.end))

    def flag(self, items: list[Token]) -> tree.Modifier:
        """``v`` or ``!``."""
        return tree.Modifier(str(items[0]), None, _span(items[0]))

    def atom(self, items: list[Any]) -> tree.Atom:
        """``conv64k3s2:bn.relu``."""
        op, value, post = items[0], None, None
        end = _end(op)
        modifiers = []
        for item in items[1:]:
            if isinstance(item, tree.Modifier):
                modifiers.append(item)
                end = item.span.end
            elif isinstance(item, Token):
                post = post_chain(str(item)[1:], _start(item) + 1)
                end = _end(item)
            else:
                value, end = item.size, item.end
        span = Span(_start(op), end)
        return tree.Atom(str(op), value, tuple(modifiers), post, span)

    def chain(self, items: list[tree.Item]) -> list[tree.Item]:
        """The parts of a chain."""
        return items

    def group(self, items: list[Any]) -> tree.Group:
        """``[conv64k3 relu]``."""
        opening, chain, closing = items
        if not chain:
            raise AtomError(
                "brackets contain layers, but these are empty",
                _span(opening, closing),
                "write layers between them, or id for none",
            )
        _refuse_references(chain)
        return tree.Group(tuple(chain), _span(opening, closing))

    def merge(self, items: list[Any]) -> tree.Merge:
        """``add[conv8k3 | conv8k1]``."""
        word, opening, *branches, closing = items
        for number, chain in enumerate(branches, start=1):
            _refuse_references(chain[1:])
            if not chain:
                raise AtomError(
                    f"branch {number} of {word} is empty"
                    if len(branches) > 1
                    else f"{word} needs a branch, but its brackets are empty",
                    _span(opening, closing),
                    f"write layers, or id for none; {word}[f] alone has the identity beside f",
                )
        return tree.Merge(str(word), tuple(map(tuple, branches)), _span(word, closing))

    def call(self, items: list[Any]) -> tree.Call:
        """``Bott(64, 2)``."""
        word, *arguments, closing = items
        _check_arguments(arguments)
        return tree.Call(str(word), tuple(arguments), _span(word, closing))

    def remat(self, items: list[Any]) -> tree.Remat:
        """``[conv64k3 relu]:remat``."""
        part, word = items
        return tree.Remat(part, Span(part.span.start, _end(word)))

    def repeat(self, items: list[Any]) -> tree.Repeat:
        """``[conv64k3 relu]*3``."""
        part, count = items[:2]
        _check_depth(count)
        end = _end(items[2]) if len(items) > 2 else count.span.end
        return tree.Repeat(part, count, Span(part.span.start, end))

    def tap(self, items: list[Token]) -> tree.Tap:
        """``->early``."""
        return tree.Tap(str(items[0])[2:], _span(items[0]))

    def reference(self, items: list[Token]) -> tree.Reference:
        """``@early``."""
        return tree.Reference(str(items[0])[1:], _span(items[0]))

    def size(self, items: list[Any]) -> tree.Input:
        """``32x32x3``."""
        sides: list[tree.Expression] = []
        first = items[0]
        start = _start(first) if isinstance(first, Token) else first.span.start - 1
        end = start
        for item in items:
            if isinstance(item, tree.Expression):
                _check_depth(item)
                sides.append(item)
                end = item.span.end
                continue
            end = _end(item)
            if item.type == "SIDE":
                sides.append(tree.Name(str(item), _span(item)))
            elif item.type in ("NUMBER", "GLUED_NUMBER"):
                sides.append(read_number(item, _span(item)))
        return tree.Input(tuple(sides), Span(start, end))

    def input(self, items: list[tree.Input]) -> tree.Input:
        """``input 32x32x3``."""
        return items[0]

    def use(self, items: list[Token]) -> tree.Use:
        """``use "blocks/resnet.net"``."""
        return tree.Use(str(items[0])[1:-1], span=_span(items[0]))

    def let(self, items: list[Any]) -> tree.Let:
        """``let g = 32``."""
        name, value = items
        _check_depth(value)
        return tree.Let(str(name), value, _span(name))

    def parameter(self, items: list[Any]) -> tree.Parameter:
        """``s=1`` in the head of a definition."""
        _check_arguments(items[1:])
        default = items[1] if len(items) > 1 else None
        return tree.Parameter(str(items[0]), default, _span(items[0]))

    def define(self, items: list[Any]) -> tree.Definition:
        """``def Bott(n, s=1) [ ... ]``."""
        name, *parameters, _, body = items
        return tree.Definition(str(name), tuple(parameters), body, _span(name))

    def post(self, items: list[Token]) -> Settings:
        """``post conv=bn.relu``."""
        return Settings("post", [_setting(item) for item in items])

    def data(self, items: list[Token]) -> Settings:
        """``data set=cifar10``."""
        return Settings("data", [_setting(item) for item in items])

    def train(self, items: list[Token]) -> Settings:
        """``train epochs=2``."""
        return Settings("train", [_setting(item) for item in items])

    def sweep(self, items: list[Token]) -> Settings:
        """``sweep lr=0.1,0.01``."""
        return Settings("sweep", [_setting(item) for item in items])


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one post, data, train or sweep statement."""

    keyword: str
    settings: list[tree.Setting]


@dataclass(frozen=True, slots=True)
class _Value:
    """A value and where it ends: a parenthesis that closes it belongs to it."""

    size: tree.Size
    end: int


def _refuse_references(chain: list[tree.Item]) -> None:
    for item in chain:
        if isinstance(item, tree.Reference):
            raise AtomError(
                f"@{quoted(item.name)} begins a branch, but here it is elsewhere",
                item.span,
                f"write it first in a branch, such as cat[@{quoted(item.name)} | up2]",
            )


def _check_arguments(arguments: list[Any]) -> None:
    for argument in arguments:
        if not isinstance(argument, tree.Group):
            _check_depth(argument)


def _check_depth(expression: tree.Expression) -> None:
    level: list[tree.Expression] = [expression]
    for _ in range(DEEPEST_NESTING):
        level = [inner for outer in level for inner in tree.operands(outer)]
        if not level:
            return
    raise AtomError(
        f"an expression nests at most {DEEPEST_NESTING} operations",
        expression.span,
        "work the number out, and write the result",
    )


def _setting(token: Token) -> tree.Setting:
    key, _, value = str(token).partition("=")
    return tree.Setting(key, value.strip('"'), _span(token))
