"""A quantity at every point of a grid, as one NumPy array of exact integers."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ...grammar.budget import LONGEST_SIDE, answers
from ...grammar.errors import NetformError
from ..algebra.exact_arrays import (
    Array,
    numpy_module,
    with_roundings,
)
from ..algebra.polynomials import exact
from ..algebra.units import plain_number
from ..costs.in_symbols import NetworkInSymbols
from ..costs.quantities import quantity_of
from ..graph.given_symbols import takes_symbols
from ..graph.symbols import check_number
from ..memory.profiled_quantity import by_profile
from .domain_mask import domain_mask
from .grid_figures import figures, letters_of

if TYPE_CHECKING:
    from ..network import Network

MOST_POINTS = 10**8
OUTSIDE = ("raise", "mask")


@dataclass(frozen=True, eq=False)
class Grid:
    """A quantity over the product of some axes.

    ``axes`` are the values of every symbol, in the order of the array's dimensions. ``values``
    are exact: of dtype int64 where all of them fit, else Python's integers in an array of
    dtype object; never floats. It is a masked array where points outside of the domain were to
    be masked.
    """

    quantity: str
    unit: str
    axes: Mapping[str, tuple[int | Fraction, ...]]
    values: Array

    def __repr__(self) -> str:
        sizes = " x ".join(f"{name}[{len(found)}]" for name, found in self.axes.items())
        return f"<{self.quantity} in {self.unit} over {sizes}, {self.values.dtype}>"


@takes_symbols("axes")
@answers
def grid(
    network: Network,
    quantity: str,
    /,
    axes: Mapping[str, Iterable[Any]] | None = None,
    *,
    outside: str = "raise",
    dtype: str = "float32",
    optimizer: str = "adam",
    copies: int = 0,
    profile: str = "textbook",
    mode: str | None = None,
    **named: Iterable[Any],
) -> Grid:
    """A quantity at every point of a grid over any symbols: w, B, H, W, R and lets.

    The axes are iterables of exact numbers by the names of their symbols (or in a mapping); the
    array has a dimension for each, in that order. w and B are 1 where they have no axis. The
    values are whole and exact: 64-bit integers where all fit, else Python's integers. ``profile``
    and ``mode`` count memory; a peak takes longer, since it is counted anew at every value of
    a symbol but B.

    Raises NetformError at the first point at which no network exists, unless ``outside="mask"``
    masks such points, and where NumPy is not installed.

    >>> import netform
    >>> net = netform.parse("input 8x8x1 conv4k3 pool2 fc10")
    >>> netform.grid(net, "memory_training", B=[1, 32], w=["1/2", 1]).values
    array([[  7216,  13936],
           [ 57312, 103712]])
    """
    if outside not in OUTSIDE:
        raise ValueError(f"outside is one of {', '.join(OUTSIDE)}, not {outside!r}")
    np = numpy_module()
    values = {name: _numbers(name, found) for name, found in {**(axes or {}), **named}.items()}
    shape = _shape(values)
    formulas = network.in_symbols(values)
    for name, own in values.items():
        _check_numbers(name, own, name in formulas.extents)
    known = by_profile(quantity_of(quantity), profile, mode)
    needs = formulas.needs  # may take letters for roundings
    letters = with_roundings(formulas.algebra, letters_of(formulas, values))
    exists = domain_mask(needs, letters)
    if formulas.at_width_1(values):
        at_1 = {name: (1,) if name == "w" else own for name, own in values.items()}
        at_width_1 = with_roundings(formulas.algebra, letters_of(formulas, at_1))
        exists = exists & domain_mask(needs, at_width_1)
    if outside == "raise" and not exists.all():
        raise _nowhere(formulas, values, np.broadcast_to(exists, shape))
    model: dict[str, Any] = {"dtype": dtype, "optimizer": optimizer, "copies": copies}
    whole = figures(network, known, values, exists, shape, **model)
    if outside == "mask":
        exists = np.broadcast_to(exists, shape)
        whole = np.ma.array(np.where(exists, whole, 0), mask=~exists)
    return Grid(known.name, known.unit, values, whole)


def _shape(axes: Mapping[str, Sequence[int | Fraction]]) -> tuple[int, ...]:
    """The number of values on every axis; raises NetformError for no axis or too many points."""
    if not axes:
        raise NetformError("a grid has an axis", hint="write for example B=[1, 2, 4]")
    shape = tuple(map(len, axes.values()))
    if math.prod(shape) > MOST_POINTS:
        raise NetformError(
            f"a grid has at most {MOST_POINTS:,} points, but this one has {math.prod(shape):,}",
            hint="leave values out",
        )
    return shape


def _numbers(name: str, found: Iterable[Any]) -> tuple[int | Fraction, ...]:
    """The values of an axis, exactly; raises NetformError where the symbol cannot have them."""
    if isinstance(found, str) or not isinstance(found, Iterable):
        raise NetformError(
            f"an axis is a list of numbers, but {name} is {found!r}", hint=f"write {name}=[{found}]"
        )
    values = tuple(map(_exact, found))
    if not values:
        raise NetformError(f"the axis {name} has no values", hint=f"write {name}=[1, 2]")
    return values


def _check_numbers(name: str, values: Sequence[int | Fraction], is_extent: bool) -> None:
    """Raise NetformError where a symbol cannot have all of these numbers."""
    whole = name == "B" or is_extent
    wrong = (v for v in values if whole and not isinstance(v, int))
    for value in (next(wrong, None), min(values), max(values)):
        if value is None:
            continue
        try:
            check_number(name, Fraction(value), is_extent)
        except NetformError as error:
            example = "[1, '1/2']" if name == "w" else "[1, 2]"
            hint = error.hint if value > LONGEST_SIDE else f"write {name}={example}"
            raise NetformError(error.message, hint=hint) from None


def _exact(value: Any) -> int | Fraction:
    if isinstance(value, Fraction):
        return plain_number(value)
    if isinstance(value, int | numbers.Integral):  # ints first: asking for an Integral is slow
        return int(value)
    return plain_number(exact(value))


def _nowhere(
    formulas: NetworkInSymbols, values: Mapping[str, tuple[int | Fraction, ...]], exists: Array
) -> NetformError:
    """What is wrong at the first point at which no network exists."""
    np = numpy_module()
    first = np.unravel_index(int(np.argmin(exists)), exists.shape)
    point = {name: found[int(i)] for (name, found), i in zip(values.items(), first, strict=True)}
    where = ", ".join(f"{name} = {value}" for name, value in point.items())
    try:
        formulas.point({name: Fraction(value) for name, value in point.items()})
    except NetformError as error:
        return NetformError(
            f"there is no network at {where}: {error.message}",
            error.span,
            error.source,
            f"{error.hint}; or leave such points out with outside='mask'",
            error.marks,
        )
    raise AssertionError(f"the conditions hold at {where}")
