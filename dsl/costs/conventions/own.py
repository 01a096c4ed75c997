"""What netform itself counts, and what the others are held against."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr

from ...kinds import KINDS, MERGES, Conv, Deconv, Dw, Fc, Kind
from ...kinds.input import Input
from .convention import MULTIPLY_ADDS, OPERATIONS, Convention
from .law import UNCOUNTED, Law
from .law_variables import M

WEIGHTED = (Conv, Dw, Deconv, Fc)


def weighted_only(law: Expr) -> Mapping[type[Kind], Law]:
    """One law for every layer with weights; all others are not counted."""
    return dict.fromkeys((*KINDS, *MERGES, Input), UNCOUNTED) | dict.fromkeys(WEIGHTED, law)


MACS = Convention(
    "macs",
    MULTIPLY_ADDS,
    "convolutions and matrix products; no biases, norms, activations, pools or merges",
    "netform",
    "macs",
    weighted_only(M),
)
FLOPS = Convention(
    "flops",
    OPERATIONS,
    "the same, 2 for each multiply-add",
    "netform",
    "flops",
    weighted_only(2 * M),
)
