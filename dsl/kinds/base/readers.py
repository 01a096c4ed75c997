"""How the numbers of an atom are read: whole numbers, sizes, channels, rates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ...algebra.polynomials import Poly


class Given(NamedTuple):
    """A number as written: a Fraction, or a polynomial where ``w`` is in it.

    ``literal`` means that it mentions ``w`` or ``c``, so the width rule leaves it alone.
    """

    number: Fraction | Poly
    literal: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What a reader may need: the input's rank, and the width rule for output channels."""

    rank: int
    channels: Callable[[Given], Poly]


Reader = Callable[[Sequence[Given], Context], Any]


class FieldValueError(Exception):
    """A number that a field cannot take: what it takes, and what was written, in words or a number."""

    def __init__(self, needed: str, given: str | Fraction | Poly) -> None:
        super().__init__(needed, given)
        self.needed, self.given = needed, given


def whole_number(least: int) -> Reader:
    """Reads one whole number."""

    def read(values: Sequence[Given], context: Context) -> int:
        return _whole(_one(values), least)

    return read


def size(least: int) -> Reader:
    """Reads a size for every axis: 3 means 3 along each, 1x7 gives each its own."""

    def read(values: Sequence[Given], context: Context) -> tuple[int, ...]:
        if len(values) not in (1, context.rank):
            raise FieldValueError(
                f"1 number or {context.rank}, one per axis,", f"{len(values)} numbers"
            )
        numbers = tuple(_whole(given.number, least) for given in values)
        return numbers * context.rank if len(numbers) == 1 else numbers

    return read


def channels(values: Sequence[Given], context: Context) -> Poly:
    """Reads output channels, by the width rule."""
    number = _one(values)
    if isinstance(number, Fraction) and not values[0].literal:
        _whole(number, 1)
    return context.channels(values[0])


def rate(values: Sequence[Given], context: Context) -> Fraction:
    """Reads a number from 0 up to, not including, 1."""
    number = _one(values)
    if not isinstance(number, Fraction) or not 0 <= number < 1:
        raise FieldValueError("a number from 0 up to, not including, 1", number)
    return number


def positive(values: Sequence[Given], context: Context) -> Fraction:
    """Reads a number above 0."""
    number = _one(values)
    if not isinstance(number, Fraction) or number <= 0:
        raise FieldValueError("a number above 0", number)
    return number


def switch(values: Sequence[Given], context: Context) -> bool:
    """Reads 0 or 1."""
    number = _one(values)
    if number not in (0, 1):
        raise FieldValueError("0 or 1", number)
    return number == 1


def _one(values: Sequence[Given]) -> Fraction | Poly:
    if len(values) > 1:
        raise FieldValueError("one number", f"{len(values)} numbers")
    return values[0].number


def _whole(number: Fraction | Poly, least: int) -> int:
    if not isinstance(number, Fraction) or number.denominator != 1 or number < least:
        raise FieldValueError(f"a whole number of at least {least}", number)
    return number.numerator
