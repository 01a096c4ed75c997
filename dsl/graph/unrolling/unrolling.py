"""Syntax tree to steps: blocks are called, groups repeated, branches followed; no shape is known yet."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field

from ....grammar import tree
from ....grammar.budget import DEEPEST_NESTING, MOST_LAYERS, Work, arrive_at, spend
from ....grammar.errors import NetformError, Source, quoted
from ....grammar.printer import show_item
from ....grammar.short_repr import cut
from ...algebra.polynomials import Poly
from ...kinds import BY_OP
from ..arguments import bind
from ..definitions import definitions_of
from ..expressions import Evaluation
from ..remat import RematGroup, refuse_nested, refuse_way_out
from ..scope import Frame, Scope
from .repeat_count import repeat_count, too_many_layers
from .trace import (
    Called,
    Closing,
    Grouped,
    Merged,
    Opening,
    Part,
    Placed,
    Recomputed,
    Record,
    Repeated,
    Step,
    Tapped,
    Unrolled,
)
from .trace_check import check_loops, check_ways_out, find_finals

MOST_PARTS = 4 * MOST_LAYERS  # of a chain, visited
LONGEST_SHOWN = 40  # characters of a part in an error
PARTS_OF_A_CALL = 15  # as long as it takes
STEPS_OF_A_PART = 2  # of the budget


def unroll(program: tree.Program, evaluation: Evaluation) -> Unrolled:
    """Follow the chain of a program; raises NetformError where it cannot be followed."""
    walk = _Walk(definitions_of(program), evaluation)
    frame = Frame("", program.source)
    last, record = walk.chain(program.chain, Scope(frame, 0), frame, 0, 0)
    check_ways_out(walk.steps, last)
    if program.last is not False:
        find_finals(walk.steps)
    check_loops(walk.steps, walk.loops)
    return Unrolled(walk.steps, record)


@dataclass(slots=True)
class _Walk:
    """The walk along a chain, and the steps met so far.

    Every method takes the input step ``current``, and gives the output step and the
    record. ``scope`` is the meaning of names, ``naming`` is the frame in which layers are counted;
    they differ for a chain that is an argument.
    """

    definitions: dict[str, tree.Definition]
    evaluation: Evaluation
    steps: list[Step] = field(default_factory=list)
    visited: int = 0
    open_loops: int = 0
    loops: list[tuple[int, int]] = field(default_factory=list)  # first and last steps of each
    open_remat: tree.Remat | None = None
    remats: list[RematGroup] = field(default_factory=list)

    def chain(
        self, chain: tree.Chain, scope: Scope, naming: Frame, current: int, depth: int
    ) -> tuple[int, Record]:
        """A chain, part by part."""
        record = []
        for item in chain:
            current, part = self.item(item, scope, naming, current, depth)
            record.append(part)
        return current, tuple(record)

    def item(
        self, item: tree.Item, scope: Scope, naming: Frame, current: int, depth: int
    ) -> tuple[int, Part]:
        """One part of a chain."""
        self.visited += 1
        arrive_at(scope.frame.source, item.span)
        spend(STEPS_OF_A_PART, Work.LAYERS)
        if self.visited > MOST_PARTS or len(self.steps) >= MOST_LAYERS or depth > DEEPEST_NESTING:
            raise _too_much(item, scope.frame.source, depth > DEEPEST_NESTING)
        match item:
            case tree.Atom():
                return self.atom(item, scope, naming, current, depth)
            case tree.Group():
                return self.group(item, Scope(scope.frame, current), naming, depth)
            case tree.Merge():
                return self.merge(item, scope, naming, current, depth)
            case tree.Call():
                return self.call(item, scope, naming, current, depth)
            case tree.Remat():
                return self.remat(item, scope, naming, current, depth)
            case tree.Repeat():
                return self.repeat(item, scope, naming, current, depth)
            case tree.Tap():
                return self.tap(item, scope, current)
            case tree.Reference():
                raise AssertionError("the builder allows references only at the start of branches")

    def atom(
        self, atom: tree.Atom, scope: Scope, naming: Frame, current: int, depth: int
    ) -> tuple[int, Part]:
        """A layer, or the chain of a parameter."""
        binding = scope.frame.arguments.get(atom.op)
        if binding is not None and isinstance(binding.argument, tree.Group):
            inner = Scope(binding.scope.frame, current)
            return self.group(binding.argument, inner, naming, depth)
        if atom.op not in BY_OP:
            raise NetformError(
                f"{quoted(atom.op)} is a number here, but it is used as a layer",
                atom.span,
                scope.frame.source,
                "give the block a chain in brackets there: [conv64k3]",
            )
        step = self.step(atom, (current,), naming.next_name(atom.op), scope)
        return step, Placed(step)

    def group(
        self, group: tree.Group, inner: Scope, naming: Frame, depth: int
    ) -> tuple[int, Grouped]:
        """A chain in brackets; the scope is that inside, which has its entry."""
        end, record = self.chain(group.chain, inner, naming, inner.entry, depth + 1)
        return end, Grouped(inner, record)

    def remat(
        self, remat: tree.Remat, scope: Scope, naming: Frame, current: int, depth: int
    ) -> tuple[int, Recomputed]:
        """A group or a call that is computed again."""
        source, first = scope.frame.source, len(self.steps) + 1
        if self.open_remat is not None:
            raise refuse_nested(remat, source, cut(show_item(self.open_remat), LONGEST_SHOWN))
        self.open_remat = remat
        is_group = isinstance(remat.part, tree.Group)
        own_name = naming.next_name("remat") if is_group else ""
        current, part = self.item(remat.part, scope, naming, current, depth + 1)
        self.open_remat = None
        assert isinstance(part, Grouped | Called)
        name = part.inner.frame.name if isinstance(part, Called) else own_name
        last = len(self.steps)
        group = RematGroup(name, first, last, source, remat.span, self.open_loops > 0)
        for step in self.steps[first - 1 :]:
            step.remat = group
        self.remats.append(group)
        return current, Recomputed(remat, group, part)

    def repeat(
        self, repeat: tree.Repeat, scope: Scope, naming: Frame, current: int, depth: int
    ) -> tuple[int, Repeated]:
        """A part as often as it repeats, or one round of a loop."""
        count = repeat_count(repeat, scope, self.evaluation, len(self.steps))
        if not isinstance(count, int):
            return self.loop(repeat, count, scope, naming, current, depth)
        rounds = []
        for _ in range(count):
            current, part = self.item(repeat.part, scope, naming, current, depth + 1)
            rounds.append((part,))
        return current, Repeated(repeat, scope, naming, tuple(rounds))

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
        name = naming.next_name("loop")
        opening = self.step(Opening(repeat, count), (current,), name, scope)
        self.open_loops += 1
        end, part = self.item(repeat.part, scope, naming, opening, depth + 1)
        self.open_loops -= 1
        closing = self.step(Closing(repeat, opening), (end,), name, scope)
        self.loops.append((opening, closing))
        return closing, Repeated(repeat, scope, naming, ((part,),))

    def step(
        self,
        node: tree.Atom | tree.Merge | Opening | Closing,
        inputs: tuple[int, ...],
        name: str,
        scope: Scope,
    ) -> int:
        """The number of a new step."""
        self.steps.append(Step(node, inputs, name, scope))
        return len(self.steps)

    def merge(
        self, merge: tree.Merge, scope: Scope, naming: Frame, current: int, depth: int
    ) -> tuple[int, Merged]:
        """The branches one after the other, then the step that joins them."""
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

    def tap(self, tap: tree.Tap, scope: Scope, current: int) -> tuple[int, Tapped]:
        """A name for the tensor here."""
        before = scope.frame.taps.get(tap.name)
        if before is not None and before[0] is not tap:
            raise NetformError(
                f"a tap is set once, but this is the second ->{quoted(tap.name)}",
                tap.span,
                scope.frame.source,
                "give it another name",
            )
        scope.frame.taps[tap.name] = tap, current
        return current, Tapped(scope.frame, tap.name)

    def tapped(self, reference: tree.Reference, scope: Scope) -> int:
        """The step whose tensor has a name, for a branch that begins with it."""
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
        hiding = next((group for group in self.remats if group.hides(step)), None)
        if hiding is not None:
            raise refuse_way_out(reference, scope.frame.source, hiding)
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
        """The chain of a block, in its own frame."""
        self.visited += PARTS_OF_A_CALL
        spend(STEPS_OF_A_PART * PARTS_OF_A_CALL, Work.LAYERS)
        definition = self.definitions[call.block]
        frame = Frame(naming.next_name(snake_case(call.block)), definition.source)
        inner = Scope(frame, current)
        bind(call, definition, scope, inner, self.evaluation, self.open_loops > 0)
        end, record = self.chain(definition.body.chain, inner, frame, current, depth + 1)
        return end, Called(call, definition, scope, inner, record)


@functools.cache
def snake_case(name: str) -> str:
    """``inverted_residual`` for InvertedResidual."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _too_much(item: tree.Item, source: Source, is_deep: bool) -> NetformError:
    if is_deep:
        return NetformError(
            f"brackets and blocks nest at most {DEEPEST_NESTING} deep, but here they are deeper",
            item.span,
            source,
            "write some of them out",
        )
    return too_many_layers(item, source)
