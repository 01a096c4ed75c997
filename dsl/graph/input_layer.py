"""The image: the size that a program gives its input, and the symbols that may be used for it."""

from __future__ import annotations

from fractions import Fraction

from ...grammar import tree
from ...grammar.budget import LONGEST_SIDE
from ...grammar.errors import NetformError, Source
from ..algebra.floor_forms import Extent, Symbol
from ..algebra.polynomials import Algebra
from ..kinds.base.cost import Cost
from ..kinds.base.receptive_field import Reach, ReceptiveField
from ..kinds.base.shape import Shape
from ..kinds.input import Input
from .expressions import Evaluation, UnknownChannelsError, Value
from .layer import Layer
from .recipe import Recipe
from .scope import NOWHERE, Frame, Scope
from .symbols import extent_symbols


def input_layer_of(program: tree.Program, evaluation: Evaluation, recipe: Recipe) -> Layer:
    """The image as the first layer; raises NetformError where its size is none."""
    size, source, algebra = program.input, program.source, evaluation.algebra
    if not 2 <= len(size.size) <= 4:
        raise NetformError(
            "an input has one to three extents, then its channels, but this one has "
            f"{len(size.size)} numbers",
            size.span,
            source,
            "write input 32x32x3 (height x width x channels)",
        )
    numbers: list[int | Extent] = []
    for side, symbol in zip(size.size, (*extent_symbols(program), ()), strict=True):
        free = next((name for name in symbol if name in algebra.names), None)
        known = next(
            (evaluation.values[name] for name in symbol if name in evaluation.values), None
        )
        if free is not None:
            numbers.append(Extent(algebra, Symbol(free)))
        elif known is not None:
            numbers.append(_whole_side(known, side, algebra, source))
        else:
            numbers.append(_side(side, evaluation, source))
    *extents, channels = numbers
    assert isinstance(channels, int)
    if max(number for number in numbers if isinstance(number, int)) > LONGEST_SIDE:
        raise NetformError(
            f"an input has at most {LONGEST_SIDE:,} pixels a side and as many channels",
            size.span,
            source,
            "write a smaller input",
        )
    shape = Shape(tuple(extents), algebra.constant(channels))
    receptive_field = ReceptiveField(((Reach(),),) * len(extents))
    text = "x".join(map(str, numbers))
    cost = Cost(feature_map=shape.values)
    span, kind = size.span, Input()
    return Layer(
        "input", text, kind, (), shape, cost, receptive_field, source, span, algebra, 0, recipe
    )


def _whole_side(number: Value, side: tree.Expression, algebra: Algebra, source: Source) -> int:
    if not isinstance(number, Fraction) or number.denominator != 1 or number < 1:
        met = number if isinstance(number, Fraction) else algebra.text(number)
        raise NetformError(
            f"an input has whole extents of at least 1, not {met}",
            side.span,
            source,
            "write height x width x channels, such as input 32x32x3",
        )
    return int(number)


def _side(side: tree.Expression, evaluation: Evaluation, source: Source) -> int:
    try:
        number = evaluation.value(side, Scope(Frame("", source), NOWHERE)).number
    except UnknownChannelsError as early:
        raise NetformError(
            "the input comes before all layers, but c is the number of input channels of a layer",
            early.name.span,
            source,
            "write a number, or a let",
        ) from None
    return _whole_side(number, side, evaluation.algebra, source)
