"""What is asked of a trace as a whole: every layer leads to the output, and which are the last."""

from __future__ import annotations

from collections.abc import Sequence

from ....grammar import tree
from ....grammar.errors import NetformError, Span
from ...kinds import BY_OP
from .trace import Closing, Opening, Step


def check_ways_out(steps: Sequence[Step], last: int) -> None:
    """Refuse layers that lead nowhere: step ``last`` is the output."""
    leads_out = [False] * (len(steps) + 1)
    leads_out[last] = True
    for number in range(len(steps), 0, -1):
        step = steps[number - 1]
        if not leads_out[number]:
            raise _lost(step)
        for before in step.inputs:
            leads_out[before] = True


def find_finals(steps: Sequence[Step]) -> None:
    """Mark the layers with weights behind which no other stands on any path."""
    followed = [False] * (len(steps) + 1)  # a layer with weights stands on some path behind it
    for number in range(len(steps), 0, -1):
        step = steps[number - 1]
        is_weighted = isinstance(step.node, tree.Atom) and BY_OP[step.node.op].weighted
        step.is_final = is_weighted and not followed[number]
        if is_weighted or followed[number]:
            for before in step.inputs:
                followed[before] = True


def check_loops(steps: Sequence[Step], loops: Sequence[tuple[int, int]]) -> None:
    """Refuse loops around the last layer with weights, which has its own rules."""
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
        f"{step.name} leads nowhere: no other layer takes its output",
        span,
        step.scope.frame.source,
        "leave it out, or begin a branch with it",
    )


def repeat_refusal(step: Step, needed: str, met: str, hint: str) -> NetformError:
    """The error at a part that cannot repeat a symbolic number of times."""
    assert isinstance(step.node, Opening)
    return NetformError(
        f"a part that repeats a symbolic number of times {needed}, but {met}",
        step.node.repeat.span,
        step.scope.frame.source,
        hint,
    )
