"""Where counts in w alone are whole, in words."""

from __future__ import annotations

from collections.abc import Sequence

from .conditions import Condition
from .existence import step, whole_counts


def is_in_width_alone(conditions: Sequence[Condition]) -> bool:
    """Whether all counts of channels are in w and no other symbol."""
    return not any(any(m[1:]) for count in whole_counts(conditions) for m in count)


def width_in_words(conditions: Sequence[Condition]) -> list[str] | None:
    """Of which number w is a multiple; None where the counts ask for more than that."""
    counts, every = dict.fromkeys(whole_counts(conditions)), step(conditions)
    is_positive = all(c > 0 for count in counts for c in count.values())
    if every is None or not is_positive or not is_in_width_alone(conditions):
        return None
    is_needed = any(not count.is_ground for count in counts)
    return [f"w is a positive multiple of {every}"] if is_needed else []
