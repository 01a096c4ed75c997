"""The kinds of layers: one module each, and the closed lists of them.

To add a kind, write its module here, put it in KINDS (or MERGES), and give it a Keras spelling in
codegen/keras/spelling.py; the tests walk KINDS and demand every rule of each.
"""

from __future__ import annotations

from .add import Add
from .avg import Avg
from .base.kind import VALUE, Kind, Spelling, spellings
from .base.merge import BranchShapeError, Merge
from .bn import Bn
from .cat import Cat
from .conv import Conv
from .crop import Crop
from .deconv import Deconv
from .drop import Drop
from .dw import Dw
from .fc import Fc
from .flat import Flat
from .gap import Gap
from .gelu import Gelu
from .gmp import Gmp
from .identity import Identity
from .ln import Ln
from .mul import Mul
from .pad import Pad
from .pool import Pool
from .relu import Relu
from .sigmoid import Sigmoid
from .softmax import Softmax
from .swish import Swish
from .tanh import Tanh
from .up import Up

KINDS: tuple[type[Kind], ...] = (
    Conv,
    Deconv,
    Dw,
    Fc,
    Pool,
    Avg,
    Gap,
    Gmp,
    Up,
    Pad,
    Crop,
    Drop,
    Bn,
    Ln,
    Relu,
    Sigmoid,
    Tanh,
    Softmax,
    Swish,
    Gelu,
    Flat,
    Identity,
)

MERGES: tuple[type[Merge], ...] = (Add, Cat, Mul)

BY_OP: dict[str, type[Kind]] = {kind.op: kind for kind in KINDS}
MERGE_BY_OP: dict[str, type[Merge]] = {kind.op: kind for kind in MERGES}

__all__ = [
    "BY_OP",
    "KINDS",
    "MERGES",
    "MERGE_BY_OP",
    "VALUE",
    "Add",
    "Avg",
    "Bn",
    "BranchShapeError",
    "Cat",
    "Conv",
    "Crop",
    "Deconv",
    "Drop",
    "Dw",
    "Fc",
    "Flat",
    "Gap",
    "Gelu",
    "Gmp",
    "Identity",
    "Kind",
    "Ln",
    "Merge",
    "Mul",
    "Pad",
    "Pool",
    "Relu",
    "Sigmoid",
    "Softmax",
    "Spelling",
    "Swish",
    "Tanh",
    "Up",
    "spellings",
]
