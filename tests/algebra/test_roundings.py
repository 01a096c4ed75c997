"""Roundings of numbers of channels."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from netform.dsl.algebra.roundings import round_to_8


@given(st.fractions(min_value=Fraction(1, 16), max_value=4096, max_denominator=64))
def test_round8_is_the_nearest_multiple_of_8_that_is_not_a_tenth_too_small(value):
    multiples = range(8, 8 + 2 * int(value) + 16, 8)
    nearest = min(multiples, key=lambda n: (abs(n - value), -n))  # of two, the larger
    is_enough = 10 * nearest >= 9 * value
    assert round_to_8(value) == (nearest if is_enough else nearest + 8)


def test_round8_at_its_edges():
    assert [round_to_8(Fraction(n, 2)) for n in (1, 16, 17, 18, 23, 24, 35, 36)] == [
        *(8, 8, 8, 16, 16, 16, 16, 24)
    ]
