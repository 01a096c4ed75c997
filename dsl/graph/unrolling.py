"""Syntax tree to steps: blocks are called, groups repeated, branches followed; no shape is known yet."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from ...grammar import tree
from ...grammar.errors import NetformError, Source, Span, quoted
from ...grammar.printer import show_head
from ..algebra.polynomials import Poly
from ..kinds import BY_OP
from ..kinds.base.readers import Given
from .definitions import definitions_of
from .expressions import Evaluation, UnknownChannelsError
from .scope import Binding, Frame, Scope
from .trace import (
    Called,
    Closing,
    Grouped,
    Merged,
    Opening,
    Placed,
    Record,
    Repeated,
    Step,
    Tapped,
    Unrolled,
)

MOST_LAYERS = 100_000
MOST_PARTS = 4 * MOST_LAYERS  # of a chain, visited
PARTS_OF_A_CALL = 15  # as long as it takes
DEEPEST_NESTING = 100


def unroll(program: tree.Program, evaluation: Evaluation) -> Unrolled:
    """Follow the chain of a program; raises NetformError where it cannot be followed."""
    walk = _Walk(definitions_of(program), evaluation)
    frame = Frame("", program.source)
    last, record = walk.chain(program.chain, Scope(frame, 0), frame, 0, 0)
    steps = walk.steps
    _find_finals(steps, last)
    _check_loops(steps, walk.loops)
    return Unrolled(steps, record)


@dataclass(slots=True)
class _Walk:
    """The walk along a chain, and the steps met so far."""

    definitions: dict[str, tree.Definition]
    evaluation: Evaluation
    steps: list[Step] = field(default_factory=list)
    visited: int = 0
    loops: list[tuple[int, int]] = field(default_factory=list)  # first and last steps of each

    def chain(
        self, chain: tree.Chain, scope: Scope, naming: Frame, current: int, depth: int
    ) -> tuple[int, Record]:
        """The step that a chain ends with, and its record.

        ``scope`` says what names mean, ``naming`` is the frame in which layers are counted; they
        differ for a chain that was an argument.
        """
        record = []
        for item in chain:
            current, part = self.item(item, scope, naming, current, depth)
            record.append(part)
        return current, tuple(record)

    def item(
        self, item: tree.Item, scope: Scope, naming: Frame, current: int, depth: int
    ) -> tuple[int, Placed | Grouped | Merged | Called | Repeated | Tapped]:
        self.visited += 1
        source = scope.frame.source
        if self.visited > MOST_PARTS or len(self.steps) >= MOST_LAYERS or depth > DEEPEST_NESTING:
            raise _too_much(item, source, depth > DEEPEST_NESTING)
        match item:
            case tree.Atom():
                binding = scope.frame.arguments.get(item.op)
                if binding is not None and isinstance(binding.argument, tree.Group):
                    return self.argument(binding, naming, current, depth)
                if item.op not in BY_OP:
                    raise NetformError(
                        f"{quoted(item.op)} is a number here, but it stands as a layer",
                        item.span,
                        source,
                        "give the block a chain in brackets there: [conv64k3]",
                    )
                step = self.step(item, (current,), naming.next_name(item.op), scope)
                return step, Placed(step)
            case tree.Group():
                inner = Scope(scope.frame, current)
                end, record = self.chain(item.chain, inner, naming, current, depth + 1)
                return end, Grouped(inner, record)
            case tree.Merge():
                return self.merge(item, scope, naming, current, depth)
            case tree.Call():
                return self.call(item, scope, naming, current, depth)
            case tree.Repeat():
                count = self.count(item, scope)
                if not isinstance(count, int):
                    return self.loop(item, count, scope, naming, current, depth)
                rounds = []
                for _ in range(count):
                    current, part = self.item(item.part, scope, naming, current, depth + 1)
                    rounds.append((part,))
                return current, Repeated(item, scope, naming, tuple(rounds))
            case tree.Tap():
                before = scope.frame.taps.get(item.name)
                if before is not None and before[0] is not item:
                    raise NetformError(
                        f"a tap is set once, but this is the second ->{quoted(item.name)}",
                        item.span,
                        source,
                        "give it another name",
                    )
                scope.frame.taps[item.name] = item, current
                return current, Tapped(scope.frame, item.name)
            case tree.Reference():
                raise AssertionError("the builder lets references stand first in branches only")

    def loop(
        self,
        repeat: tree.Repeat,
        count: Poly,
        scope: Scope,
        naming: Frame,
        current: int,
        depth: int,
    ) -> tuple[int, Repeated]:
        """One round of a part that repeats a symbolic number of times."""
        opening = self.step(Opening(repeat, count), (current,), naming.next_name("loop"), scope)
        end, part = self.item(repeat.part, scope, naming, opening, depth + 1)
        closing = self.step(Closing(repeat, opening), (end,), self.steps[opening - 1].name, scope)
        self.loops.append((opening, closing))
        return closing, Repeated(repeat, scope, naming, ((part,),))

    def step(
        self,
        node: tree.Atom | tree.Merge | Opening | Closing,
        inputs: tuple[int, ...],
        name: str,
        scope: Scope,
    ) -> int:
        self.steps.append(Step(node, inputs, name, scope))
        return len(self.steps)

    def argument(
        self, binding: Binding, naming: Frame, current: int, depth: int
    ) -> tuple[int, Grouped]:
        """A chain that was given as an argument, where its parameter stands."""
        group = binding.argument
        assert isinstance(group, tree.Group)
        inner = Scope(binding.scope.frame, current)
        end, record = self.chain(group.chain, inner, naming, current, depth + 1)
        return end, Grouped(inner, record)

    def merge(
        self, merge: tree.Merge, scope: Scope, naming: Frame, current: int, depth: int
    ) -> tuple[int, Merged]:
        ends, branches = [], []
        for branch in merge.branches:
            entry, chain, tap = current, branch, None
            if branch and isinstance(branch[0], tree.Reference):
                tap = branch[0].name
                entry, chain = self.tapped(branch[0], scope), branch[1:]
            inner = Scope(scope.frame, entry)
            end, record = self.chain(chain, inner, naming, entry, depth + 1)
            ends.append(end)
            branches.append((inner, tap, record))
        inputs = (current, *ends) if len(ends) == 1 else tuple(ends)
        step = self.step(merge, inputs, naming.next_name(merge.op), scope)
        return step, Merged(merge, tuple(branches), step)

    def tapped(self, reference: tree.Reference, scope: Scope) -> int:
        taps = scope.frame.taps
        if reference.name not in taps:
            known = ", ".join(f"@{quoted(name)}" for name in list(taps)[:8])
            raise NetformError(
                f"a branch starts from a tap that was set before, but "
                f"->{quoted(reference.name)} was not",
                reference.span,
                scope.frame.source,
                f"write one of {known}" if known else f"write ->{quoted(reference.name)} before it",
            )
        step = taps[reference.name][1]
        if any(opening <= step < closing for opening, closing in self.loops):
            raise NetformError(
                f"->{quoted(reference.name)} is a tensor of every round of a part that repeats a "
                "symbolic number of times",
                reference.span,
                scope.frame.source,
                "set the tap before or after that part, or give the count a number",
            )
        return step

    def call(
        self, call: tree.Call, scope: Scope, naming: Frame, current: int, depth: int
    ) -> tuple[int, Called]:
        self.visited += PARTS_OF_A_CALL
        definition = self.definitions[call.block]
        name = naming.next_name(snake_case(call.block))
        frame = Frame(name, definition.source)
        inner = Scope(frame, current)
        self.bind(call, definition, scope, inner)
        end, record = self.chain(definition.body.chain, inner, frame, current, depth + 1)
        return end, Called(call, definition, scope, inner, record)

    def bind(
        self, call: tree.Call, definition: tree.Definition, caller: Scope, inner: Scope
    ) -> None:
        """Give every parameter its argument or its default."""
        source, given, parameters = caller.frame.source, call.arguments, definition.parameters
        needed = [p for p in parameters if p.default is None]
        if not len(needed) <= len(given) <= len(parameters):
            number = f"{len(needed)} to {len(parameters)}"
            if len(needed) == len(parameters):
                number = str(len(needed))
            plural = "" if number == "1" else "s"
            raise NetformError(
                f"{quoted(definition.name)} takes {number} argument{plural}, "
                f"but here are {len(given)}",
                call.span,
                source,
                f"it is defined as {quoted(show_head(definition)[4:])}",
            )
        for index, parameter in enumerate(parameters):
            if index < len(given):
                binding = _through(Binding(given[index], caller))
            else:
                assert parameter.default is not None
                binding = _through(Binding(parameter.default, inner))
            if isinstance(binding.argument, tree.Group):
                if parameter.name in BY_OP:
                    raise NetformError(
                        f"a parameter that takes a chain is not called like the layer "
                        f"{parameter.name}",
                        parameter.span,
                        definition.source,
                        "give it another name",
                    )
            else:
                binding.value = self.early(binding.argument, binding.scope)
            inner.frame.arguments[parameter.name] = binding

    def early(self, argument: tree.Expression, scope: Scope) -> Given | None:
        """The value of an argument; None where it depends on c, and is asked for when that is known."""
        try:
            return self.evaluation.value(argument, scope)
        except UnknownChannelsError:
            return None

    def count(self, repeat: tree.Repeat, scope: Scope) -> int | Poly:
        """How often a part repeats; a polynomial where a symbol is free."""
        source = scope.frame.source
        try:
            number = self.evaluation.value(repeat.count, scope).number
        except UnknownChannelsError as early:
            raise NetformError(
                "how often a part repeats does not depend on c",
                early.name.span,
                early.source,
                "write a number, or a parameter that is one",
            ) from None
        if not isinstance(number, Fraction):
            algebra = self.evaluation.algebra
            if algebra.unrounded(number).degree(algebra.width) <= 0:
                return number
        if not isinstance(number, Fraction) or number.denominator != 1 or number < 0:
            met = number if isinstance(number, Fraction) else number.as_expr()
            raise NetformError(
                f"a part repeats a whole number of times, not {met}",
                repeat.count.span,
                source,
                "write [conv64k3 relu]*3",
            )
        if number > MOST_LAYERS:
            raise NetformError(
                f"a part repeats at most {MOST_LAYERS:,} times, not {int(number):,}",
                repeat.count.span,
                source,
                "write a smaller number",
            )
        if number * _least_steps(repeat.part) + len(self.steps) > MOST_LAYERS:
            raise too_many_layers(repeat, source)
        return int(number)


def _least_steps(part: tree.Item) -> int:
    """Steps that a part makes at least; calls and repeats may make none."""
    match part:
        case tree.Atom():
            return 1 if part.op in BY_OP else 0
        case tree.Group(chain=chain):
            return sum(map(_least_steps, chain))
        case tree.Merge(branches=branches):
            return 1 + sum(_least_steps(item) for branch in branches for item in branch)
        case _:
            return 0


@functools.cache
def snake_case(name: str) -> str:
    """``inverted_residual`` for InvertedResidual."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _through(binding: Binding) -> Binding:
    """The binding that an argument passes on, where it is itself a parameter that is a chain."""
    argument, frame = binding.argument, binding.scope.frame
    if isinstance(argument, tree.Name) and argument.name in frame.arguments:
        passed = frame.arguments[argument.name]
        if isinstance(passed.argument, tree.Group):
            return passed
    return binding


