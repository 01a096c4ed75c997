"""How often a part of a chain repeats."""

from __future__ import annotations

from fractions import Fraction

from ....grammar import tree
from ....grammar.budget import MOST_LAYERS
from ....grammar.errors import NetformError, Source
from ...algebra.polynomials import Poly
from ...kinds import BY_OP
from ..expressions import Evaluation, UnknownChannelsError
from ..scope import Scope


def repeat_count(
    repeat: tree.Repeat, scope: Scope, evaluation: Evaluation, steps: int
) -> int | Poly:
    """How often a part repeats behind some steps; a polynomial where a symbol is free."""
    source, algebra = scope.frame.source, evaluation.algebra
    try:
        number = evaluation.value(repeat.count, scope).number
    except UnknownChannelsError as error:
        raise NetformError(
            "the number of repeats of a part does not depend on c",
            error.name.span,
            error.source,
            "write a number, or a parameter that is one",
        ) from None
    if not isinstance(number, Fraction):
        if algebra.unrounded(number).degree(algebra.width) <= 0:
            return number
        raise _not_whole(repeat, algebra.text(number), source)
    if number.denominator != 1 or number < 0:
        raise _not_whole(repeat, number, source)
    if number > MOST_LAYERS:
        raise NetformError(
            f"a part repeats at most {MOST_LAYERS:,} times, not {int(number):,}",
            repeat.count.span,
            source,
            "write a smaller number",
        )
    if number * _least_steps(repeat.part) + steps > MOST_LAYERS:
        raise too_many_layers(repeat, source)
    return int(number)


def too_many_layers(item: tree.Item, source: Source) -> NetformError:
    """The error at the part with which a network gets more layers than it may have."""
    return NetformError(
        f"a network has at most {MOST_LAYERS:,} layers, and this one has more",
        item.span,
        source,
        "leave some out",
    )


def _not_whole(repeat: tree.Repeat, met: object, source: Source) -> NetformError:
    return NetformError(
        f"a part repeats a whole number of times, not {met}",
        repeat.count.span,
        source,
        "write [conv64k3 relu]*3",
    )


def _least_steps(part: tree.Item) -> int:
    """Steps that a part makes at least; calls and repeats may make none."""
    match part:
        case tree.Atom():
            return 1 if part.op in BY_OP else 0
        case tree.Group(chain=chain):
            return sum(map(_least_steps, chain))
        case tree.Remat(part=inner):
            return _least_steps(inner)
        case tree.Merge(branches=branches):
            return 1 + sum(_least_steps(item) for branch in branches for item in branch)
        case _:
            return 0
