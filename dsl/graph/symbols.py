"""The symbols of a network: w, B, those of its input, and its lets."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from ...grammar import tree
from ...grammar.budget import LONGEST_SIDE
from ...grammar.errors import NetformError
from ..algebra.polynomials import Algebra
from .definitions import lets_of
from .expressions import Evaluation
from .scope import NOWHERE, Frame, Scope

WIDTH_AND_BATCH = ("w", "B")


def symbols_of(program: tree.Program) -> tuple[str, ...]:
    """w, B, the symbols of the input, and all lets."""
    extents = [name for symbols in extent_symbols(program) for name in symbols]
    inside = [name for side in program.input.size for name in tree.names(side)]
    return (*WIDTH_AND_BATCH, *dict.fromkeys([*inside, *lets_of(program), *extents]))


def named_sides(program: tree.Program) -> list[str]:
    """The symbols that an input names as its extents."""
    sides = program.input.size[:-1]
    return list(dict.fromkeys(side.name for side in sides if isinstance(side, tree.Name)))


def extent_symbols(program: tree.Program) -> list[tuple[str, ...]]:
    """The symbols that may be used for every extent of the input.

    R is every extent of a square input, and H and W are those of an image of two axes, unless the
    input names them itself.
    """
    sides = program.input.size[:-1]
    named = {side.name for side in sides if isinstance(side, tree.Name)}
    is_square = len(set(sides)) == 1
    symbols: list[tuple[str, ...]] = []
    for axis, side in enumerate(sides):
        if not isinstance(side, tree.Name | tree.Number):
            symbols.append(())
            continue
        own = (side.name,) if isinstance(side, tree.Name) else ()
        others = ["HW"[axis]] if len(sides) == 2 else []
        others += ["R"] if is_square else []
        symbols.append((*own, *(name for name in others if name not in named)))
    return symbols


def check_lets(program: tree.Program) -> None:
    """Raise NetformError where a let has the name of an extent that the input does not name."""
    named = named_sides(program)
    extents = [name for names in extent_symbols(program) for name in names if name not in named]
    for let, source in lets_of(program).values():
        if let.name in extents:
            what = {"H": "the height", "W": "the width", "R": "the side"}[let.name]
            raise NetformError(
                f"{let.name} is {what} of the input, so no let can have this name",
                let.span,
                source,
                f"give it another name, or write {let.name} in the input",
            )


def number_of_let(
    program: tree.Program, name: str, values: Mapping[str, Fraction]
) -> Fraction | None:
    """The number of a let, others having ``values``; None where no let has that name."""
    lets = lets_of(program)
    if name not in lets:
        return None
    algebra = Algebra()
    evaluation = Evaluation(algebra, algebra.width, lets, values)
    number = evaluation.value(tree.Name(name), Scope(Frame("", lets[name][1]), NOWHERE)).number
    return number if isinstance(number, Fraction) else None


def check_number(name: str, value: Fraction, is_extent: bool = False) -> None:
    """Raise NetformError where a symbol cannot have this number; a let can have any."""
    if name == "w" and value <= 0:
        raise NetformError(f"w is a positive number, not {value}", hint="write for example w=1/2")
    if (name == "B" or is_extent) and (value < 1 or value.denominator != 1):
        raise NetformError(
            f"{name} is a positive whole number, not {value}", hint=f"write {name}=128"
        )
    if is_extent and value > LONGEST_SIDE:
        raise NetformError(
            f"an input has at most {LONGEST_SIDE:,} pixels a side, not {int(value):,}",
            hint="write a smaller size",
        )
