"""Whether a network exists at one point of its letters."""

from __future__ import annotations

from collections.abc import Sequence

from ...algebra.polynomials import Algebra, Point, value_at
from .conditions import Condition
from .existence import step
from .layer_condition import Evaluated


def check_point(conditions: Sequence[Condition], point: Point, algebra: Algebra) -> None:
    """Raise NetformError, naming the layer, where a condition fails at a point."""
    width = point[0]
    counts = {count for condition in conditions for count in condition.counts}
    at = Evaluated(
        algebra=algebra,
        width=width,
        counts={count: value_at(count, point) for count in counts},
        extents={name: int(n) for name, n in zip(algebra.names, point, strict=False)},
        step=None if width == 1 else step(conditions),
        in_words=lambda condition: _in_words(condition, algebra),
    )
    for condition in conditions:
        condition.check(at)


def _in_words(condition: Condition, algebra: Algebra) -> list[str]:
    from .in_words import in_words

    return in_words([condition], algebra, ("w",), {})
