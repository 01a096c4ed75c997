"""Polynomials and conditions at many points at once, exactly, on NumPy arrays.

A letter is an array of whole numerators over one denominator, as long along its own axis as the
axis has values and 1 along the others. A polynomial is a sum of outer products: the letters of
one axis are multiplied out on that axis alone, and only the last, smallest sum is as large as
the grid. Bounds from the coefficients and the largest values of the letters tell beforehand
whether every step fits into 64 bits; where one does not, that step is taken in Python's integers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, assert_never, cast

from ...grammar.errors import NetformError
from ..algebra.floor_forms import Extent, Floor, Symbol, value_of
from ..algebra.polynomials import Algebra, Poly
from ..graph.conditions import Condition, Equal, Least, Rounds, SameExtent, Whole

if TYPE_CHECKING:
    import numpy

Array: TypeAlias = "numpy.ndarray[Any, Any]"

LIMIT = 2**63  # of the size of an int64


def numpy_module() -> Any:
    """NumPy; raises NetformError where it is not installed."""
    try:
        import numpy
    except ImportError:
        raise NetformError("a grid needs NumPy", hint="pip install 'netform[plot]'") from None
    return numpy


@dataclass(frozen=True, slots=True)
class Numbers:
    """Exact numbers: ``numerators`` over one denominator, none larger in size than ``most``."""

    numerators: Array
    denominator: int
    most: int

    def typed(self, bound: int) -> Array:
        """The numerators, in 64 bits where a result of at most ``bound`` fits there."""
        return self.numerators.astype("int64" if bound < LIMIT else object, copy=False)


def numbers(numerators: Sequence[int] | range, denominator: int, shape: Sequence[int]) -> Numbers:
    """Whole numerators over a denominator, in a shape."""
    np = numpy_module()
    most = max(map(abs, (min(numerators), max(numerators))))
    kind = "int64" if most < LIMIT else object
    if isinstance(numerators, range) and kind == "int64":
        found = np.arange(numerators.start, numerators.stop, numerators.step, dtype=kind)
    else:
        found = np.array(numerators, dtype=kind)
    return Numbers(found.reshape(shape), denominator, most)


def with_roundings(algebra: Algebra, letters: Sequence[Numbers]) -> list[Numbers]:
    """The letters of an algebra, its roundings behind the symbols."""
    known = list(letters)
    for rounding in algebra.roundings:
        known.append(_rounded(rounding.function, evaluate(rounding.argument, known)))
    return known


def evaluate(poly: Poly, letters: Sequence[Numbers]) -> Numbers:
    """The polynomial at every point; letters beyond those known do not occur in it."""
    np = numpy_module()
    if not poly:
        return Numbers(np.zeros(1, "int64"), 1, 0)
    used = [i for i in range(len(letters)) if any(monomial[i] for monomial in poly)]
    degree = {i: max(monomial[i] for monomial in poly) for i in used}
    common = math.lcm(*(int(c.denominator) for c in poly.values()))
    denominator = common * math.prod(letters[i].denominator ** degree[i] for i in used)
    terms = {
        monomial: int(c.numerator)
        * (common // int(c.denominator))
        * math.prod(letters[i].denominator ** (degree[i] - monomial[i]) for i in used)
        for monomial, c in poly.items()
    }
    groups = _by_axes(used, letters, terms)
    parts = _split(terms, groups, letters)
    divisor = math.gcd(denominator, *(_gcd(part.numerators) for part in parts.values()))
    reduced = {
        powers: Numbers(part.numerators // divisor, 1, part.most // divisor)
        for powers, part in parts.items()
    }
    found = _joined(reduced, groups[-1] if groups else (), letters)
    return Numbers(found.numerators, denominator // divisor, found.most)


_Terms: TypeAlias = Mapping[tuple[int, ...], int]


def _by_axes(
    used: Iterable[int], letters: Sequence[Numbers], terms: _Terms
) -> list[tuple[int, ...]]:
    """The letters grouped by their axes: few points and many powers first."""
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for i in used:
        by_shape.setdefault(letters[i].numerators.shape, []).append(i)

    def work(group: tuple[int, ...]) -> tuple[int, int]:
        powers = {tuple(monomial[i] for i in group) for monomial in terms}
        axes = sum(length > 1 for length in letters[group[0]].numerators.shape)
        return axes, -len(powers)

    return sorted(map(tuple, by_shape.values()), key=work)


def _split(
    terms: _Terms, groups: Sequence[tuple[int, ...]], letters: Sequence[Numbers]
) -> dict[tuple[int, ...], Numbers]:
    """What multiplies every power product of the last group's letters."""
    if not groups:
        return {(): _constant(sum(terms.values()))}
    by_power: dict[tuple[int, ...], dict[tuple[int, ...], int]] = {}
    for monomial, coefficient in terms.items():
        powers = tuple(monomial[i] for i in groups[-1])
        by_power.setdefault(powers, {})[monomial] = coefficient
    inner = groups[:-1]
    return {
        powers: _joined(_split(part, inner, letters), inner[-1] if inner else (), letters)
        for powers, part in by_power.items()
    }


