"""An atom to its layer and those of its post chain: each is read once for the same values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ...grammar import tree
from ...grammar.errors import NetformError
from ...grammar.printer import show_atom
from ..kinds import BY_OP
from .layer_reader import LayerReader, ReadLayer, has_c
from .unrolling.trace import Step

ReadAtom = tuple[ReadLayer, Sequence[tuple[str, ReadLayer]]]  # a layer; its post chain, with names


@dataclass(frozen=True, slots=True)
class AtomReader:
    """Reads atoms by the default of a file for biases, if it gives one.

    ``known`` keeps what was read, by the atom and the values of the parameters around it.
    """

    layers: LayerReader
    bias: bool | None
    known: dict[object, ReadAtom] = field(default_factory=dict)

    def read(self, step: Step, atom: tree.Atom, post: tree.PostChain) -> ReadAtom:
        """The layer of an atom and those of its post chain, read once for the same values."""
        frame = step.scope.frame
        where = (atom, step.is_final, frame.values)
        found = self.known.get(where)
        if found is not None:
            return found
        is_weighted = BY_OP[atom.op].weighted
        if atom.post is not None and not is_weighted:
            raise NetformError(
                f"only layers with weights take a post chain, and {atom.op} has none",
                atom.span,
                frame.source,
                f"write {show_atom(replace(atom, post=None))} and the layers after it",
            )
        bias = self._bias(atom, post) if is_weighted else None
        layer = self.layers.layer(atom, step.scope, bias, fixed=step.is_final)
        found = layer, self.layers.post(post, frame.source)
        if frame.values is not None and not has_c(atom):
            self.known[where] = found
        return found

    def _bias(self, atom: tree.Atom, post: tree.PostChain) -> bool:
        """Whether a layer has a bias by default: a convolution has none before a norm."""
        if self.bias is not None:
            return self.bias
        return atom.op == "fc" or not post or not BY_OP[post[0].op].is_norm
