"""What is asked of a profile: the memory of a step of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ...grammar.errors import NetformError
from ...grammar.short_repr import ShortRepr
from ..algebra.polynomials import Poly
from ..costs.in_symbols import NetworkInSymbols
from ..costs.memory import SLOTS
from ..graph.layer import Layer
from ..kinds.identity import Identity
from .kept import BYTES


@dataclass(frozen=True, slots=True)
class Request(ShortRepr):
    """A network, and the mode, the data type, the optimizer of its step.

    ``dtype`` is a type, or a policy of Keras for mixed precision. ``copies`` are values for every
    trainable parameter beside the optimizer's. ``batch`` is None where it is a letter.
    """

    network: NetworkInSymbols
    mode: str
    dtype: str
    optimizer: str
    copies: int
    batch: Fraction | None = None

    @property
    def layers(self) -> Sequence[Layer]:
        """All layers in order; the first is the input."""
        return self.network.layers

    @property
    def trains(self) -> bool:
        """Whether the step has a backward pass."""
        return self.mode.startswith("training")

    @property
    def map_dtype(self) -> str:
        """The type of the maps."""
        return self.dtype.removeprefix("mixed_")

    @property
    def variable_dtype(self) -> str:
        """The type of the parameters and of what belongs to them."""
        return "float32" if self.dtype.startswith("mixed_") else self.dtype

    def variables(self) -> Mapping[str, Poly]:
        """The bytes of the parameters and what training adds for each of them, by part."""
        totals, size = self.network.totals, BYTES[self.variable_dtype]
        found = {"parameters": totals.params * size}
        if self.trains:
            found["gradients"] = totals.trainable * size
            found["optimizer"] = SLOTS[self.optimizer].values(totals) * size
            found["averaged"] = totals.trainable * (self.copies * size)
        return found


def check_unrolled(layer: Layer) -> None:
    """Raise NetformError where a layer repeats a free number of times."""
    if layer.loops and not isinstance(layer.kind, Identity):  # those open and close loops
        raise NetformError(
            f"{layer.name} repeats a free number of times, which this profile cannot count",
            layer.span,
            layer.source,
            "give the number of repeats a value",
        )


def check_no_remat(layers: Sequence[Layer], profile: str) -> None:
    """Raise NetformError where a part is computed again."""
    for layer in layers:
        if layer.remat is not None:
            raise NetformError(
                f"the profile {profile} cannot count parts that are computed again",
                layer.remat.span,
                layer.remat.source,
                "take the profile torch or textbook, or leave :remat out",
            )
