"""Amounts a second, read exactly and written for people: ``19.5 TFLOPS``, ``900 GB/s``, ``1.5 ms``."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from ...grammar.errors import NetformError, quoted
from .units import read_number, short_source

_SCALES = (("P", 10**15), ("T", 10**12), ("G", 10**9), ("M", 10**6), ("k", 10**3), ("", 1))
_SECONDS = (("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9))


def read_arithmetic(text: str) -> Fraction:
    """Floating-point operations a second; raises NetformError where a text has none.

    >>> read_arithmetic("19.5TFLOPS"), read_arithmetic("20e12")
    (Fraction(19500000000000, 1), Fraction(20000000000000, 1))
    """
    return _read(text, "operations", "write for example 19.5TFLOPS or 20e12", needs_slash=False)


def read_bandwidth(text: str) -> Fraction:
    """Bytes a second; raises NetformError where a text has none.

    >>> read_bandwidth("1.6TB/s")
    Fraction(1600000000000, 1)
    """
    return _read(text, "bytes", "write for example 900GB/s or 1.6TB/s", needs_slash=True)


def _read(text: str, unit: str, hint: str, needs_slash: bool) -> Fraction:
    """A positive number of a unit, before ``/s``, which is optional unless it is needed."""
    stripped = text.strip()
    amount = stripped.removesuffix("/s")
    message = f"{quoted(stripped)} is not a number of {unit} a second"
    if needs_slash and amount == stripped:
        raise NetformError(message, hint=hint)
    try:
        found = read_number(short_source(amount, "number"), 0, "flops", unit)
    except NetformError:
        raise NetformError(message, hint=hint) from None
    if not found:
        raise NetformError(f"{message} above 0", hint=hint)
    return found


def rounded(number: Fraction) -> float | None:
    """A number rounded to a float; None where it is larger than every float.

    >>> rounded(Fraction(1, 3)), rounded(Fraction(10**400))
    (0.3333333333333333, None)
    """
    try:
        return float(number)
    except OverflowError:
        return None


def decimal(number: int | Fraction) -> Decimal:
    """A number of any size, rounded to 28 digits, to be formatted."""
    exact = Fraction(number)
    return Decimal(exact.numerator) / exact.denominator


def rate_in_words(rate: int | Fraction, unit: str) -> str:
    """A rate in the largest unit of which it has at least one.

    >>> rate_in_words(19_500_000_000_000, "FLOPS"), rate_in_words(1_555_000_000_000, "B/s")
    ('19.5 TFLOPS', '1.555 TB/s')
    """
    prefix, size = next((scale for scale in _SCALES if rate >= scale[1]), _SCALES[-1])
    return f"{decimal(Fraction(rate) / size):.6g} {prefix}{unit}"


def time_in_words(seconds: Fraction) -> str:
    """A time with four digits, in the unit of which it has at least one.

    >>> time_in_words(Fraction(3, 2000)), time_in_words(Fraction(0))
    ('1.5 ms', '0 s')
    """
    if not seconds:
        return "0 s"
    unit, size = next((scale for scale in _SECONDS if seconds * scale[1] >= 1), _SECONDS[-1])
    return f"{decimal(seconds * size):,.4g} {unit}"
