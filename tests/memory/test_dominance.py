"""Of many totals only those are compared that may be the largest somewhere."""

from hypothesis import given
from hypothesis import strategies as st

from netform.dsl.algebra.polynomials import Algebra, value_at
from netform.dsl.memory.dominance import largest

ALGEBRA = Algebra()
w, B = ALGEBRA.width, ALGEBRA.batch
FACTORS = st.integers(-3, 3)
TOTALS = st.lists(
    st.builds(lambda a, b, c, d: w * w * a + w * B * b + B * c + d, *[FACTORS] * 4), min_size=1
)


@given(TOTALS, st.integers(-4, 9), st.integers(1, 9), st.booleans())
def test_the_largest_is_among_them_wherever_the_letters_are(totals, width, batch, is_signed):
    width = width if is_signed else abs(width)
    kept = largest(enumerate(totals), [None if is_signed else 0, 1])
    values = [value_at(total, ALGEBRA.point({"w": width, "B": batch})) for total in totals]
    assert max(values) == max(values[number] for number in kept)


def test_what_another_never_falls_below_is_left_out():
    assert largest(enumerate([B * 4, B * 5, B + 3, B * 5]), [0, 1]) == [1]


def test_a_mean_of_two_is_left_out():
    assert largest(enumerate([B * 8, B * 4 + 8, B * 0 + 16]), [0, 1]) == [0, 2]


def test_where_a_letter_may_be_negative_its_factors_are_not_compared():
    totals = [w + B, w * 2 + B, B * 2]
    assert largest(enumerate(totals), [0, 1]) == [1, 2]
    assert largest(enumerate(totals), [None, 1]) == [0, 1, 2]
