"""Polynomials at many points at once, exactly, on NumPy arrays.

A letter is an array of whole numerators over one denominator, as long along its own axis as the
axis has values and 1 along the others. A polynomial is a sum of outer products: the letters of
one axis are multiplied out on that axis alone, and only the last, smallest sum is as large as
the grid. Bounds from the coefficients and the largest values of the letters show beforehand
whether every step fits into 64 bits; where one does not, that step is taken in Python's integers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ...grammar.errors import NetformError
from .polynomials import Algebra, Poly

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
class ExactArray:
    """An array of exact numbers: ``numerators`` over one denominator, none larger in size than ``most``."""

    numerators: Array
    denominator: int
    most: int

    def typed(self, bound: int) -> Array:
        """The numerators, in 64 bits where a result of at most ``bound`` fits there."""
        return self.numerators.astype("int64" if bound < LIMIT else object, copy=False)


def exact_array(
    numerators: Sequence[int] | range, denominator: int, shape: Sequence[int]
) -> ExactArray:
    """Whole numerators over a denominator, in a shape."""
    np = numpy_module()
    most = max(map(abs, (min(numerators), max(numerators))))
    kind = "int64" if most < LIMIT else object
    if isinstance(numerators, range) and kind == "int64":
        found = np.arange(numerators.start, numerators.stop, numerators.step, dtype=kind)
    else:
        found = np.array(numerators, dtype=kind)
    return ExactArray(found.reshape(shape), denominator, most)


def with_roundings(algebra: Algebra, letters: Sequence[ExactArray]) -> list[ExactArray]:
    """The letters of an algebra, its roundings behind the symbols."""
    known = list(letters)
    for rounding in algebra.roundings:
        known.append(_rounded(rounding.function, evaluate(rounding.argument, known)))
    return known


def evaluate(poly: Poly, letters: Sequence[ExactArray]) -> ExactArray:
    """The polynomial at every point; letters beyond those known do not occur in it."""
    np = numpy_module()
    if not poly:
        return ExactArray(np.zeros(1, "int64"), 1, 0)
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
        powers: ExactArray(part.numerators // divisor, 1, part.most // divisor)
        for powers, part in parts.items()
    }
    found = _joined(reduced, groups[-1] if groups else (), letters)
    return ExactArray(found.numerators, denominator // divisor, found.most)


_Terms: TypeAlias = Mapping[tuple[int, ...], int]


def _by_axes(
    used: Iterable[int], letters: Sequence[ExactArray], terms: _Terms
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
    terms: _Terms, groups: Sequence[tuple[int, ...]], letters: Sequence[ExactArray]
) -> dict[tuple[int, ...], ExactArray]:
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
    parts: Mapping[tuple[int, ...], ExactArray],
    group: tuple[int, ...],
    letters: Sequence[ExactArray],
) -> ExactArray:
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
    return ExactArray(total, 1, bound)


def _tightened(part: ExactArray) -> ExactArray:
    found = part.numerators
    return ExactArray(found, 1, max(abs(int(found.min())), abs(int(found.max()))))


def _gcd(found: Array) -> int:
    return int(numpy_module().gcd.reduce(found, axis=None))


def _constant(value: int) -> ExactArray:
    kind = "int64" if abs(value) < LIMIT else object
    return ExactArray(numpy_module().array([value], dtype=kind), 1, abs(value))


def _rounded(function: str, value: ExactArray) -> ExactArray:
    """The roundings of :data:`netform.dsl.algebra.roundings.ROUNDINGS`, on arrays."""
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
    return ExactArray(found, 1, value.most // d + 8)
