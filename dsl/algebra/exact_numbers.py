"""Exact numbers of what users give: whole numbers, fractions, decimals and text."""

from __future__ import annotations

import math
import numbers
import re
from fractions import Fraction
from typing import Any

from ...grammar.errors import NetformError, printable, quoted

_NUMBER = re.compile(
    r"[+-]?[0-9]{1,400}(?:/[0-9]{1,400}|(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,3})?)"
)


def exact(value: Any) -> Fraction:
    """A number as a Fraction: a whole number, a fraction, a decimal, or text such as ``1/2``.

    A float is the decimal that it prints as, so 0.1 is 1/10. Raises NetformError for what is no
    number.

    >>> exact(0.1), exact("3/4")
    (Fraction(1, 10), Fraction(3, 4))
    """
    if isinstance(value, numbers.Rational):
        return Fraction(value)
    text = float.__repr__(value) if isinstance(value, float) else str(value).strip()
    if not _NUMBER.fullmatch(text) or re.search("/0+$", text):
        shown = quoted(printable(text)) or "''"
        raise NetformError(
            f"{shown} is not an exact number", hint="write for example '1/2', 0.75 or 2"
        )
    return Fraction(text)


def least_common_multiple(*steps: Fraction) -> Fraction:
    """The least number that is a whole multiple of all steps; 1 where there are none."""
    numerator = math.lcm(*(step.numerator for step in steps))
    return Fraction(numerator, math.gcd(*(step.denominator for step in steps)) or 1)
