"""How tools count the work of a network: each convention by name, exact and in its own unit.

One network has many figures: ResNet-50 at 224x224 is 4,089,184,256 multiply-adds by netform,
4,089,238,376 by torchinfo, 4,133,742,592 by thop, and 8,178,368,512 operations by PyTorch's own
counter. Each follows from a law for every kind of layer; docs/conventions.md shows them all.
"""

from __future__ import annotations

from ....grammar.errors import NetformError, did_you_mean
from . import own, published, pytorch, tensorflow
from .convention import MULTIPLY_ADDS, OPERATIONS, Convention, counted
from .law import Case, Law, NotCounted, shown

CONVENTIONS: dict[str, Convention] = {
    convention.name: convention
    for convention in (
        own.MACS,
        own.FLOPS,
        pytorch.TORCHINFO,
        pytorch.FVCORE,
        pytorch.PTFLOPS_PYTORCH,
        pytorch.PTFLOPS_ATEN,
        pytorch.THOP,
        pytorch.CALFLOPS,
        pytorch.CALFLOPS_MACS,
        pytorch.TORCH,
        tensorflow.TENSORFLOW,
        published.CONVNET_BURDEN,
        published.SLIM,
    )
}


def convention_of(name: str, quantity: str | None = None) -> Convention:
    """The convention of a name, which counts macs or flops if a quantity is given.

    Raises NetformError if there is none, or it counts in the other unit.
    """
    if name not in CONVENTIONS:
        raise NetformError(
            f"no convention is called {name}",
            hint=did_you_mean(name, CONVENTIONS),
        )
    convention = CONVENTIONS[name]
    if quantity not in (None, convention.quantity):
        raise NetformError(
            f"{name} counts {convention.unit}, which is not {quantity}",
            hint=f"ask it for {convention.quantity}",
        )
    return convention


__all__ = [
    "CONVENTIONS",
    "MULTIPLY_ADDS",
    "OPERATIONS",
    "Case",
    "Convention",
    "Law",
    "NotCounted",
    "convention_of",
    "counted",
    "shown",
]
