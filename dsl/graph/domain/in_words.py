"""The domain of a network's formulas in words, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from ...algebra.polynomials import Algebra, Poly
from .conditions import Condition, Equal, Rounds
from .sizes_in_words import sizes_in_words
from .width_in_words import is_in_width_alone, width_in_words


def in_words(
    conditions: Sequence[Condition],
    algebra: Algebra,
    free: Sequence[str],
    values: Mapping[str, Fraction],
) -> list[str]:
    """The domain in the symbols left free; w and B are 1 where they have no other number."""
    fixed = {name: values.get(name, Fraction(1)) for name in ("w", "B") if name not in free}
    words = [
        *sizes_in_words(conditions),
        *_counts_in_words(conditions, algebra, fixed),
        *_rounds_in_words(conditions, algebra),
    ]
    if "B" in free:
        words.append("B is a positive integer")
    return list(dict.fromkeys(words))


def _counts_in_words(
    conditions: Sequence[Condition], algebra: Algebra, fixed: Mapping[str, Fraction]
) -> list[str]:
    """Which counts are equal, and which are whole; mostly these ask something of w alone."""
    if not any(isinstance(condition, Equal) for condition in conditions):
        words = _width_in_words(conditions, fixed)
        if words is not None:
            return words
    from .counts_in_words import counts_in_words  # loads SymPy

    return counts_in_words(conditions, algebra, fixed)


def _width_in_words(
    conditions: Sequence[Condition], fixed: Mapping[str, Fraction]
) -> list[str] | None:
    """What counts ask of the width, and of nothing else; None where they ask for more."""
    if "w" not in fixed:
        return width_in_words(conditions)
    return [] if is_in_width_alone(conditions) else None


def _rounds_in_words(conditions: Sequence[Condition], algebra: Algebra) -> list[str]:
    """How many rounds loops have; of a symbol plus a number, what the symbol is."""
    symbols = [algebra.symbol(name) for name in algebra.names]
    least: dict[Poly, Fraction] = {}
    for condition in conditions:
        if isinstance(condition, Rounds):
            letters, bound = condition.count, Fraction(condition.least)
            if letters - letters.constant in symbols:
                letters, bound = letters - letters.constant, bound - letters.constant
            least[letters] = max(bound, least.get(letters, bound))
    return [
        f"{algebra.text(letters)} is "
        + ("a positive integer" if bound == 1 else f"an integer of at least {bound}")
        for letters, bound in least.items()
    ]
