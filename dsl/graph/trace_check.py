"""What is asked of a trace as a whole: every layer leads to the output, and which are the last."""

from __future__ import annotations

from collections.abc import Sequence

from ...grammar import tree
from ...grammar.errors import NetformError, Span
from ..kinds import BY_OP
from .trace import Closing, Opening, Step


def find_finals(steps: Sequence[Step], last: int) -> None:
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
