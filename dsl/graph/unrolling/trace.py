"""The trace of a walk along a chain: its steps in order, and the record of how they came about.

A step is a layer that is written, or a merge, and the steps whose outputs are its inputs; step 0 is
the image. From the record programs with functions and loops are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ....grammar import tree
from ....grammar.short_repr import ShortRepr
from ...algebra.polynomials import Poly
from ..remat import RematGroup
from ..scope import Frame, Scope


@dataclass(frozen=True, slots=True)
class Opening(ShortRepr):
    """Where each of ``count`` rounds of a part begins, of which one is followed."""

    repeat: tree.Repeat
    count: Poly


@dataclass(frozen=True, slots=True)
class Closing(ShortRepr):
    """Where the last of the rounds that begin with step ``opening`` has ended."""

    repeat: tree.Repeat
    opening: int


@dataclass(slots=True)
class Step(ShortRepr):
    """A layer or merge as written, the steps before it, and where its names are looked up.

    ``is_final`` means that no other layer with weights stands on any path behind it. ``remat`` is
    the group that it is computed again with.
    """

    node: tree.Atom | tree.Merge | Opening | Closing
    inputs: tuple[int, ...]
    name: str
    scope: Scope
    is_final: bool = False
    remat: RematGroup | None = None


@dataclass(frozen=True, slots=True)
class Placed(ShortRepr):
    """An atom, and its step."""

    step: int


@dataclass(frozen=True, slots=True)
class Grouped(ShortRepr):
    """A chain in brackets, or one that an argument put here; the scope is that inside."""

    scope: Scope
    parts: Record


@dataclass(frozen=True, slots=True)
class Merged(ShortRepr):
    """A merge: for every branch written its scope, the tap it begins with or None, and its record."""

    node: tree.Merge
    branches: tuple[tuple[Scope, str | None, Record], ...]
    step: int


@dataclass(frozen=True, slots=True)
class Called(ShortRepr):
    """A call of a block."""

    node: tree.Call
    definition: tree.Definition
    caller: Scope
    inner: Scope
    parts: Record


@dataclass(frozen=True, slots=True)
class Recomputed(ShortRepr):
    """A group or a call that the backward pass computes again."""

    node: tree.Remat
    group: RematGroup
    part: Grouped | Called


@dataclass(frozen=True, slots=True)
class Repeated(ShortRepr):
    """A part, the frame that counts its layers, and the record of every round."""

    node: tree.Repeat
    scope: Scope
    naming: Frame
    rounds: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Tapped(ShortRepr):
    """A name for the tensor here, in its frame."""

    frame: Frame
    name: str


Part = Placed | Grouped | Merged | Called | Recomputed | Repeated | Tapped
Record = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Unrolled(ShortRepr):
    """All steps in order, beginning with step 1, and the record of how they came about."""

    steps: Sequence[Step]
    record: Record
