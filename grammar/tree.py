"""The syntax tree: what was written, before anything is known of layers.

Every node is frozen and carries its ``span`` in the source, which is no part of equality: two
trees are equal if they mean the same. :func:`netform.show` writes a tree as text and
:func:`netform.grammar.parser.parse` reads it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

from .errors import Source, Span
from .expressions import NOWHERE as NOWHERE
from .expressions import Expression as Expression
from .expressions import Function as Function
from .expressions import Name as Name
from .expressions import Negation as Negation
from .expressions import Number as Number
from .expressions import Operation as Operation
from .expressions import Size as Size
from .expressions import names as names
from .expressions import operands as operands
from .expressions import parts as parts
from .expressions import span_field
from .short_repr import ShortRepr


@dataclass(frozen=True, slots=True)
class Modifier:
    """A letter and its value, ``k3`` or ``s2x1``, or a flag: ``v`` or ``!``."""

    letter: str
    value: Size | None = None
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class PostOp:
    """One word of a post chain: ``bn``, ``relu``, or ``relu6`` with its number."""

    op: str
    value: Number | None = None
    span: Span = span_field()


PostChain = tuple[PostOp, ...]  # () is written "-"


class _Hashed:
    """Keeps a hash that is asked for again and again."""

    __slots__ = ("_hash",)
    _hash: int


@dataclass(frozen=True, slots=True)
class Atom(_Hashed, ShortRepr):
    """One word of a chain: ``conv64k3s2:bn.relu``. ``post`` is None where none is written."""

    op: str
    value: Size | None = None
    modifiers: tuple[Modifier, ...] = ()
    post: PostChain | None = None
    span: Span = span_field()

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            own = hash((self.op, self.value, self.modifiers, self.post))
            object.__setattr__(self, "_hash", own)
            return own


@dataclass(frozen=True, slots=True)
class Group(ShortRepr):
    """``[conv64k3 relu]``: a chain in brackets, as a part of a chain or an argument of a block."""

    chain: Chain
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Merge(ShortRepr):
    """``add[conv8k3 | conv8k1]``: branches from the current tensor, which become one again.

    Where there is one branch, the other is the tensor itself.
    """

    op: str
    branches: tuple[Chain, ...]
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Call(ShortRepr):
    """``Bott(64, 2)``: a block, with its arguments."""

    block: str
    arguments: tuple[Argument, ...] = ()
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Remat(ShortRepr):
    """``[conv64k3 relu]:remat``: a part whose tensors the backward pass computes again."""

    part: Group | Call
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Repeat(ShortRepr):
    """``[conv64k3 relu]*3``: a part of a chain, count times in a row."""

    part: Part
    count: Expression
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Tap:
    """``->early``: gives the tensor here a name."""

    name: str
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Reference:
    """``@early``: begins a branch with the tensor of that name."""

    name: str
    span: Span = span_field()


Part = Atom | Group | Merge | Call | Remat  # what can be repeated
Item = Part | Repeat | Tap | Reference
Chain = tuple[Item, ...]
Argument = Expression | Group


def items(chain: Chain) -> Iterator[Item]:
    """Every part of a chain and every part inside it, in the order of the text."""
    for item in chain:
        yield item
        match item:
            case Group():
                yield from items(item.chain)
            case Merge():
                for branch in item.branches:
                    yield from items(branch)
            case Call():
                yield from items(tuple(a for a in item.arguments if isinstance(a, Group)))
            case Remat() | Repeat():
                yield from items((item.part,))


def expressions(item: Item) -> Iterator[Expression]:
    """The expressions in a part of a chain itself, not in chains inside it."""
    match item:
        case Atom():
            yield from item.value or ()
            for modifier in item.modifiers:
                yield from modifier.value or ()
        case Call():
            yield from (a for a in item.arguments if not isinstance(a, Group))
        case Repeat():
            yield item.count
        case _:
            pass


@dataclass(frozen=True, slots=True)
class Input(ShortRepr):
    """``input 32x32x3``: the extents of one image, channels last."""

    size: Size
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Let(ShortRepr):
    """``let g = 32``: a named number."""

    name: str
    value: Expression
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Parameter(ShortRepr):
    """``s=1`` in the head of a definition; ``default`` is None where an argument is needed."""

    name: str
    default: Argument | None = None
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Definition(ShortRepr):
    """``def Bott(n, s=1) [ ... ]``: a block; its span is that of its name."""

    name: str
    parameters: tuple[Parameter, ...]
    body: Group
    span: Span = span_field()
    source: Source = field(default=Source(""), compare=False, repr=False)


def calls(definition: Definition) -> Iterator[Call]:
    """Every call in a block, those in arguments and defaults too."""
    defaults = [p.default for p in definition.parameters if isinstance(p.default, Group)]
    for item in items((*defaults, *definition.body.chain)):
        if isinstance(item, Call):
            yield item


@dataclass(frozen=True, slots=True)
class Use(ShortRepr):
    """``use "blocks/resnet.net"``: includes the definitions of another file, ``library``."""

    path: str
    library: Library | None = field(default=None, compare=False, repr=False)
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Setting(ShortRepr):
    """``batch=128``; the value is text, and what it means depends on the statement."""

    key: str
    value: str
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Post(ShortRepr):
    """``conv=bn.relu`` in a post statement: what follows every layer of one op."""

    op: str
    chain: PostChain
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Library(ShortRepr):
    """A file that is included: definitions, lets, and what it includes itself."""

    lets: tuple[Let, ...]
    definitions: tuple[Definition, ...]
    uses: tuple[Use, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class Program(ShortRepr):
    """A whole ``.net`` file: its statements, then one chain."""

    input: Input
    chain: Chain
    posts: tuple[Post, ...] = ()
    bias: bool | None = None
    last: bool | None = None
    data: tuple[Setting, ...] = ()
    train: tuple[Setting, ...] = ()
    uses: tuple[Use, ...] = ()
    lets: tuple[Let, ...] = ()
    definitions: tuple[Definition, ...] = ()
    sweeps: tuple[Setting, ...] = ()
    source: Source = field(default=Source(""), compare=False, repr=False)

    def __deepcopy__(self, memo: object) -> Self:
        return self  # nothing in it ever changes

    def libraries(self) -> Iterator[Library]:
        """Every file included, each once, those that others use first."""
        seen: set[str] = set()
        for use in self.uses:
            yield from _libraries(use, seen)


def _libraries(use: Use, seen: set[str]) -> Iterator[Library]:
    if use.library is None or use.library.source.name in seen:
        return
    seen.add(use.library.source.name)
    for inner in use.library.uses:
        yield from _libraries(inner, seen)
    yield use.library
