"""Laws: what a convention counts for one layer.

A law is an expression as a paper prints it, ``2*M + b*A``. Its variables are in
:mod:`.law_variables`, with their meanings and their values for a layer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

from sympy import Add, Expr, Integer, Mul, Symbol

from ...algebra.polynomials import ZERO, Poly
from ...graph.layer import Layer
from .law_variables import LAW_VARIABLES


@dataclass(frozen=True, slots=True)
class NotCounted:
    """In place of a law: the reason why a convention cannot count a layer, nor its network."""

    reason: str

    def __str__(self) -> str:
        return "none"


@dataclass(frozen=True, slots=True)
class Case:
    """A law with a condition: ``law`` for the layers for which ``holds`` is true, else ``otherwise``.

    ``when`` is the condition in words.
    """

    law: Law
    when: str
    holds: Callable[[Layer], bool]
    otherwise: Law

    def __str__(self) -> str:
        return f"{self.law} {self.when}, else {self.otherwise}"


Law: TypeAlias = Expr | NotCounted | Case

UNCOUNTED: Law = Integer(0)


def law_for(law: Law, layer: Layer) -> Expr | NotCounted:
    """The law without conditions that applies to a layer."""
    while isinstance(law, Case):
        law = law.law if law.holds(layer) else law.otherwise
    return law


def value(law: Expr, layer: Layer) -> Poly:
    """The value of a law for a layer and one image, in one round of the loops around it."""
    match law:
        case Integer():
            return layer.algebra.constant(int(law))
        case Symbol():
            number = LAW_VARIABLES[law.name].value(layer)
            return layer.algebra.constant(number) if isinstance(number, int) else number
        case Add():
            return sum((value(part, layer) for part in law.args), ZERO)
        case Mul():
            one = layer.algebra.constant(1)
            return prod((value(part, layer) for part in law.args), start=one)
        case _:
            raise NotImplementedError(f"a law is a sum of products of law variables, not {law}")


def shown(law: Law) -> str:
    """The law as text: ``2*M + b*A``, a dash where the layer is not counted."""
    return "-" if law == UNCOUNTED else str(law)
