"""The model of a program: a function for every block, loops where the source repeats.

The record of the unrolled network is walked part by part. An expression of a block's parameters
stays an expression in Python; everything else becomes the number it is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from ...dsl.algebra.polynomials import Point
from ...dsl.graph.build import LayerGraph
from ...dsl.graph.scope import Frame
from ...dsl.graph.unrolling.trace import (
    Called,
    Grouped,
    Merged,
    Placed,
    Recomputed,
    Record,
    Repeated,
    Tapped,
)
from ...dsl.graph.unrolling.unrolling import snake_case
from ...dsl.graph.width import Width
from ...grammar import tree
from ...grammar.budget import Work, arrive_at, spend
from ..python.source import Call, Name
from . import names
from .block_functions import BlockFunctions
from .expressions import python_expression
from .facts import facts_of
from .fields import Fields, entry_of_c
from .function import Flow, Function
from .layer_names import activation
from .names import LOOP_VARIABLES, Names
from .recomputed import entering, input_like, leaving, listed
from .spelling import SpellingContext, spell
from .statements import Assign, AssignValue, Loop, Statement, folded, lines, needed


@dataclass(frozen=True, slots=True)
class Model:
    """Python source: the functions of blocks, and the statements of ``build_model``.

    ``is_wide`` means that they scale channels by a function ``wide``, ``has_remat`` that they make
    models of the class ``Remat``, and ``separator`` joins the parts of a layer's name.
    """

    functions: list[str]
    statements: list[str]
    is_wide: bool
    has_remat: bool
    separator: str


def write_model(graph: LayerGraph, point: Point, width: Width, blocks: Collection[str]) -> Model:
    """The model of a network at one point, from the tensor ``x`` to ``x``.

    ``blocks`` are the names of all blocks; no variable takes the name of a block's function.
    """
    separator = names.separator(graph.layers)
    stems = frozenset(map(snake_case, blocks))
    walk = _Walk(graph, point, Fields(graph, point, width), stems, separator)
    frame = Frame("", graph.layers[0].source)
    main = Function(frame, {}, Names(stems), {}, False, separator)
    statements, last = walk.bracket(graph.record, main, Flow("x", "x", 0))
    output = graph.layers[-1]
    if output.output.area == 1 and output not in walk.facts.vectors:
        # one label for every image: a vector, not a map
        statements.append(Assign("x", Call("layers.Flatten"), last))
    elif last != "x":
        statements.append(AssignValue("x", last))
    return Model(
        [function.source() for function in walk.functions],
        list(lines(needed(statements, "x"))),
        walk.fields.is_wide,
        any(layer.remat for layer in graph.layers),
        separator,
    )


STEPS_OF_A_STATEMENT = 60
StatementBlock = tuple[list[Statement], str]  # statements, and the variable that has their result


class _Walk:
    """Walks the record, and keeps the functions written so far."""

    def __init__(
        self,
        graph: LayerGraph,
        point: Point,
        fields: Fields,
        stems: Collection[str],
        separator: str,
    ) -> None:
        self.graph, self.point, self.fields = graph, point, fields
        self.stems, self.separator = stems, separator
        self.facts = facts_of(graph.layers)
        self.rank = len(graph.layers[0].output.extents)
        self.functions = BlockFunctions()

    def bracket(self, record: Record, function: Function, flow: Flow) -> StatementBlock:
        """A chain in brackets, where c is the channels of the input tensor."""
        entry = entry_of_c(record, self.graph.steps)
        if entry is None:
            return self.chain(record, replace(function, channels=None), flow)
        channels = self.fields.channels_of_bracket(entry, function)
        inner = replace(function, channels=channels, brackets=function.brackets + 1)
        statements, last = self.chain(record, inner, flow)
        return [AssignValue(channels.text, f"{flow.entering}.shape[-1]"), *statements], last

    def chain(self, record: Record, function: Function, flow: Flow) -> StatementBlock:
        """The parts of a chain one after the other."""
        statements: list[Statement] = []
        for part in record:
            found, last = self.part(part, function, flow)
            statements += found
            flow = replace(flow, entering=last)
        return statements, flow.entering

    def part(
        self,
        part: Placed | Grouped | Merged | Called | Recomputed | Repeated | Tapped,
        function: Function,
        flow: Flow,
    ) -> StatementBlock:
        """One part of a chain."""
        match part:
            case Placed(step=number):
                return self.placed(number, function, flow)
            case Grouped(parts=parts):
                return self.bracket(parts, function, flow)
            case Merged():
                return self.merged(part, function, flow)
            case Called():
                return self.called(part, function, flow)
            case Recomputed():
                return self.recomputed(part, function, flow)
            case Repeated():
                return self.repeated(part, function, flow)
            case Tapped(frame=frame, name=name):
                return [AssignValue(function.tap(frame, name), flow.entering)], flow.entering

    def placed(self, number: int, function: Function, flow: Flow) -> StatementBlock:
        """An atom and its post chain."""
        step, layers = self.graph.steps[number - 1], self.graph.places[number]
        first, *posts = layers
        arrive_at(first.source, first.span)
        spend(STEPS_OF_A_STATEMENT * len(layers), Work.PROGRAM)
        fused = activation(posts[0].kind) if len(posts) == 1 and first.kind.weighted else None
        statements: list[Statement] = []
        for layer in layers[:1] if fused else layers:
            context = SpellingContext(
                entering=layer.input,
                rank=self.rank,
                point=self.point,
                written=self.fields.fields(step, layer, function) if layer is first else {},
                activation=fused if layer is first else None,
                keep_map=layer in self.facts.kept_maps,
                non_negative=layer.inputs[0] in self.facts.non_negative,
                is_vector=layer.inputs[0] in self.facts.vectors,
            )
            for call in spell(layer.kind, context):
                name = function.name(layer.name)
                named = None if call.suffix is None else replace(name, suffix=call.suffix)
                statements.append(Assign(flow.target, call, flow.entering, named))
                flow = replace(flow, entering=flow.target)
        return statements, flow.entering

    def merged(self, part: Merged, function: Function, flow: Flow) -> StatementBlock:
        """The branches one after the other, each into its own variable, then the merge."""
        layer = self.graph.places[part.step][0]
        statements, results, targets = self.branches(part, function, flow)
        if layer in self.facts.vectors:
            for i, before in enumerate(layer.inputs):
                if before not in self.facts.vectors:
                    statements.append(Assign(targets[i], Call("layers.Flatten"), results[i]))
                    results[i] = targets[i]
        (call,) = spell(layer.kind, SpellingContext(layer.input, self.rank, self.point))
        joined = f"[{', '.join(results)}]"
        statements.append(Assign(flow.target, call, joined, function.name(layer.name)))
        return statements, flow.target

    def branches(
        self, part: Merged, function: Function, flow: Flow
    ) -> tuple[list[Statement], list[str], list[str]]:
        """The statements of all branches, their results, and a variable to change each in.

        A branch that is written alone is merged with its input tensor.
        """
        depth = flow.depth + 1
        is_alone = len(part.branches) == 1
        statements: list[Statement] = []
        channels: Statement | None = None  # the statement that gave c its value
        results = [flow.entering] if is_alone else []
        targets = [names.tensor(depth, 0)] if is_alone else []
        for number, (scope, tap, record) in enumerate(part.branches, start=1):
            target = names.tensor(depth, None if is_alone else number)
            entering = flow.entering if tap is None else function.tap(scope.frame, tap)
            found, last = self.bracket(record, function, Flow(entering, target, depth))
            added = found[1:] if found and found[0] == channels else found
            channels = _last_channels(added, channels)
            statements += added
            results.append(last)
            targets.append(target)
        return statements, results, targets

    def recomputed(self, part: Recomputed, function: Function, flow: Flow) -> StatementBlock:
        """A part as a model of its own inputs, which calls it again in the backward pass."""
        depth, record = flow.depth + 1, (part.part,)
        on_input, on_output = leaving(record, part.group)
        keys, own = entering(record), [*on_input, *on_output]
        inside = {key: function.inner_tap(*key) for key in (*keys, *own)}
        inner = replace(function, taps={**function.taps, **inside})
        pairs = [(names.tensor(depth, 0), flow.entering)]
        pairs += [(inside[key], function.tap(*key)) for key in keys]
        statements: list[Statement] = [
            AssignValue(function.tap(*k), flow.entering) for k in on_input
        ]
        statements += [AssignValue(name, input_like(outer)) for name, outer in pairs]
        start = Flow(pairs[0][0], names.tensor(depth), depth)
        found, result = self.part(part.part, inner, start)
        if result == start.entering:  # nothing in it runs
            return [AssignValue(function.tap(*key), flow.entering) for key in own], flow.entering
        inputs, outer = (listed(one) for one in zip(*pairs, strict=True))
        call = Call("Remat", (Name(inputs), Name(result)))
        statements += [*found, Assign(flow.target, call, outer, function.name(part.group.name))]
        statements += [AssignValue(function.tap(*key), flow.target) for key in on_output]
        return statements, flow.target

    def repeated(self, part: Repeated, function: Function, flow: Flow) -> StatementBlock:
        """A loop where all rounds have the same statements, else one round after the other."""
        count = python_expression(part.node.count, self.fields.lookup(part.scope, function))
        varies = count is not None and count.varies and count.value == len(part.rounds)
        if function.loops == len(LOOP_VARIABLES) or (not varies and len(part.rounds) < 2):
            return self.rounds(part.rounds, function, flow)
        before: list[Statement] = []
        start = replace(flow, entering=flow.target)
        if flow.entering != flow.target:
            before.append(AssignValue(flow.target, flow.entering))
        looped = replace(function, loops=function.loops + 1)
        rounds = [self.chain(record, looped, start) for record in part.rounds]
        if any(last != flow.target for _, last in rounds):
            return self.rounds(part.rounds, function, flow)
        text = count.text if varies and count else str(len(part.rounds))
        variable, depth = LOOP_VARIABLES[function.loops], function.depth(part.naming)
        loop = folded([statements for statements, _ in rounds], text, variable, depth)
        if loop is None:
            return self.rounds(part.rounds, function, flow)
        return [*before, loop], flow.target

    def rounds(self, rounds: Sequence[Record], function: Function, flow: Flow) -> StatementBlock:
        """The rounds of a repeat one after the other."""
        statements: list[Statement] = []
        for record in rounds:
            found, last = self.chain(record, function, flow)
            statements += found
            flow = replace(flow, entering=last)
        return statements, flow.entering

    def called(self, call: Called, function: Function, flow: Flow) -> StatementBlock:
        """A call of the block's function; its chain in place where an argument is a chain."""
        frame = call.inner.frame
        if any(isinstance(b.argument, tree.Group) for b in frame.arguments.values()):
            inlined = self.fields.with_parameters_of(call, function)
            return self.bracket(call.parts, inlined, flow)
        used = {name: b for name, b in frame.arguments.items() if b.value is not None}
        own = Names(self.stems)
        variables = {name: own.variable(name) for name in used}
        parameters = {
            (frame, name): self.fields.parameter(binding, variables[name])
            for name, binding in used.items()
        }
        inner = Function(frame, parameters, own, {}, True, self.separator)
        body, result = self.bracket(call.parts, inner, Flow("x", "x", 0))
        shared = self.functions.function_of(
            call.definition, tuple(variables.values()), tuple(body), result
        )
        arguments = tuple(
            Name(self.fields.argument(binding, call, function).text) for binding in used.values()
        )
        named = function.name(frame.name)
        of_block = Call(shared.name, arguments, on_tensor=False)
        return [Assign(flow.target, of_block, flow.entering, named)], flow.target


def _last_channels(statements: Sequence[Statement], before: Statement | None) -> Statement | None:
    """The statement that gave c its value last, which may be the one before; None behind a loop,
    which may have changed it.
    """
    for statement in reversed(statements):
        if isinstance(statement, Loop):
            return None
        if isinstance(statement, AssignValue) and statement.value.endswith(".shape[-1]"):
            return statement
    return before
