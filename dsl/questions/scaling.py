"""How polynomials scale with some of their symbols: their leading terms, their parts by powers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from sympy import Expr, Integer, Symbol

from ..algebra.polynomials import Algebra, Poly
from ..algebra.sparse_polynomials import Terms
from ..memory.dominance import largest

Powers = tuple[int, ...]  # of every symbol that changes


def leading_of(polys: Sequence[Poly], letters: Sequence[int]) -> tuple[int, list[Poly]]:
    """The terms of the highest degree of the largest of polynomials: those that may be it."""
    found = [_leading(poly, letters) for poly in polys if poly]
    highest = max(degree for degree, _ in found)
    leading = [poly for degree, poly in found if degree == highest]
    least = [0] * len(leading[0].ring.gens)
    return highest, [leading[i] for i in largest(list(enumerate(leading)), least)]


def common_factor(polys: Sequence[Poly], others: Sequence[Poly]) -> Fraction | None:
    """The number that every polynomial is times the other one at its place; None if there is none."""
    monomial, below = next(iter(others[0].items()))
    factor = Fraction(polys[0].terms.get(monomial, 0)) / below
    if len(polys) != len(others) or not factor:
        return None
    pairs = zip(polys, others, strict=True)
    return factor if all(poly == other * factor for poly, other in pairs) else None


def _leading(poly: Poly, letters: Sequence[int]) -> tuple[int, Poly]:
    """The terms of the highest degree in some letters together, and that degree."""
    degrees = {monomial: sum(monomial[i] for i in letters) for monomial in poly}
    highest = max(degrees.values())
    return highest, poly.ring.from_dict({m: poly[m] for m in poly if degrees[m] == highest})


def scales_of(algebra: Algebra, symbols: Sequence[str]) -> Iterator[Powers]:
    """The powers of some symbols with which every letter scales; a rounding as what it rounds."""
    letters = [algebra.symbol(name) for name in symbols]
    for letter in algebra.ring.gens[: len(algebra.names) + len(algebra.roundings)]:
        plain = algebra.unrounded(letter)
        yield tuple(max(0, plain.degree(symbol)) for symbol in letters)


def by_scale(poly: Poly, scales: Sequence[Powers]) -> dict[Powers, Poly]:
    """The parts of a polynomial by the powers with which they scale."""
    parts: dict[Powers, Terms] = {}
    for monomial, coefficient in (poly or {}).items():
        used = [
            tuple(power * own for own in scale)
            for power, scale in zip(monomial, scales, strict=False)
        ]
        powers = tuple(map(sum, zip(*used, strict=True)))
        parts.setdefault(powers, {})[monomial] = coefficient
    return {powers: poly.ring.from_dict(terms) for powers, terms in parts.items()}


def power_product(symbols: Sequence[str], powers: Powers) -> Expr:
    """Symbols to some powers, multiplied."""
    product = Integer(1)
    for name, power in zip(symbols, powers, strict=True):
        product *= Symbol(name) ** power
    return product
