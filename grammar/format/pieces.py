"""A tree cut into pieces: words that are never broken, and what may come between them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .. import tree
from ..builder import Settings
from ..printer import show_argument, show_expression, show_item, show_setting, show_side

# possessive, since a parenthesis in a comment closes nothing
_CLOSING = re.compile(r"(?:(?:\s|#[^\n]*+)*+\))*")


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of canonical text on one line, and where in the source it ends.

    ``cat[conv8k3 | up2]*2`` has the pieces ``cat[``, ``conv8k3``, ``| up2`` and ``]*2``.
    """

    text: str
    end: int
    gap: str = " "  # the text before it, unless it begins a line
    begins: bool = False  # it always begins a line: a statement, or the chain
    hangs: bool = False  # it continues a statement, whose line breaks are not kept
    bar: bool = False  # it begins a branch
    opens: int = 0  # brackets
    closes: int = 0


def pieces_of(items: Sequence[Any], text: str) -> list[Piece]:
    """The pieces of statements and parts of a chain, in their order."""
    pieces: list[Piece] = []
    in_chain = False
    for item in items:
        told = _statement(item, text)
        first, *others = told or _item(item)
        begins = bool(told) or not in_chain
        pieces += [dataclasses.replace(first, begins=begins), *others]
        in_chain = not told
    return pieces


def _statement(item: Any, text: str) -> list[Piece]:
    """The pieces of a statement; none where the item is a part of a chain."""
    match item:
        case tree.Input(size=size, span=span):
            return [Piece("input " + "x".join(map(show_side, size)), span.end)]
        case tree.Use(path=path, span=span):
            return [Piece(f'use "{path}"', span.end)]
        case tree.Let(name=name, value=value):
            closing = _CLOSING.match(text, value.span.end)
            assert closing is not None
            return [Piece(f"let {name} = {show_expression(value)}", closing.end())]
        case tree.Definition():
            return _definition(item)
        case Settings(keyword=keyword, settings=settings):
            pieces = [Piece(show_setting(s), s.span.end, hangs=True) for s in settings]
            first = f"{keyword} {pieces[0].text}"
            return [dataclasses.replace(pieces[0], text=first, hangs=False), *pieces[1:]]
        case _:
            return []


def _definition(definition: tree.Definition) -> list[Piece]:
    parameters = [
        (p.name, None) if p.default is None else (f"{p.name}=", p.default)
        for p in definition.parameters
    ]
    body = definition.body
    *head, last = _listed(f"def {definition.name}(", parameters, body.span.start + 1)
    inner = _chain(body.chain)
    return [
        *head,
        dataclasses.replace(last, text=f"{last.text} [", opens=last.opens + 1),
        *_spaced(inner, " "),
        Piece("]", body.span.end, closes=1),
    ]


def _item(item: tree.Item) -> list[Piece]:
    match item:
        case tree.Group(span=span):
            return _bracketed("[", (item.chain,), span.start + 1, span.end)
        case tree.Merge(op=op, branches=branches, span=span):
            return _bracketed(f"{op}[", branches, span.start + len(op) + 1, span.end)
        case tree.Call(block=block, arguments=arguments, span=span):
            return _listed(f"{block}(", [("", argument) for argument in arguments], span.end)
        case tree.Repeat(part=part, span=span) | tree.Remat(part=part, span=span):
            *pieces, last = _item(part)
            behind = show_item(item).removeprefix(show_item(part))
            return [*pieces, dataclasses.replace(last, text=last.text + behind, end=span.end)]
        case _:
            return [Piece(show_item(item), item.span.end)]


def _chain(chain: tree.Chain) -> list[Piece]:
    return [piece for item in chain for piece in _item(item)]


def _bracketed(
    opening: str, branches: Iterable[tree.Chain], opened: int, closed: int
) -> list[Piece]:
    inner: list[Piece] = []
    for branch in branches:
        first, *others = _chain(branch)
        if inner:
            first = dataclasses.replace(first, text=f"| {first.text}", bar=True)
        inner += [first, *others]
    return [
        Piece(opening, opened, opens=1),
        *_spaced(inner, ""),
        Piece("]", closed, gap="", closes=1),
    ]


def _listed(
    opening: str, entries: Iterable[tuple[str, tree.Argument | None]], end: int
) -> list[Piece]:
    """The content of parentheses: one piece, except for the chains in it."""
    pieces: list[Piece] = []
    text, gap, closes = opening, " ", 0
    for number, (name, argument) in enumerate(entries):
        text += (", " if number else "") + name
        if isinstance(argument, tree.Group):
            _, *inner, closing = _item(argument)
            opened = argument.span.start + 1
            pieces += [Piece(f"{text}[", opened, gap, opens=1, closes=closes), *inner]
            text, gap, closes = closing.text, "", 1
        elif argument is not None:
            text += show_argument(argument)
    return [*pieces, Piece(f"{text})", end, gap, closes=closes)]


def _spaced(pieces: Sequence[Piece], gap: str) -> Iterator[Piece]:
    """The pieces behind an opening bracket."""
    yield dataclasses.replace(pieces[0], gap=gap)
    yield from pieces[1:]
