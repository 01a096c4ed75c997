"""What flows between layers: a map of height x width x channels, or a vector of channels."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....grammar.short_repr import ShortRepr
from ...algebra.floor_forms import Extent

if TYPE_CHECKING:
    from ...algebra.polynomials import Algebra, Poly


@dataclass(frozen=True)
class Shape(ShortRepr):
    """The values of one image between two layers: ``extents`` is () for a vector.

    An extent is a whole number, or a function of the input's where that is left free.
    """

    extents: tuple[int | Extent, ...]
    channels: Poly

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[object, ...]:
        return Shape, (self.extents, self.channels)  # without the hash, another in every process

    @functools.cached_property
    def _hash(self) -> int:
        return hash((self.extents, self.channels))

    @functools.cached_property
    def sizes(self) -> tuple[int, ...]:
        """The extents where the input's are numbers, and none is free."""
        return tuple(extent for extent in self.extents if isinstance(extent, int))

    @property
    def is_vector(self) -> bool:
        """Whether there are channels alone."""
        return not self.extents

    @functools.cached_property
    def area(self) -> int | Poly:
        """Pixels of the map; 1 for a vector."""
        return math.prod(n if isinstance(n, int) else n.poly for n in self.extents)

    @functools.cached_property
    def values(self) -> Poly:
        """How many values one image has here."""
        return self.channels * self.area

    def text(self, algebra: Algebra) -> str:
        """``32x32x64*w``, a sum in parentheses; a vector is its channels alone."""
        factors = [str(part) for part in (*self.extents, algebra.text(self.channels))]
        return "x".join(f"({factor})" if " " in factor else factor for factor in factors)


class ShapeError(Exception):
    """A layer cannot take its input; the builder adds its place."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint
