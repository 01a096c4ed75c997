"""Text to syntax tree: Lark reads the form, the builder below makes the nodes."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput

from . import tree
from .complaints import complain
from .errors import NetformError, Source, Span, did_you_mean, quoted

LONGEST_TEXT = 1_000_000  # characters
LONGEST_NUMBER = 15  # digits
DEEPEST_NESTING = 100

_POST_OP = re.compile(r"([a-z]+)([0-9]+(?:\.[0-9]+)?)?")
_WEIGHTED = ("conv", "deconv", "dw", "fc")  # the ops that a post statement may name


def parse(text: str, name: str = "<text>") -> tree.Program:
    """Read a network as text; ``name`` stands for the text in messages.

    Raises NetformError where the text is not a network in form. Whether the layers exist and fit
    together is decided later, by dsl.

    >>> parse("input 8x8x1 fc10").chain[0].op
    'fc'
    """
    source = Source(text, name)
    if len(text) > LONGEST_TEXT:
        raise NetformError(
            f"a network has at most {LONGEST_TEXT:,} characters, but this text has {len(text):,}",
            Span(0, 0),
            source,
            "write what repeats once",
        )
    try:
        statements = _lark().parse(text)
    except UnexpectedInput as error:
        raise complain(error, source) from None
    except _Misformed as error:
        raise NetformError(error.message, error.span, source, error.hint) from None
    return _assemble(statements, source)


def read(path: str | Path) -> tree.Program:
    """Read a ``.net`` file, which is UTF-8 text."""
    source = Source("", str(path))
    try:
        with open(path, "rb") as file:
            content = file.read(4 * LONGEST_TEXT + 1)
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NetformError(
            f"a .net file is UTF-8 text, but byte {error.start} of this file is not",
            source=source,
            hint="is this the right file?",
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NetformError(
            f"the file cannot be read: {reason}",
            source=source,
            hint="give the path of a .net file, or the network itself after -e",
        ) from None
    return parse(text, str(path))


class _Misformed(Exception):
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


class _Builder(Transformer[Token, list[Any]]):
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
                post = _post_chain(str(item)[1:], _span(item).start + 1)
                end = _span(item).end
            else:
                value, end = item.size, item.end
        span = Span(_span(op).start, end)
        return tree.Atom(str(op), value, tuple(modifiers), post, span)

    def size(self, items: list[Token]) -> tree.Input:
        numbers = [_number(item, _span(item)) for item in items]
        for number in numbers:
            if number.value.denominator != 1 or number.value < 1:
                raise _Misformed(
                    f"an input has whole extents of at least 1, not {number.value}",
                    number.span,
                    "write height x width x channels, such as input 32x32x3",
                )
        return tree.Input(tuple(int(n.value) for n in numbers), _span(items[0], items[-1]))

    def input(self, items: list[tree.Input]) -> tree.Input:
        return items[0]

    def post(self, items: list[Token]) -> _Statement:
        return _Statement("post", [_setting(item) for item in items])

    def data(self, items: list[Token]) -> _Statement:
        return _Statement("data", [_setting(item) for item in items])

    def train(self, items: list[Token]) -> _Statement:
        return _Statement("train", [_setting(item) for item in items])


@dataclass(frozen=True, slots=True)
class _Statement:
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
        raise _Misformed(
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
    raise _Misformed(
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


def _post_chain(text: str, start: int) -> tree.PostChain:
    """Read what follows a colon or ``conv=``: ``bn.relu``, or ``-`` for nothing."""
    if text == "-":
        return ()
    chain = []
    for word in text.split("."):
        match = _POST_OP.fullmatch(word)
        span = Span(start, start + max(1, len(word)))
        if match is None:
            raise _Misformed(
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


def _assemble(items: Iterable[Any], source: Source) -> tree.Program:
    """Sort the statements from the atoms, each statement before the first atom."""
    inputs: list[tree.Input] = []
    settings: dict[str, list[tree.Setting]] = {"post": [], "data": [], "train": []}
    chain: list[tree.Atom] = []
    for item in items:
        if isinstance(item, tree.Atom):
            chain.append(item)
            continue
        span = item.span if isinstance(item, tree.Input) else item.settings[0].span
        keyword = "input" if isinstance(item, tree.Input) else item.keyword
        if chain:
            raise NetformError(
                f"statements stand before the layers, but {keyword} comes after {chain[-1].op}",
                span,
                source,
                f"move {keyword} above the first layer",
            )
        if isinstance(item, tree.Input):
            inputs.append(item)
        else:
            settings[item.keyword] += item.settings
    for group, entries in settings.items():
        _refuse_repeats(group, entries, source)
    if len(inputs) > 1:
        raise NetformError(
            "a network has one input, but this is the second",
            inputs[1].span,
            source,
            "leave one of them out",
        )
    if not inputs:
        raise NetformError(
            "a network begins with its input, but there is none"
            if chain or any(settings.values())
            else "a network is needed, but the text is empty",
            Span(0, 1),
            source,
            "write input 32x32x3 (height x width x channels), then the layers",
        )
    if not chain:
        end = inputs[0].span.end
        raise NetformError(
            "layers are needed after the input, but there are none",
            Span(inputs[0].span.start, end),
            source,
            "write them behind the input: input 32x32x3 conv32k3 pool2 fc10",
        )
    try:
        posts, bias = _posts(settings["post"])
    except _Misformed as error:
        raise NetformError(error.message, error.span, source, error.hint) from None
    return tree.Program(
        input=inputs[0],
        chain=tuple(chain),
        posts=posts,
        bias=bias,
        data=tuple(settings["data"]),
        train=tuple(settings["train"]),
        source=source,
    )


def _refuse_repeats(group: str, settings: Iterable[tree.Setting], source: Source) -> None:
    seen: set[str] = set()
    for setting in settings:
        if setting.key in seen:
            raise NetformError(
                f"{group} sets {quoted(setting.key)} once, but this is the second time",
                setting.span,
                source,
                "leave one of them out",
            )
        seen.add(setting.key)


def _posts(settings: Iterable[tree.Setting]) -> tuple[tuple[tree.Post, ...], bool | None]:
    posts, bias = [], None
    for setting in settings:
        value_start = setting.span.start + len(setting.key) + 1
        if setting.key == "bias":
            if setting.value not in ("0", "1"):
                raise _Misformed(
                    f"bias is 0 or 1, not {quoted(setting.value)}",
                    Span(value_start, setting.span.end),
                    "write bias=0 or bias=1",
                )
            bias = setting.value == "1"
        elif setting.key in _WEIGHTED:
            chain = _post_chain(setting.value, value_start)
            posts.append(tree.Post(setting.key, chain, setting.span))
        else:
            raise _Misformed(
                f"post speaks of {', '.join(_WEIGHTED)} and bias, not of {quoted(setting.key)}",
                setting.span,
                did_you_mean(setting.key, (*_WEIGHTED, "bias")),
            )
    return tuple(posts), bias


def grammar_text() -> str:
    return resources.files(__package__).joinpath("netform.lark").read_text(encoding="utf-8")


@functools.cache
def _lark() -> Lark:
    """The parser; its tables are kept in the user's cache, since making them takes 0.14 s."""
    options: dict[str, Any] = {"parser": "lalr", "transformer": _Builder()}
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "netform"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Lark(grammar_text(), cache=str(folder / "grammar.tables"), **options)
    except OSError:
        return Lark(grammar_text(), **options)
