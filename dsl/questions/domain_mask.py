"""Where a network exists, at every point of a grid: a mask, as NumPy has them."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any, assert_never, cast

from ..algebra.exact_arrays import Array, ExactArray, evaluate, extent_values, numpy_module
from ..algebra.polynomials import Algebra
from ..graph.conditions import Condition, Equal, Least, Rounds, SameExtent, Whole

ABOUT_THE_LAYER = {"what", "layer", "source", "span", "marks"}  # fields of conditions


def domain_mask(
    conditions: Sequence[Condition], algebra: Algebra, letters: Sequence[ExactArray]
) -> Array:
    """Where all conditions hold: as long as the grid along the axes that they depend on."""
    np = numpy_module()
    holds = np.ones(1, bool)
    extents = dict(zip(algebra.names, letters, strict=False))
    for condition in _distinct(conditions):
        match condition:
            case Whole(count=count):
                own = _is_count(evaluate(count, letters), 1)
            case Rounds(count=count, least=least):
                own = _is_count(evaluate(count, letters), least)
            case Equal(one=one, other=other):
                own = evaluate(one - other, letters).numerators == 0
            case Least(extent=extent, least=least):
                own = extent_values(extent, extents) >= least
            case SameExtent(one=first, other=second):
                own = extent_values(first, extents) == extent_values(second, extents)
            case _:
                assert_never(condition)
        holds = holds & own
    return cast("Array", holds)


def _is_count(found: ExactArray, least: int) -> Any:
    n, d = found.numerators, found.denominator
    return n >= least if d == 1 else (n >= least * d) & (n % d == 0)


def _distinct(conditions: Sequence[Condition]) -> Iterable[Condition]:
    """One of all conditions that demand the same for different layers."""
    demands = {kind: _demand_of(kind) for kind in set(map(type, conditions))}
    return {(type(one), demands[type(one)](one)): one for one in conditions}.values()


def _demand_of(kind: type[Condition]) -> Callable[[Condition], object]:
    """What conditions of a kind demand: all their fields but those about the layer."""
    names = [field.name for field in dataclasses.fields(kind)]
    return operator.attrgetter(*(name for name in names if name not in ABOUT_THE_LAYER))
