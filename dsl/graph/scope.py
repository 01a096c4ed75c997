"""What names mean at one place of a network: parameters, lets, w and c."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...grammar import tree
from ...grammar.budget import Work, spend
from ...grammar.errors import Source
from ...grammar.short_repr import ShortRepr
from ..kinds.base.readers import Given

LONG_NAME = 64  # characters
CHARACTERS_OF_A_STEP = 12


@dataclass(slots=True, eq=False)
class Frame(ShortRepr):
    """One call of a block, or the whole network: its parameters, its taps, and its names.

    ``name`` is empty for the network, ``stage2.bott1`` for a call inside a call. ``taps`` are
    the steps whose tensors have names here. Calls whose parameters have the same values have the
    same ``values``; it is None where a value depends on the input of a layer.
    """

    name: str
    source: Source
    arguments: dict[str, Binding] = field(default_factory=dict)
    taps: dict[str, tuple[tree.Tap, int]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    values: int | None = 0

    def next_name(self, word: str) -> str:
        """``stage2.conv3`` for the third conv in stage2."""
        stem = word if not word[-1].isdigit() else f"{word}_"
        number = self.counts[stem] = self.counts.get(stem, 0) + 1
        own = f"{stem}{number}"
        return counted(f"{self.name}.{own}" if self.name else own)


def counted(name: str) -> str:
    """The name of a layer, whose length is counted by the budget where it is long."""
    if len(name) > LONG_NAME:
        spend(len(name) // CHARACTERS_OF_A_STEP, Work.NAMES)
    return name


NOWHERE = -1  # the entry of a scope in which c means nothing


@dataclass(slots=True)
class Scope(ShortRepr):
    """A frame, and the step whose channels are ``c``: the input of the innermost bracket."""

    frame: Frame
    entry: int


@dataclass(slots=True)
class Binding(ShortRepr):
    """An argument, and the scope in which it is written.

    ``value`` is kept from the first time that it is asked for, unless it ``varies``: it then
    depends on the input of a round of a loop that is followed for several numbers of channels.
    """

    argument: tree.Argument
    scope: Scope
    value: Given | None = None
    varies: bool = False
