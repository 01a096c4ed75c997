"""What a layer keeps of a forward pass, until the backward pass has its gradients."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from ...grammar.short_repr import LongTuple, ShortRepr, shown
from ..algebra.polynomials import Poly
from ..graph.layer import Layer

BYTES = {
    "float16": 2,
    "bfloat16": 2,
    "float32": 4,
    "float64": 8,
    "int32": 4,
    "int64": 8,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keeps(ShortRepr):
    """``gradients_of`` are the inputs, by number, whose gradients need it; None: the weights do."""

    gradients_of: tuple[int, ...] | None = (0,)

    @property
    def why(self) -> str:
        """The reason in words."""
        return f"for the gradient of its {'weights' if self.gradients_of is None else 'input'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepsInput(_Keeps):
    """A layer keeps the tensor of an input, by its number: memory that another layer made."""

    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepsOutput(_Keeps):
    """A layer keeps its own output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepsOwn(_Keeps):
    """A layer keeps a tensor that only it uses, such as the indices of a pool.

    ``values`` are those of a batch. ``dtype`` is None where it is that of the maps.
    """

    tensor: str
    values: Poly
    dtype: str | None = None


Keeps: TypeAlias = KeepsInput | KeepsOutput | KeepsOwn
TensorKey: TypeAlias = tuple[Layer, str, str, Poly]  # its maker, name, type and values


class KeptTensor(NamedTuple):
    """A tensor in memory between the passes: the layer that made it, its type and its values.

    ``why`` are the reasons of all layers that keep it; it is in memory once.
    """

    layer: Layer
    tensor: str
    dtype: str
    values: Poly
    why: tuple[str, ...]

    @property
    def bytes(self) -> Poly:
        """Its size for a batch."""
        return self.values * BYTES[self.dtype]

    def __repr__(self) -> str:
        return shown(self)


def merged(found: Iterable[tuple[TensorKey, str]]) -> Sequence[KeptTensor]:
    """Tensors, each once, with all their reasons, in the order in which they are first kept."""
    reasons: dict[TensorKey, list[str]] = {}
    for tensor, why in found:
        reasons.setdefault(tensor, []).append(why)
    return LongTuple(KeptTensor(*tensor, tuple(why)) for tensor, why in reasons.items())
