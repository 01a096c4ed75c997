"""Laws: what a convention counts for one layer, an expression in a few letters.

A law is written as a paper would have it, ``2*M + b*A``. Its letters are in
:mod:`.letters`, which says what each means and what it is for a layer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

from sympy import Add, Expr, Integer, Mul, Symbol

from ...algebra.polynomials import Poly
from ...graph.layer import Layer
from .law_variables import LETTERS


@dataclass(frozen=True, slots=True)
class NotCountedError:
    """A convention has no count for a kind of layer, for a reason, and so none for its network."""

    reason: str

    def __str__(self) -> str:
        return "none"


@dataclass(frozen=True, slots=True)
class Case:
    """A law for the layers of which something holds, and another for all others."""

    law: Law
    when: str
    holds: Callable[[Layer], bool]
    otherwise: Law

    def __str__(self) -> str:
        return f"{self.law} {self.when}, else {self.otherwise}"


Law: TypeAlias = Expr | NotCountedError | Case

UNCOUNTED: Law = Integer(0)  # what a tool passes over


def law_for(law: Law, layer: Layer) -> Expr | NotCountedError:
    """The law among cases that holds for a layer."""
    while isinstance(law, Case):
        law = law.law if law.holds(layer) else law.otherwise
    return law


def value(law: Expr, layer: Layer) -> Poly:
    """What a law comes to for a layer and one image, in one round of the loops it stands in."""
    match law:
        case Integer():
            return layer.algebra.constant(int(law))
        case Symbol():
            number = LETTERS[law.name].value(layer)
            return layer.algebra.constant(number) if isinstance(number, int) else number
        case Add():
            return sum(value(part, layer) for part in law.args)
        case Mul():
            return prod(value(part, layer) for part in law.args)
        case _:
            raise NotImplementedError(f"a law is a sum of products of letters, not {law}")


def shown(law: Law) -> str:
    """The law as text: ``2*M + b*A``, a dash where the layer is not counted."""
    return "-" if law == UNCOUNTED else str(law)
