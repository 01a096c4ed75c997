"""What netform itself counts, and what the other conventions are compared with."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr

from ...kinds import Kind, Merge
from ...kinds.base.kind import Pointwise
from ...kinds.base.window import GlobalPooling, Pooling
from ...kinds.conv import Conv
from ...kinds.crop import Crop
from ...kinds.deconv import Deconv
from ...kinds.dw import Dw
from ...kinds.fc import Fc
from ...kinds.pad import Pad
from ...kinds.up import Up
from .convention import MULTIPLY_ADDS, OPERATIONS, Convention
from .law import UNCOUNTED, Law
from .law_variables import M

WEIGHTED = (Conv, Dw, Deconv, Fc)
WITHOUT_WEIGHTS = (Pointwise, Pooling, GlobalPooling, Merge, Up, Pad, Crop)


def weighted_only(law: Expr) -> Mapping[type[Kind], Law]:
    """One law for every layer with weights; all others are not counted."""
    return {**dict.fromkeys(WITHOUT_WEIGHTS, UNCOUNTED), **dict.fromkeys(WEIGHTED, law)}


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
