"""Conditions on extents: pixels that a layer needs, and maps of one size that merge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ....grammar.errors import Mark
from ...algebra.floor_forms import Extent, value_of
from ...algebra.polynomial_terms import sum_of_polynomials
from ...algebra.polynomials import Poly
from .layer_condition import Evaluated, LayerCondition, Need


@dataclass(frozen=True, slots=True)
class Least(LayerCondition):
    """An extent, a function of the input's, that must have some pixels at least."""

    extent: Extent
    least: int

    @property
    def demand(self) -> object:
        """The extent, and the least."""
        return self.extent, self.least

    @property
    def extents(self) -> tuple[Extent, ...]:
        """The extent."""
        return (self.extent,)

    def needs(self) -> Iterator[tuple[Need, Poly]]:
        """The extent is not below the least."""
        yield Need.NOT_NEGATIVE, self.extent.poly - self.least

    def check(self, at: Evaluated) -> None:
        """Refuse an extent with too few pixels."""
        met, symbol = value_of(self.extent, at.extents), self.extent.symbol
        if met < self.least:
            raise self.refusal(
                f"{self.least} pixels, but its input has {met} at {symbol} = {at.extents[symbol]}",
                "use a larger input",
            )


@dataclass(frozen=True, slots=True)
class SameExtent(LayerCondition):
    """Two extents of branches, functions of the input's, that a merge needs to be equal."""

    one: int | Extent
    other: int | Extent
    marks: tuple[Mark, ...]

    @property
    def demand(self) -> object:
        """Both extents."""
        return self.one, self.other

    @property
    def extents(self) -> tuple[Extent, ...]:
        """The extents that are no numbers."""
        return tuple(e for e in (self.one, self.other) if isinstance(e, Extent))

    @property
    def words(self) -> str:
        """The condition in words."""
        return f"{self.one} = {self.other}"

    def needs(self) -> Iterator[tuple[Need, Poly]]:
        """The extents do not differ."""
        yield Need.ZERO, _difference(self.one, self.other)

    def check(self, at: Evaluated) -> None:
        """Refuse extents that differ."""
        one, other = (value_of(extent, at.extents) for extent in (self.one, self.other))
        if one != other:
            raise self.refusal(
                f"branches of one size, but {self.one} is {one} and {self.other} is {other}",
                "; ".join(at.in_words(self)),
                self.marks,
            )


Pairs = Sequence[tuple[int | Extent, int | Extent]]


@dataclass(frozen=True, slots=True)
class Broadcast(LayerCondition):
    """A map that a merge needs to have the extents of the largest one, or a single pixel.

    ``pairs`` are the extents of both maps along every axis, those of the largest first.
    """

    pairs: tuple[tuple[int | Extent, int | Extent], ...]
    marks: tuple[Mark, ...]

    @property
    def demand(self) -> object:
        """The extents."""
        return self.pairs

    @property
    def extents(self) -> tuple[Extent, ...]:
        """The extents that are no numbers."""
        return tuple(e for pair in self.pairs for e in pair if isinstance(e, Extent))

    @property
    def words(self) -> str:
        """The condition in words."""
        same, pixel = self._either
        words = (" and ".join(f"{b} = {a}" for a, b in pairs) for pairs in (same, pixel))
        return ", or ".join(words)

    @property
    def _either(self) -> tuple[Pairs, Pairs]:
        """What is equal where both maps have one size, and where the other is a single pixel."""
        pairs = dict.fromkeys(self.pairs)
        pixel = dict.fromkeys(other for _, other in pairs if other != 1)
        return [(a, b) for a, b in pairs if a != b], [(1, other) for other in pixel]

    def needs(self) -> Iterator[tuple[Need, Poly]]:
        """The extents do not differ from those of the largest map, or they do not from 1."""
        same, pixel = map(_all_equal, self._either)
        yield Need.ZERO, same * pixel

    def check(self, at: Evaluated) -> None:
        """Refuse a map that has neither the extents of the largest nor a single pixel."""
        pairs = [tuple(value_of(extent, at.extents) for extent in pair) for pair in self.pairs]
        if any(one != other for one, other in pairs) and any(other != 1 for _, other in pairs):
            sizes = ("x".join(map(str, extents)) for extents in zip(*pairs, strict=True))
            raise self.refusal(
                "branches of one size, or of one pixel, but these have " + " and ".join(sizes),
                "; ".join(at.in_words(self)),
                self.marks,
            )


Meeting = SameExtent | Broadcast  # what branches ask of the extents of the input


def _difference(one: int | Extent, other: int | Extent) -> Poly:
    """One extent less another, of which at least one is no number."""
    extent = one if isinstance(one, Extent) else other
    assert isinstance(extent, Extent)
    constant = extent.algebra.constant
    minuend, subtrahend = (constant(e) if isinstance(e, int) else e.poly for e in (one, other))
    return minuend - subtrahend


def _all_equal(pairs: Pairs) -> Poly:
    """A polynomial that is zero where the extents of every pair are equal."""
    polys = [_difference(*pair) for pair in pairs]
    return polys[0] if len(polys) == 1 else sum_of_polynomials(poly * poly for poly in polys)
