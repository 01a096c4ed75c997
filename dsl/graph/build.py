"""Syntax tree to layers in place: the pipeline of the core, one line a stage."""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain

from ...grammar import tree
from ...grammar.budget import MOST_LOOPS, MOST_ROUNDINGS
from ...grammar.errors import NetformError
from ...grammar.garbage import garbage_kept
from ...grammar.short_repr import LONGEST, LongTuple, ShortRepr, cut
from ..algebra.polynomials import Algebra, TooFewLetters
from ..algebra.roundings import Rounding
from .definitions import lets_of, rounds
from .domain.conditions import Condition
from .expressions import Evaluation
from .input_layer import input_layer_of
from .layer import Layer
from .name_check import check_names
from .placing import place
from .recipe import Recipe
from .symbols import check_lets
from .unrolling.trace import Record, Step
from .unrolling.unrolling import unroll
from .width import Width


@dataclass(frozen=True, eq=False)
class LayerGraph(ShortRepr):
    """The layers of a network, in order, and the conditions under which they exist.

    ``places`` are the layers of every step, its post chain behind it, from which and from
    ``record`` a program is written; place 0 is the image. ``recipe`` is what it was built from.
    """

    layers: tuple[Layer, ...]
    conditions: tuple[Condition, ...]
    algebra: Algebra
    places: tuple[tuple[Layer, ...], ...]
    steps: Sequence[Step]
    record: Record
    recipe: Recipe

    def __repr__(self) -> str:
        return f"{len(self.layers):,} layers: {cut(repr(self.layers), LONGEST)}"


def build(
    program: tree.Program,
    width: Width,
    values: Mapping[str, Fraction] | None = None,
    free: Iterable[str] = (),
    roundings: int = 0,
) -> LayerGraph:
    """Infer every layer; raises NetformError at the part that cannot be where it is.

    ``values`` are numbers for lets and for the symbols of the input; the lets in ``free`` stay
    letters. The algebra has at least ``roundings`` letters for roundings.
    """
    with garbage_kept(), _limits_named(program):
        check_names(program)
        check_lets(program)
        recipe = Recipe(program, width, values or {}, tuple(free), roundings)
        algebra = _algebra_of(program, recipe.free, roundings)
        evaluation = Evaluation(algebra, width.symbol(algebra), lets_of(program), recipe.values)
        image = input_layer_of(program, evaluation, recipe)
        trace = unroll(program, evaluation)
        placed = place(program, trace.steps, image, recipe, evaluation)
        layers = LongTuple(chain.from_iterable(placed.places))
        conditions = (*chain.from_iterable(placed.conditions), *placed.rounds(layers))
        places = LongTuple(placed.places)
        return LayerGraph(
            layers, LongTuple(conditions), algebra, places, trace.steps, trace.record, recipe
        )


def _algebra_of(program: tree.Program, free: tuple[str, ...], roundings: int) -> Algebra:
    """The letters of a network: those for roundings and loops only where it may have some.

    How many roundings there are is known only when all shapes are. Letters that stay unused cost
    next to no time, so there are as many as an algebra may have.
    """
    may_round = free or roundings or rounds(program)
    return Algebra(free, MOST_ROUNDINGS if may_round else 0, MOST_LOOPS if free else 0)


@contextmanager
def _limits_named(program: tree.Program) -> Iterator[None]:
    """Raise NetformError where a limit of the algebra or of Python is met inside."""
    try:
        yield
    except TooFewLetters as error:
        raise _too_much(error.what, program) from None
    except RecursionError:
        raise _too_much("definitions of definitions", program) from None


def _too_much(what: str, program: tree.Program) -> NetformError:
    return NetformError(
        f"this network has more {what} than netform can handle",
        program.input.span,
        program.source,
        "write numbers instead of expressions",
    )


def _rebuilt(recipe: Recipe) -> LayerGraph:
    """The graph of a recipe from a pickle, the same for all that is in the pickle."""
    if recipe.graph is None:
        own = recipe.program, recipe.width, recipe.values, recipe.free, recipe.roundings
        recipe.graph = build(*own)
    graph: LayerGraph = recipe.graph
    return graph


def _graph_of(recipe: Recipe, roundings: Sequence[Rounding]) -> LayerGraph:
    """The graph of a recipe, with the letters that questions have added to its algebra."""
    graph = _rebuilt(recipe)
    for rounding in roundings:
        graph.algebra.rounded(rounding.function, rounding.argument)
    return graph


def _layer_of(recipe: Recipe, step: int, name: str) -> Layer:
    """The layer of a name among those of a step."""
    return next(layer for layer in _rebuilt(recipe).places[step] if layer.name == name)


def _pickled_graph(graph: LayerGraph) -> tuple[Callable[..., LayerGraph], tuple[object, ...]]:
    return _graph_of, (graph.recipe, tuple(graph.algebra.roundings))


def _pickled_layer(layer: Layer) -> tuple[Callable[..., Layer], tuple[object, ...]]:
    return _layer_of, (layer.recipe, layer.step, layer.name)


copyreg.pickle(LayerGraph, _pickled_graph)
copyreg.pickle(Layer, _pickled_layer)
