"""The figures of a quantity at every point of a grid."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from ..algebra.exact_arrays import (
    LIMIT,
    Array,
    ExactArray,
    evaluate,
    exact_array,
    numpy_module,
    with_roundings,
)
from ..costs.in_symbols import NetworkInSymbols
from ..costs.quantities import Quantity
from ..graph.symbols import WIDTH_AND_BATCH
from ..memory.cases import counts_anew, counts_one_image_apart
from ..memory.profiled_quantity import ProfiledQuantity

if TYPE_CHECKING:
    from ..network import Network

Values: TypeAlias = Mapping[str, tuple[int | Fraction, ...]]


def figures(
    network: Network,
    quantity: Quantity,
    values: Values,
    exists: Array,
    shape: tuple[int, ...],
    **model: Any,
) -> Array:
    """The quantity at every point, where the network ``exists``; any number elsewhere.

    Some quantities are counted anew at every value of a symbol, as :func:`counts_anew` says, and
    one image apart from more.
    """
    np = numpy_module()
    groups = {name: _groups(quantity, name, own) for name, own in values.items()}
    if all(len(of_symbol) == 1 for of_symbol in groups.values()):
        return _figures(network, quantity, values, exists, shape, model)
    everywhere = np.broadcast_to(exists, shape)
    found = np.zeros(shape, "object")
    for places in itertools.product(*groups.values()):
        where = np.ix_(*places)
        if everywhere[where].any():  # elsewhere the network may not be built
            at = {
                name: tuple(own[place] for place in chosen)
                for (name, own), chosen in zip(values.items(), places, strict=True)
            }
            thin = tuple(map(len, places))
            found[where] = _figures(network, quantity, at, everywhere[where], thin, model)
    return _narrowed(found)


def _groups(
    quantity: Quantity, name: str, values: Sequence[int | Fraction]
) -> Sequence[Sequence[int]]:
    """The places of a symbol's values that one formula has the figures of."""
    places = range(len(values))
    if counts_anew(quantity, name):
        return [[place] for place in places]
    if name != "B" or not counts_one_image_apart(quantity):
        return [places]
    of_one = [place for place in places if values[place] == 1]
    others = [place for place in places if values[place] != 1]
    return [found for found in (of_one, others) if found]


def _figures(
    network: Network,
    quantity: Quantity,
    values: Values,
    exists: Array,
    shape: tuple[int, ...],
    model: Mapping[str, Any],
) -> Array:
    """The largest of the polynomials of a quantity, at every point."""
    np = numpy_module()
    free, numbers = list(values), dict[str, Fraction]()
    if isinstance(quantity, ProfiledQuantity):  # symbols of one value are numbers
        alone = {name: own[0] for name, own in values.items() if len(own) == 1}
        free = [name for name in values if name not in alone]
        numbers = {n: Fraction(alone.pop(n)) for n in WIDTH_AND_BATCH if n in alone}
        network = network.having(**alone) if alone else network
    cases = network.cases(quantity, free, numbers, **model)
    letters = with_roundings(cases.network.algebra, letters_of(cases.network, values))
    found = (whole_figures(evaluate(poly, letters), exists, shape) for poly in cases.polys)
    largest: Array = functools.reduce(np.maximum, found)
    return largest


def letters_of(
    formulas: NetworkInSymbols, values: Mapping[str, tuple[int | Fraction, ...]]
) -> list[ExactArray]:
    """The symbols of the network as arrays, each along its own axis."""
    found = []
    names = list(values)
    for symbol in formulas.algebra.names:
        own = values.get(symbol, (1,))
        common = math.lcm(*{value.denominator for value in own})
        numerators = [value.numerator * (common // value.denominator) for value in own]
        shape = [len(own) if name == symbol else 1 for name in names]
        found.append(exact_array(numerators, common, shape))
    return found


def _narrowed(values: Array) -> Array:
    """Python's integers as 64-bit integers where all fit."""
    most = max(-int(values.min()), int(values.max()))
    return values.astype("int64") if most < LIMIT else values


def whole_figures(found: ExactArray, exists: Array, shape: tuple[int, ...]) -> Array:
    """The values as an array of that shape, 64-bit where all fit; 1 over one may be outside."""
    np = numpy_module()
    values = found.numerators
    if found.denominator > 1:
        values = values // found.denominator
        if not ((values * found.denominator == found.numerators) | ~exists).all():
            raise ValueError("a figure is not whole")
    if values.dtype == object:
        values = _narrowed(values)
    return values if values.shape == shape else np.array(np.broadcast_to(values, shape))
