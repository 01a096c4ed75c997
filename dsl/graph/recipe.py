"""What a graph of layers is built from: by this, and not layer by layer, it is pickled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from ...grammar import tree
from ...grammar.short_repr import ShortRepr
from .width import Width


@dataclass(slots=True, eq=False)
class Recipe(ShortRepr):
    """The arguments of ``build``. A layer holds the layers before it, thousands in a row, which
    pickle would follow one inside the other; a program nests only as deep as its brackets.

    ``graph`` is the LayerGraph that was built of it on unpickling, once for all layers of one pickle.
    """

    program: tree.Program
    width: Width
    values: Mapping[str, Fraction]
    free: tuple[str, ...]
    roundings: int
    graph: Any = field(default=None, init=False, repr=False)

    def __reduce__(self) -> tuple[object, ...]:
        own = (self.program, self.width, dict(self.values), self.free, self.roundings)
        return Recipe, own
