"""The textbook rules of a layer: its sizes and costs, with their letters.

Every kind states its rules beside its costs. The letters are those of the field: an image is
``H_in`` x ``W_in`` (``L_in`` where it has one axis, ``D_in`` first where it has three) with ``C``
channels, a kernel ``k_h`` x ``k_w``, ``F`` the filters, ``s`` the stride, ``p`` the padding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...algebra.floor_forms import Extent
from ...algebra.stated_formulas import Formula, Letter, Stated, formula
from .shape import Shape

if TYPE_CHECKING:
    from sympy import Expr

    from ...algebra.polynomials import Algebra, Poly

AXES = {0: (), 1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
_IN_WORDS = {"L": "length", "D": "depth", "H": "height", "W": "width"}


@dataclass(frozen=True, slots=True)
class Rule:
    """A formula, and the reason for it in words."""

    formula: Formula
    words: str


def rule(stated: Stated, words: str) -> Rule:
    """A formula or a number, and the reason for it."""
    return Rule(formula(stated), words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of one layer, for one image; None is nothing.

    ``output`` has the output extent along every axis, and is () for a vector; the others are
    those of :class:`~netform.dsl.kinds.base.cost.Cost`.
    """

    output: tuple[Rule, ...]
    channels: Rule
    weights: Rule | None = None
    biases: Rule | None = None
    non_trainable: Rule | None = None
    macs: Rule | None = None


@dataclass(frozen=True, slots=True)
class Entering:
    """An input map of a layer, and the layers that gave it its extents and its channels."""

    map: Shape
    extents_from: str
    channels_from: str


@dataclass(frozen=True, slots=True)
class RuleContext:
    """The place of a layer, and the letters for its input and output there.

    ``written`` is the layer as written, ``known`` are numbers for symbols that are not left free,
    and ``taken`` the symbols of the network, which no letter may be mistaken for.
    """

    entering: tuple[Entering, ...]
    output: Shape
    written: str
    algebra: Algebra
    known: Mapping[Expr, Expr]
    taken: frozenset[str]

    def letter(
        self, symbol: str, value: Poly | int | Extent, meaning: str, origin: str | None = None
    ) -> Letter:
        """A letter; one that the layer itself gives a value, unless an origin is given."""
        while symbol in self.taken:
            symbol += "_layer"
        source = f"written {self.written}" if origin is None else origin
        return Letter(symbol, self.expression(value), meaning, source)

    def expression(self, value: Poly | int | Extent) -> Expr:
        """A count of the network as an expression in the symbols left free."""
        from sympy import Integer

        if isinstance(value, int):
            return Integer(value)
        if isinstance(value, Extent):
            value = value.poly
        found = self.algebra.expression(value)
        return found.subs(self.known) if self.known else found

    @property
    def map(self) -> Shape:
        """The input; of several maps, the first."""
        return self.entering[0].map

    @property
    def axes(self) -> tuple[str, ...]:
        """The letters of the input's axes."""
        return AXES[len(self.map.extents)]

    @property
    def channels(self) -> Letter:
        """C, the input channels."""
        return self.channels_of(0, "C")

    def channels_of(self, branch: int, symbol: str) -> Letter:
        """The input channels from one branch."""
        entering = self.entering[branch]
        origin = f"from {entering.channels_from}"
        return self.letter(symbol, entering.map.channels, "incoming channels", origin)

    @property
    def extents(self) -> tuple[Letter, ...]:
        """H_in and W_in, the input extents."""
        return self.extents_of(0)

    def extents_of(self, branch: int) -> tuple[Letter, ...]:
        """The input extents from one branch."""
        entering = self.entering[branch]
        origin = f"from {entering.extents_from}"
        extents = entering.map.extents
        return tuple(
            self.letter(f"{axis}_in", extent, f"incoming {_IN_WORDS[axis]}", origin)
            for axis, extent in zip(AXES[len(extents)], extents, strict=True)
        )

    @property
    def out(self) -> tuple[Letter, ...]:
        """H_out and W_out, the output extents."""
        extents = self.output.extents
        return tuple(
            self.letter(f"{axis}_out", extent, f"outgoing {_IN_WORDS[axis]}", "the layer's output")
            for axis, extent in zip(AXES[len(extents)], extents, strict=True)
        )

    @property
    def channels_out(self) -> Letter:
        """C_out, the output channels."""
        return self.letter("C_out", self.output.channels, "outgoing channels", "the layer's output")

    def sizes(self, symbol: str, sizes: Sequence[int], meaning: str) -> tuple[Letter, ...]:
        """A size along every axis, as written: k_h and k_w, or k where there is one axis."""
        if len(sizes) == 1:
            return (self.letter(symbol, sizes[0], meaning),)
        return tuple(
            self.letter(f"{symbol}_{axis.lower()}", size, f"{meaning} {_IN_WORDS[axis]}")
            for axis, size in zip(self.axes, sizes, strict=True)
        )

    def unchanged(self) -> tuple[Rule, ...]:
        """The rule of extents that stay as they are."""
        return tuple(rule(extent, "the extents stay as they are") for extent in self.extents)
