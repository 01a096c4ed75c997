"""Which post chain follows a layer: its own, that of the file, or relu."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...grammar import tree
from ...grammar.budget import MOST_LAYERS
from ..kinds import BY_OP
from .unrolling.repeat_count import too_many_layers
from .unrolling.trace import Closing, Opening, Step

DEFAULT_POST: tree.PostChain = (tree.PostOp("relu"),)


def post_of(step: Step, atom: tree.Atom, posts: Mapping[str, tree.PostChain]) -> tree.PostChain:
    """What follows a layer: its own post chain, else that of the file, but nothing at the end."""
    if atom.post is not None:
        return atom.post
    if step.is_final or not BY_OP[atom.op].weighted:
        return ()
    return posts.get(atom.op, DEFAULT_POST)


def check_number_of_layers(steps: Sequence[Step], posts: Mapping[str, tree.PostChain]) -> None:
    """Raise NetformError, before any work, where there are too many layers."""
    number = 1
    for step in steps:
        node = step.node
        number += 1 + (len(post_of(step, node, posts)) if isinstance(node, tree.Atom) else 0)
        if number > MOST_LAYERS:
            item = node.repeat if isinstance(node, (Opening, Closing)) else node
            raise too_many_layers(item, step.scope.frame.source)
