"""The conditions on counts of channels in words, where they ask for more than a multiple of w."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from sympy import Expr, Mul, Symbol, degree, expand, factor_terms

from ....grammar.budget import Work, spend
from ...algebra.polynomials import Algebra
from ...algebra.sympy_expressions import rational
from .conditions import Condition, Equal
from .existence import whole_counts
from .width_in_words import width_in_words

_STEPS_OF_A_CONDITION = 200  # of the budget, for what SymPy does
Known = dict[Expr, Expr]  # numbers of symbols


def counts_in_words(
    conditions: Sequence[Condition], algebra: Algebra, fixed: Mapping[str, Fraction]
) -> list[str]:
    """Which counts are equal, and which are whole and at least 1.

    ``fixed`` are the numbers of w and B where these are not free.
    """
    known: Known = {Symbol(name): rational(value) for name, value in fixed.items()}
    equal = _equal_counts_in_words(conditions, algebra, known)
    width = None if Symbol("w") in known else width_in_words(conditions)
    if width is not None:
        return equal + width
    whole = _whole_counts_in_words(conditions, algebra, known)
    if whole and Symbol("w") not in known:
        whole = [f"w is positive, and {whole[0]}"]
    return equal + whole


def _equal_counts_in_words(
    conditions: Sequence[Condition], algebra: Algebra, known: Known
) -> list[str]:
    """What branches with equally many channels ask of the symbols.

    A symbol for which there is one solution joins those ``known``.
    """
    words = []
    found = [condition for condition in conditions if isinstance(condition, Equal)]
    spend(2 * _STEPS_OF_A_CONDITION * len(found), Work.CONDITIONS)
    equal = [tuple(map(algebra.expression, condition.counts)) for condition in found]
    for pair in (*_with_width_1(equal), *equal):
        difference = _simplest((pair[0] - pair[1]).subs(known))
        letters = sorted(difference.free_symbols, key=str)
        solution = _root(difference, letters[0]) if len(letters) == 1 else None
        if solution is not None:
            known[letters[0]] = solution
            words.append(f"{letters[0]} = {solution}")
        elif letters:
            one, other = (count.subs(known) for count in pair)
            words.append(f"{one} = {other}")
    return words


def _whole_counts_in_words(
    conditions: Sequence[Condition], algebra: Algebra, known: Known
) -> list[str]:
    """Which counts are whole and at least 1."""
    counts = dict.fromkeys(whole_counts(conditions))
    spend(2 * _STEPS_OF_A_CONDITION * len(counts), Work.CONDITIONS)
    whole = [algebra.expression(count).subs(known) for count in counts]
    whole += [count for (count,) in _with_width_1([(count,) for count in whole])]
    shown = dict.fromkeys(str(count) for count in whole if not count.is_number)
    return [f"these are positive integers: {', '.join(shown)}"] if shown else []


def _with_width_1(conditions: Sequence[tuple[Expr, ...]]) -> Iterator[tuple[Expr, ...]]:
    """Counts in w and other symbols at w = 1, where the network exists too."""
    for counts in conditions:
        if {"w"} < {symbol.name for count in counts for symbol in count.free_symbols}:
            yield tuple(count.subs(Symbol("w"), 1) for count in counts)


def _simplest(difference: Expr) -> Expr:
    """A difference without the letters that all its terms share, none of which is 0."""
    sums = [part for part in Mul.make_args(factor_terms(difference)) if part.is_Add]
    return sums[0] if len(sums) == 1 else difference


def _root(difference: Expr, letter: Expr) -> Expr | None:
    """The one positive number at which a linear difference is 0; None where it is not linear."""
    if not difference.is_polynomial(letter) or degree(difference, letter) != 1:
        return None
    root = -difference.subs(letter, 0) / expand(difference).coeff(letter)
    return root if root > 0 else None
