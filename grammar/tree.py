"""The syntax tree: what was written, before anything is known of layers.

Every node is frozen and carries its ``span`` in the source, which is no part of equality: two
trees are equal when they say the same. :func:`netform.show` writes a tree as text and
:func:`netform.grammar.parser.parse` reads it back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from .errors import Source, Span

NOWHERE = Span(0, 0)


def _span() -> Span:
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    return span


@dataclass(frozen=True, slots=True)
class Number:
    """``64`` or ``0.5``, kept exactly."""

    value: Fraction
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Name:
    """A symbol inside parentheses: ``w``, the width, or ``c``, the incoming channels."""

    name: str
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Negation:
    """``-x``."""

    operand: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Operation:
    """``x + y``, ``x - y``, ``x * y`` or ``x / y``."""

    operator: Literal["+", "-", "*", "/"]
    left: Expression
    right: Expression
    span: Span = _span()


Expression = Number | Name | Negation | Operation
Size = tuple[Expression, ...]  # 3 is one expression, 1x7 two


@dataclass(frozen=True, slots=True)
class Modifier:
    """A letter and its value, ``k3`` or ``s2x1``, or a flag: ``v`` or ``!``."""

    letter: str
    value: Size | None = None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class PostOp:
    """One word of a post chain: ``bn``, ``relu``, or ``relu6`` with its number."""

    op: str
    value: Number | None = None
    span: Span = _span()


PostChain = tuple[PostOp, ...]  # () is written "-"


@dataclass(frozen=True, slots=True)
class Atom:
    """One word of the chain: ``conv64k3s2:bn.relu``. ``post`` is None where none is written."""

    op: str
    value: Size | None = None
    modifiers: tuple[Modifier, ...] = ()
    post: PostChain | None = None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Input:
    """``input 32x32x3``: the extents of one image, channels last."""

    size: tuple[int, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Setting:
    """``batch=128``; the value is text, and what it means depends on the statement."""

    key: str
    value: str
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Post:
    """``conv=bn.relu`` in a post statement: what follows every layer of one op."""

    op: str
    chain: PostChain
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Program:
    """A whole ``.net`` file: its statements, then one chain of atoms."""

    input: Input
    chain: tuple[Atom, ...]
    posts: tuple[Post, ...] = ()
    bias: bool | None = None
    data: tuple[Setting, ...] = ()
    train: tuple[Setting, ...] = ()
    source: Source = field(default=Source(""), compare=False, repr=False)
