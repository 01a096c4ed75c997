"""Polynomials calculate as those of SymPy's rings do."""

import operator
import pickle
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import QQ
from sympy.polys.rings import PolyRing

from netform.dsl.algebra.polynomial_terms import number_of, sum_of_multiples
from netform.dsl.algebra.sparse_polynomials import ring_of
from netform.dsl.algebra.sympy_expressions import expression, in_lowest_terms

NAMES = ("w", "B", "R")
RING, SYMPY_RING = ring_of(NAMES), PolyRing(NAMES, QQ)

numbers = st.integers(-9, 9) | st.fractions(-4, 4, max_denominator=6)
monomials = st.tuples(*[st.integers(0, 3)] * len(NAMES))
polynomials = st.dictionaries(monomials, numbers, max_size=4).map(RING.from_dict)


def in_sympy(poly):
    terms = {m: QQ(c.numerator, c.denominator) for m, c in poly.items()}
    return SYMPY_RING.from_dict(terms)


def rational(number):
    return QQ(number.numerator, number.denominator)


@given(polynomials, polynomials)
@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul])
def test_two_polynomials(operation, one, two):
    assert in_sympy(operation(one, two)) == operation(in_sympy(one), in_sympy(two))


@given(polynomials, numbers)
@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul])
def test_a_polynomial_and_a_number(operation, poly, number):
    ours, theirs = in_sympy(poly), rational(number)
    assert in_sympy(operation(poly, number)) == operation(ours, theirs)
    assert in_sympy(operation(number, poly)) == operation(theirs, ours)


@given(polynomials, st.integers(0, 5))
def test_powers_and_negatives(poly, power):
    assert in_sympy(poly**power) == (in_sympy(poly) ** power if poly or power else SYMPY_RING.one)
    assert in_sympy(-poly) == -in_sympy(poly)


@given(polynomials, numbers.filter(bool))
def test_a_quotient_times_the_divisor(poly, number):
    assert poly / number * number == poly


@given(polynomials, polynomials, polynomials)
def test_values_in_place_of_letters_all_at_once(poly, one, two):
    w, B, _ = RING.gens
    theirs = SYMPY_RING.gens
    expected = in_sympy(poly).compose(
        list(zip(theirs, map(in_sympy, (one, two, RING.gens[2])), strict=True))
    )
    assert in_sympy(poly.compose([(w, one), (B, two)])) == expected


@given(polynomials, polynomials, numbers)
def test_equal_polynomials_are_one_key_and_numbers_among_them(one, two, number):
    assert (one == two) == (in_sympy(one) == in_sympy(two))
    assert (one == number) == (in_sympy(one) == rational(number))
    assert one + two - two == one
    assert hash(one + two - two) == hash(one)
    constant = RING.constant(number)
    assert constant == number
    assert hash(constant) == hash(Fraction(number))
    assert number_of(constant) == number
    assert all(type(c) is int or c.denominator > 1 for c in (one * two).values())


@given(polynomials)
def test_degrees_and_constants(poly):
    theirs = in_sympy(poly)
    for place, letter in enumerate(RING.gens):
        assert (
            poly.degree(letter) == poly.degree(place) == max((m[place] for m in theirs), default=-1)
        )
    assert poly.is_ground == theirs.is_ground
    assert poly.constant == theirs.coeff(1)
    assert bool(poly) == bool(theirs)


@given(st.lists(st.tuples(polynomials, st.integers(-3, 3)), max_size=4))
def test_sums_of_multiples(found):
    times = {}
    for poly, number in found:
        times[poly] = times.get(poly, 0) + number
    total = sum((poly * number for poly, number in times.items()), RING.zero)
    assert sum_of_multiples(times) == total


@given(polynomials.filter(bool), polynomials.filter(bool), polynomials.filter(bool))
def test_common_factors_go(one, two, factor):
    numerator, denominator = in_lowest_terms(one * factor, two * factor)
    assert numerator * two == denominator * one
    assert not any(c.denominator > 1 for p in (numerator, denominator) for c in p.values())


@given(polynomials)
def test_a_copy_is_equal_and_of_the_same_ring(poly):
    copy = pickle.loads(pickle.dumps(poly))
    assert copy == poly
    assert copy.ring is poly.ring


@given(polynomials)
def test_a_polynomial_is_printed_as_sympy_prints_it(poly):
    assert str(poly) == str(expression(poly, NAMES, (), len(NAMES)))
