"""Exact numbers of what users give, against decimals read by Python's decimal module."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from netform.dsl.algebra.exact_numbers import exact
from netform.grammar.errors import NetformError


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_the_decimal_that_it_prints_as(value):
    assert exact(value) == Fraction(Decimal(repr(value)))
    assert exact(numpy.float64(value)) == exact(value)


@given(st.fractions())
def test_exact_numbers_stay_themselves(value):
    assert exact(value) == exact(str(value)) == value
    assert exact(sympy.Rational(value.numerator, value.denominator)) == value


def test_other_kinds_of_numbers():
    assert exact(Decimal("0.1")) == exact(numpy.float32(0.1)) == Fraction(1, 10)
    assert exact(numpy.int64(3)) == exact(sympy.Integer(3)) == exact(" 3 ") == 3


@pytest.mark.parametrize(
    "value",
    [
        *(math.nan, math.inf, -math.inf, Decimal("nan"), Decimal("1e999999"), 1j, None, [], ""),
        *("1/0", "0/0", "1/2/3", "1e99999999", "nan", "\u0661", "1_000", "0x10", "w", "9" * 500),
        *(sympy.Symbol("w"), sympy.oo, sympy.pi, "\x1b[2J"),
    ],
)
def test_what_is_no_exact_number_is_said(value):
    with pytest.raises(NetformError, match="is not an exact number") as refused:
        exact(value)
    assert str(refused.value).isprintable() or "\n" in str(refused.value)
