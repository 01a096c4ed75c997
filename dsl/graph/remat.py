"""Groups of layers whose tensors are not kept: the backward pass computes them again."""

from __future__ import annotations

from dataclasses import dataclass

from ...grammar import tree
from ...grammar.errors import NetformError, Source, Span, quoted
from ...grammar.printer import show_atom
from ...grammar.short_repr import ShortRepr


@dataclass(frozen=True, slots=True, eq=False)
class RematGroup(ShortRepr):
    """The steps of a trace that are computed again together, from ``first`` to ``last``.

    ``name`` is that of the block, or ``remat1`` for a group. ``is_repeated`` says that a part
    around it repeats a symbolic number of times.
    """

    name: str
    first: int
    last: int
    source: Source
    span: Span
    is_repeated: bool

    def hides(self, step: int) -> bool:
        """Whether only layers of the group have the output of a step; that of the last leaves."""
        return self.first <= step < self.last


def refuse_on_layer(atom: tree.Atom, source: Source) -> NetformError | None:
    """The error at ``conv8k3:remat``, which only a group or a call can have; else None."""
    words = [word for word in atom.post or () if word.op == "remat"]
    if not words:
        return None
    post = tuple(word for word in atom.post or () if word.op != "remat")
    layer = tree.Atom(atom.op, atom.value, atom.modifiers, post or None)
    return NetformError(
        "remat follows a group or a call of a block, not a layer",
        words[0].span,
        source,
        f"write [{quoted(show_atom(layer))}]:remat",
    )


def refuse_nested(inner: tree.Remat, source: Source, outer: str) -> NetformError:
    """The error at a part that is computed again inside of another one."""
    return NetformError(
        f"this part is inside {quoted(outer)}, which is computed again already",
        inner.span,
        source,
        "leave out :remat here, or there",
    )


def refuse_way_out(reference: tree.Reference, source: Source, group: RematGroup) -> NetformError:
    """The error at a tap whose tensor is not kept."""
    name = quoted(reference.name)
    return NetformError(
        f"->{name} is a tensor inside {quoted(group.name)}, which is not kept, since that is "
        "computed again",
        reference.span,
        source,
        f"put ->{name} before or behind the part with :remat, or end that part there",
    )
