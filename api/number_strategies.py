"""Hypothesis strategies for the numbers of the language: constants, sizes and expressions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from hypothesis import strategies as st

from netform.grammar import tree


def number(value: int | Fraction) -> tree.Number:
    """A constant."""
    return tree.Number(Fraction(value))


def numbers(values: st.SearchStrategy[int]) -> st.SearchStrategy[tree.Size]:
    """Sizes of one number."""
    return values.map(lambda value: (number(value),))


def sizes(least: int, most: int, rank: int) -> st.SearchStrategy[tree.Size]:
    """One number for all axes, or one for each."""
    one = st.integers(least, most)
    each = st.tuples(*[one] * rank).map(lambda sizes: tuple(map(number, sizes)))
    return numbers(one) | each


def expressions(most: int, names: Sequence[str] = ()) -> st.SearchStrategy[tree.Expression]:
    """Expressions whose value is a small number, perhaps times w, c or another symbol."""
    numbers = st.integers(1, most).map(number)
    symbols = st.sampled_from(["w", "c", *names, *names]).map(tree.Name)
    products = st.builds(tree.Operation, st.just("*"), numbers, symbols)
    sums = st.builds(tree.Operation, st.just("+"), products | symbols, numbers)
    rounded = st.builds(tree.Function, st.sampled_from(["ceil", "floor"]), _halves(symbols))
    constants = st.builds(tree.Operation, st.just("+"), numbers, numbers)
    return products | sums | constants | symbols | rounded


def _halves(symbols: st.SearchStrategy[tree.Name]) -> st.SearchStrategy[tree.Expression]:
    half = st.builds(tree.Operation, st.just("/"), symbols, st.just(number(2)))
    return st.builds(tree.Operation, st.just("+"), half, st.just(number(1)))


def channel_counts(names: Sequence[str] = ()) -> st.SearchStrategy[tree.Size]:
    """Numbers of channels: constants and expressions."""
    return numbers(st.integers(1, 12)) | expressions(6, names).map(lambda e: (e,))
