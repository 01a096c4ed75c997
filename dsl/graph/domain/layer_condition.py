"""What a condition of a layer is: how it is checked, and what it asks of letters."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

from ....grammar.errors import Mark, NetformError, Source, Span
from ....grammar.short_repr import ShortRepr
from ...algebra.polynomials import Algebra, Poly
from ..loops import Loop


class Need(enum.Enum):
    """What a condition asks of a polynomial in the letters of the network."""

    WHOLE = "is whole"
    NOT_NEGATIVE = "is 0 or more"
    ZERO = "is 0"


@dataclass(frozen=True, slots=True)
class Evaluated(ShortRepr):
    """Values at one point of the network's letters.

    ``counts`` are those of the polynomials in its conditions, ``extents`` those of the symbols of
    the input. ``step`` is the number whose multiples are the widths that work, where known, and
    ``in_words`` writes a condition in words.
    """

    algebra: Algebra
    width: Fraction
    counts: Mapping[Poly, Fraction]
    extents: Mapping[str, int]
    step: Fraction | None
    in_words: Callable[[Any], list[str]]

    def shown(self, count: Poly) -> str:
        """A count as its formula and its value, or as its value alone where it has no letters."""
        value = str(self.counts[count])
        return value if count.is_ground else f"{self.algebra.text(count)} = {value}"


@dataclass(frozen=True, slots=True)
class LayerCondition(ShortRepr):
    """A condition of one layer, and where that layer is written."""

    layer: str
    source: Source
    span: Span

    @property
    def demand(self) -> object:
        """What is demanded, wherever the layer is: conditions of one type that agree in it are one."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a demand in {type(self).__module__}"
        )

    @property
    def counts(self) -> tuple[Poly, ...]:
        """The polynomials whose values decide."""
        return ()

    def needs(self) -> Iterator[tuple[Need, Poly]]:
        """What the condition asks of the letters."""
        raise NotImplementedError(
            f"{type(self).__name__} needs what it asks of letters in {type(self).__module__}"
        )

    def check(self, at: Evaluated) -> None:
        """Raise NetformError, naming the layer, where the condition fails."""
        raise NotImplementedError(f"{type(self).__name__} needs a check in {type(self).__module__}")

    def in_all_rounds(self, loop: Loop) -> Iterator[Self]:
        """The conditions on all rounds of a loop, where this is the one on any round."""
        yield self

    def refusal(self, message: str, hint: str, marks: tuple[Mark, ...] = ()) -> NetformError:
        """The error at the layer."""
        return NetformError(f"{self.layer} needs {message}", self.span, self.source, hint, marks)