def _joined(
    parts: Mapping[tuple[int, ...], Numbers], group: tuple[int, ...], letters: Sequence[Numbers]
) -> Numbers:
    """The sum of parts times the power products of a group's letters."""
    np = numpy_module()
    largest = [max(1, letters[i].most) for i in group]
    parts = {powers: _tightened(part) for powers, part in parts.items()}
    bound = sum(
        part.most * math.prod(most**power for most, power in zip(largest, powers, strict=True))
        for powers, part in parts.items()
    )
    total: Any = None
    for powers, part in sorted(parts.items()):  # the constant first: one addition less
        term = part.typed(bound)
        for i, power in zip(group, powers, strict=True):
            if power:
                term = term * letters[i].typed(bound) ** power
        if total is None:
            total = term
        elif np.broadcast_shapes(total.shape, term.shape) == term.shape:
            term += total
            total = term
        else:
            total = total + term
    return Numbers(total, 1, bound)


def _tightened(part: Numbers) -> Numbers:
    found = part.numerators
    return Numbers(found, 1, max(abs(int(found.min())), abs(int(found.max()))))


def _gcd(found: Array) -> int:
    return int(numpy_module().gcd.reduce(found, axis=None))


def _constant(value: int) -> Numbers:
    kind = "int64" if abs(value) < LIMIT else object
    return Numbers(numpy_module().array([value], dtype=kind), 1, abs(value))


def _rounded(function: str, value: Numbers) -> Numbers:
    """The roundings of :data:`netform.dsl.algebra.polynomials.ROUNDINGS`, on arrays."""
    np = numpy_module()
    bound = 20 * (value.most + 8 * value.denominator)  # of every step below
    n, d = value.typed(bound), value.denominator
    if function == "floor":
        found = n // d
    elif function == "ceil":
        found = -(-n // d)
    else:
        eights = np.maximum(8, (n + 4 * d) // d // 8 * 8)
        found = np.where(10 * d * eights < 9 * n, eights + 8, eights)
    return Numbers(found, 1, value.most // d + 8)


def holding(conditions: Sequence[Condition], algebra: Algebra, letters: Sequence[Numbers]) -> Array:
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
                own = _extent(extent, extents) >= least
            case SameExtent(one=first, other=second):
                own = _extent(first, extents) == _extent(second, extents)
            case _:
                assert_never(condition)
        holds = holds & own
    return cast("Array", holds)


def _is_count(found: Numbers, least: int) -> Any:
    n, d = found.numerators, found.denominator
    return n >= least if d == 1 else (n >= least * d) & (n % d == 0)


def _distinct(conditions: Sequence[Condition]) -> Iterable[Condition]:
    """One of all conditions that say the same of different layers."""
    said: dict[object, Condition] = {}
    for condition in conditions:
        match condition:
            case Whole(count=count):
                said.setdefault(count, condition)
            case Rounds(count=count, least=least):
                said.setdefault((count, least), condition)
            case Equal(one=one, other=other):
                said.setdefault(("equal", one, other), condition)
            case Least(extent=extent, least=least):
                said.setdefault((extent, least), condition)
            case SameExtent(one=first, other=second):
                said.setdefault((first, second), condition)
            case _:
                assert_never(condition)
    return said.values()


def _extent(extent: int | Extent, letters: Mapping[str, Numbers]) -> Any:
    """An extent of a map at every extent of the input."""
    if isinstance(extent, int):
        return extent
    letter = letters[extent.symbol]
    symbols = {extent.symbol: letter.typed(_most(extent, letter.most))}
    return value_of(extent, cast("Mapping[str, int]", symbols))


def _most(extent: Symbol | Floor | Extent, most: int) -> int:
    """A bound of an extent and of every step on the way to it."""
    if isinstance(extent, Symbol):
        return most
    inner = _most(extent.base, most)
    return max(inner, abs(extent.factor) * inner + abs(extent.shift))
