"""What every kind of layer defines, and how its fields are spelled.

A kind is a frozen dataclass whose fields are what a user writes: the value behind the op, the
lettered modifiers and the flags. The fields carry their spelling, reader and documentation, so
that the builder reads any kind, and the reference is written, from the kind alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ...algebra.floor_forms import Extent
from .cost import FREE, Cost
from .readers import Reader
from .receptive_field import Connection
from .rules import RuleContext, Rules, rule
from .shape import Shape

if TYPE_CHECKING:
    from ...algebra.polynomials import Poly

VALUE = "value"  # the spelling of the number right behind the op


class Kind:
    """A kind of layer. The class has what all its layers share, an instance is one layer.

    ``op`` is the word in the language. ``weighted`` kinds have weights, take a post chain and
    (except the last) the width. ``keeps_map`` kinds make a feature map that counts. ``in_post``
    kinds may be in a post chain; the ``is_norm`` ones of those free the layer before them of its
    bias. ``needs_map`` kinds refuse a vector. ``in_chain`` is false for the input, which is a
    statement. An ``is_non_negative`` kind has no value below zero; a ``keeps_sign`` kind has none
    if its input has none.
    """

    __slots__ = ()

    op: ClassVar[str]
    weighted: ClassVar[bool] = False
    keeps_map: ClassVar[bool] = False
    in_post: ClassVar[bool] = False
    is_norm: ClassVar[bool] = False
    needs_map: ClassVar[bool] = False
    in_chain: ClassVar[bool] = True
    is_non_negative: ClassVar[bool] = False
    keeps_sign: ClassVar[bool] = False

    def output(self, entering: Shape) -> Shape:
        """The output shape; raises ShapeError if ``map`` does not fit."""
        raise NotImplementedError(f"{type(self).__module__} needs a rule for its output shape")

    def cost(self, entering: Shape, out: Shape) -> Cost:
        """Parameters and multiply-adds, for one image."""
        raise NotImplementedError(f"{type(self).__module__} needs a rule for its costs")

    def rules(self, at: RuleContext) -> Rules:
        """The textbook rules of the layer: its sizes and costs, in letters."""
        raise NotImplementedError(f"{type(self).__module__} needs its textbook rules")

    def connections(self, entering: Shape) -> Sequence[Connection] | None:
        """How output pixels see input pixels, per axis; () pixel by pixel, None all of them."""
        raise NotImplementedError(f"{type(self).__module__} needs a rule for its aperture")

    def least(self, entering: Shape) -> Sequence[tuple[int | Extent, int]]:
        """Input extents, and the least number of pixels at which the layer exists."""
        return ()

    def whole(self, entering: Shape) -> Sequence[tuple[Poly, str]]:
        """What must be whole and positive for the layer to exist, and its name."""
        return ()


class Pointwise(Kind):
    """A kind that keeps the shape and works value by value, in place, without weights."""

    __slots__ = ()

    def output(self, entering: Shape) -> Shape:
        """The input shape."""
        return entering

    def cost(self, entering: Shape, out: Shape) -> Cost:
        """Nothing is counted."""
        return FREE

    def rules(self, at: RuleContext) -> Rules:
        """Every size stays as it is."""
        return Rules(
            output=at.unchanged(), channels=rule(at.channels, "the channels stay as they are")
        )

    def connections(self, entering: Shape) -> Sequence[Connection]:
        """Pixel by pixel."""
        return ()


@dataclass(frozen=True, slots=True)
class Spelling:
    """How one field of a kind is written: the letter, how it is read, what it means."""

    field: str
    letter: str
    meaning: str
    example: str
    read: Reader | None  # None: a flag
    required: bool


def value(read: Reader, meaning: str, example: str, default: Any = dataclasses.MISSING) -> Any:
    """The field right behind the op."""
    return modifier(VALUE, read, meaning, example, default)


def modifier(
    letter: str, read: Reader, meaning: str, example: str, default: Any = dataclasses.MISSING
) -> Any:
    """A field written as a letter and a number."""
    metadata = {"letter": letter, "read": read, "meaning": meaning, "example": example}
    return dataclasses.field(default=default, metadata=metadata)


def flag(letter: str, meaning: str) -> Any:
    """A field written as a letter alone."""
    return modifier(letter, None, meaning, letter, False)  # type: ignore[arg-type]


def spellings(kind: type[Kind]) -> dict[str, Spelling]:
    """The fields of a kind by their letters; the value comes first."""
    if kind not in _SPELLINGS:
        fields = [field for field in dataclasses.fields(kind) if field.metadata]  # type: ignore[arg-type]
        found = [
            Spelling(
                field=field.name,
                letter=field.metadata["letter"],
                meaning=field.metadata["meaning"],
                example=field.metadata["example"],
                read=field.metadata["read"],
                required=field.default is dataclasses.MISSING,
            )
            for field in fields
        ]
        found.sort(key=lambda spelling: spelling.letter != VALUE)
        _SPELLINGS[kind] = {spelling.letter: spelling for spelling in found}
    return _SPELLINGS[kind]


_SPELLINGS: dict[type[Kind], dict[str, Spelling]] = {}
