"""A derivation as JSON values: counts are integers, formulas text that SymPy parses."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from sympy import Expr

from ...dsl.algebra.stated_formulas import expression
from ...dsl.algebra.units import json_number
from ...dsl.derivations.derivation import (
    Collected,
    Contributions,
    Derivation,
    DerivationStep,
    Part,
    Path,
    Sentence,
)
from .plain_text import stated


def as_json(derivation: Derivation) -> dict[str, Any]:
    """The derivation, and those that it needs among its parts."""
    return {
        "network": derivation.network,
        "quantity": derivation.quantity,
        "unit": derivation.unit,
        "layer": derivation.layer,
        "results": [
            {"name": result.name, "expr": _expr(result.formula), "number": _number(result.number)}
            for result in derivation.results
        ],
        "at": {name: json_number(value) for name, value in derivation.at},
        "domain": list(derivation.domain),
        "parts": [_part(part) for part in derivation.parts],
    }


def _part(part: Part) -> dict[str, Any]:
    match part:
        case DerivationStep():
            return {"step": _step(part)}
        case Contributions(name=name, rows=rows):
            found = [
                {
                    "layers": list(row.layers),
                    "op": row.op,
                    "each": _step(row.step),
                    "expr": str(row.simplified),
                    "number": _number(row.number),
                }
                for row in rows
            ]
            return {"contributions": {"name": name, "rows": found}}
        case Collected(name=name, powers=powers):
            sums = [
                {
                    "power": str(power.symbols),
                    "coefficients": [[n, str(c)] for n, c in power.coefficients],
                    "sum": str(power.sum),
                }
                for power in powers
            ]
            return {
                "collected": {
                    "name": name,
                    "powers": sums,
                    "expr": str(part.simplified),
                    "number": _number(part.number),
                }
            }
        case Path(axes=axes, layer=layer, rows=growths):
            path = [
                {
                    "layer": row.layer,
                    "kernel": row.kernel,
                    "stride": row.stride,
                    "size": _number(row.size),
                    "jump": json_number(row.jump),
                    "words": row.words,
                }
                for row in growths
            ]
            size = _number(part.size)
            return {"path": {"axes": list(axes), "layer": layer, "rows": path, "size": size}}
        case Sentence(words=words):
            return {"sentence": words}
        case Derivation():
            return {"derivation": as_json(part)}


def _step(step: DerivationStep) -> dict[str, Any]:
    return {
        "names": list(step.names),
        "rule": str(expression(step.rule)),
        "letters": [
            {
                "symbol": letter.symbol,
                "value": str(letter.value),
                "meaning": letter.meaning,
                "origin": letter.origin,
            }
            for letter in step.letters
        ],
        "substituted": stated(step.substituted),
        "expr": str(step.simplified),
        "number": _number(step.number),
        "words": [term.words for term in step.terms] or [step.words],
    }


def _expr(formula: Expr | None) -> str | None:
    return None if formula is None else str(formula)


def _number(value: Fraction | int | tuple[int, int] | None) -> int | str | list[int] | None:
    """An integer, a fraction ``p/q``, or the least and the most."""
    if isinstance(value, tuple):
        return list(value)
    return json_number(value) if value is not None else None
