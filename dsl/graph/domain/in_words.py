"""The domain of a network's formulas in words, for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TypeVar

from sympy import Expr, Integer, Mul, Symbol, degree, expand, factor_terms

from ....grammar.budget import Work, spend
from ...algebra.polynomials import Algebra, exact
from ...algebra.sympy_expressions import rational
from .conditions import Condition, Equal, Rounds
from .existence import step, whole_counts
from .sizes_in_words import sizes_in_words

T = TypeVar("T")

_STEPS_OF_A_CONDITION = 200  # of the budget, for what SymPy does
Known = dict[Expr, Expr]  # numbers of symbols


def in_words(
    conditions: Sequence[Condition],
    algebra: Algebra,
    free: Sequence[str],
    values: Mapping[str, Fraction],
) -> list[str]:
    """The domain in the symbols left free; w and B are 1 where they have no other number."""
    fixed = {name: values.get(name, Fraction(1)) for name in ("w", "B") if name not in free}
    known: Known = {Symbol(name): rational(value) for name, value in fixed.items()}
    words = [
        *sizes_in_words(conditions),
        *equal_counts_in_words(conditions, algebra, known),
        *_whole_counts_in_words(conditions, algebra, known, "w" in free),
        *_rounds_in_words(conditions, algebra),
    ]
    if "B" in free:
        words.append("B is a positive integer")
    return _distinct(words)


def equal_counts_in_words(
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
    conditions: Sequence[Condition], algebra: Algebra, known: Known, is_width_free: bool
) -> list[str]:
    """Which counts are whole and at least 1; in w alone, of which number w is a multiple."""
    counts = _distinct(whole_counts(conditions))
    every = step(conditions)
    only_w = all(not any(monomial[1:]) for count in counts for monomial in count)
    positive = all(c > 0 for count in counts for c in count.values())
    is_width_known = Symbol("w") in known
    if only_w and positive and every is not None and not is_width_known:
        is_needed = any(not count.is_ground for count in counts)
        return [f"w is a positive multiple of {every}"] if is_needed else []
    spend(2 * _STEPS_OF_A_CONDITION * len(counts), Work.CONDITIONS)
    whole = [algebra.expression(count).subs(known) for count in counts]
    whole += [count for (count,) in _with_width_1([(count,) for count in whole])]
    shown = _distinct(str(count) for count in whole if not count.is_number)
    if not shown:
        return []
    words = f"these are positive integers: {', '.join(shown)}"
    return [f"w is positive, and {words}" if is_width_free and not is_width_known else words]


def _with_width_1(conditions: Sequence[tuple[Expr, ...]]) -> Iterator[tuple[Expr, ...]]:
    """Counts in w and other symbols at w = 1, where the network exists too."""
    for counts in conditions:
        if {"w"} < {symbol.name for count in counts for symbol in count.free_symbols}:
            yield tuple(count.subs(Symbol("w"), 1) for count in counts)


def _rounds_in_words(conditions: Sequence[Condition], algebra: Algebra) -> list[str]:
    """How many rounds loops have; of a symbol plus a number, what the symbol is."""
    least: dict[Expr, Fraction] = {}
    for condition in conditions:
        if isinstance(condition, Rounds):
            count = algebra.expression(condition.count)
            number, letters = count.as_coeff_Add()
            if not letters.is_Symbol:
                number, letters = Integer(0), count
            bound = condition.least - exact(number)
            least[letters] = max(bound, least.get(letters, bound))
    return [
        f"{letters} is "
        + ("a positive integer" if bound == 1 else f"an integer of at least {bound}")
        for letters, bound in least.items()
    ]


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


def _distinct(found: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(found))
