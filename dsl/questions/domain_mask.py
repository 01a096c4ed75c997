"""Where a network exists, at every point of a grid: a mask, as NumPy has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from ..algebra.exact_arrays import Array, ExactArray, evaluate, numpy_module
from ..algebra.polynomials import Poly
from ..graph.domain.layer_condition import Need


def domain_mask(needs: Iterable[tuple[Need, Poly]], letters: Sequence[ExactArray]) -> Array:
    """Where all needs are met: as long as the grid along the axes that they depend on."""
    met = numpy_module().ones(1, bool)
    for need, poly in needs:
        met = met & _is_met(need, evaluate(poly, letters))
    return cast("Array", met)


def _is_met(need: Need, found: ExactArray) -> Any:
    match need:
        case Need.WHOLE:
            return found.numerators % found.denominator == 0
        case Need.NOT_NEGATIVE:
            return found.numerators >= 0
        case Need.ZERO:
            return found.numerators == 0
