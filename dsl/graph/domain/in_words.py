"""The domain of a network's formulas in words, for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TypeVar

from sympy import Expr, Integer, Mul, Symbol, degree, expand, factor_terms

from ....grammar.budget import Work, spend
from ...algebra.periodic_sets import EVERY
from ...algebra.polynomials import Algebra, exact
from .conditions import Condition, Equal, Least, Rounds, SameExtent
from .existence import by_symbol, candidates, meeting, shortest, step, symbol_of, whole_counts

T = TypeVar("T")

_STEPS_OF_A_CONDITION = 200  # of the budget, for what SymPy does
Known = dict[Expr, Expr]  # numbers of symbols


def in_words(
    conditions: Sequence[Condition], algebra: Algebra, free: Sequence[str] = ("w", "B")
) -> list[str]:
    """The domain in the symbols left free; w and B are 1 where they are not."""
    known: Known = {Symbol(name): Integer(1) for name in ("w", "B") if name not in free}
    words = [
        *sizes_in_words(conditions),
        *equal_counts_in_words(conditions, algebra, known),
        *_whole_counts_in_words(conditions, algebra, known, "w" in free),
        *_rounds_in_words(conditions, algebra),
    ]
    if "B" in free:
        words.append("B is a positive integer")
    return _distinct(words)


def sizes_in_words(conditions: Sequence[Condition]) -> list[str]:
    """The conditions on the extents of the input: the least, and a divisor or residues."""
    words = [
        f"{condition.one} = {condition.other}"
        for condition in conditions
        if isinstance(condition, SameExtent) and symbol_of(condition) is None
    ]
    for symbol, found in by_symbol(conditions).items():
        words += _sizes_of_symbol(symbol, found)
    return _distinct(words)


def _sizes_of_symbol(symbol: str, conditions: Sequence[Least | SameExtent]) -> list[str]:
    met, progression = meeting(symbol, conditions)
    if met is not None and met.after(0) is None:
        return [f"there is no such {symbol}"]
    words, sizes = [], EVERY
    if met is None or not met.is_endless:
        same = (c for c in conditions if isinstance(c, SameExtent))
        words = _distinct(f"{c.one} = {c.other}" for c in same)
    else:
        sizes = met.continued
    residues, period = shortest(sizes)
    if period > 1:
        named = " or ".join(map(str, sorted(residues)))
        words.append(
            f"{symbol} is divisible by {period}"
            if residues == {0}
            else f"{symbol} mod {period} is {named}"
        )
    enough = candidates([c for c in conditions if isinstance(c, Least)], progression)
    least, least_met = sizes.after(0), (sizes & enough).after(0)
    if least_met is not None and least_met != least:
        words.append(f"{symbol} is at least {least_met}")
    return words


def equal_counts_in_words(
    conditions: Sequence[Condition], algebra: Algebra, known: Known
) -> list[str]:
    """What branches with equally many channels ask of the symbols.

    A symbol for which there is one solution joins those ``known``.
    """
    words = []
    for condition in conditions:
        if not isinstance(condition, Equal):
            continue
        spend(_STEPS_OF_A_CONDITION, Work.CONDITIONS)
        difference = _simplest(algebra.expression(condition.one - condition.other).subs(known))
        letters = sorted(difference.free_symbols, key=str)
        solution = _root(difference, letters[0]) if len(letters) == 1 else None
        if solution is not None:
            known[letters[0]] = solution
            words.append(f"{letters[0]} = {solution}")
        elif letters:
            one, other = (algebra.expression(count).subs(known) for count in condition.counts)
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
    spend(_STEPS_OF_A_CONDITION * len(counts), Work.CONDITIONS)
    whole = (algebra.expression(count).subs(known) for count in counts)
    shown = _distinct(str(count) for count in whole if not count.is_number)
    if not shown:
        return []
    words = f"these are positive integers: {', '.join(shown)}"
    return [f"w is positive, and {words}" if is_width_free and not is_width_known else words]


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