def _too_much(item: tree.Item, source: Source, is_deep: bool) -> NetformError:
    if is_deep:
        return NetformError(
            f"brackets and blocks nest at most {DEEPEST_NESTING} deep, but here they are deeper",
            item.span,
            source,
            "write some of them out",
        )
    return too_many_layers(item, source)


def too_many_layers(item: tree.Item, source: Source) -> NetformError:
    """The error at the part with which a network gets more layers than it may have."""
    return NetformError(
        f"a network has at most {MOST_LAYERS:,} layers, and here are more",
        item.span,
        source,
        "leave some out",
    )


def _find_finals(steps: Sequence[Step], last: int) -> None:
    """Mark the layers with weights that no other follows; refuse layers that lead nowhere."""
    leads_out = [False] * (len(steps) + 1)
    bare = [False] * (len(steps) + 1)  # the output is reached without another layer with weights
    leads_out[last] = bare[last] = True
    for number in range(len(steps), 0, -1):
        step = steps[number - 1]
        if not leads_out[number]:
            raise _lost(step)
        is_weighted = isinstance(step.node, tree.Atom) and BY_OP[step.node.op].weighted
        step.is_final = is_weighted and bare[number]
        for before in step.inputs:
            leads_out[before] = True
            bare[before] |= bare[number] and not is_weighted


def _check_loops(steps: Sequence[Step], loops: Sequence[tuple[int, int]]) -> None:
    """Refuse loops in which the last layer with weights stands, which has rules of its own."""
    for opening, closing in loops:
        for step in steps[opening:closing]:
            if step.is_final:
                node = steps[opening - 1].node
                assert isinstance(node, Opening)
                raise NetformError(
                    "a part that repeats a symbolic number of times is followed by a layer with "
                    f"weights, but {step.name} is the last that has any",
                    node.repeat.span,
                    step.scope.frame.source,
                    "write the last round out, or give the count a number",
                )


def _lost(step: Step) -> NetformError:
    node = step.node
    match node:
        case tree.Atom():
            span = node.span
        case tree.Merge():
            span = Span(node.span.start, node.span.start + len(node.op))
        case Opening() | Closing():
            span = node.repeat.span
    return NetformError(
        f"{step.name} leads nowhere: what leaves it enters no other layer",
        span,
        step.scope.frame.source,
        "leave it out, or begin a branch with it",
    )
