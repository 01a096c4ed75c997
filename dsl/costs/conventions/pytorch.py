"""The counters of PyTorch models.

They count modules, or calls of functions, so the network is taken as one is written in PyTorch:
Conv2d, ConvTranspose2d with its output_padding, Linear, BatchNorm2d, LayerNorm over the channels,
MaxPool2d and AvgPool2d with padding (and ceil_mode) of their own, AdaptiveAvgPool2d(1) and
AdaptiveMaxPool2d(1), Upsample(scale_factor), ReLU, ReLU6, Hardtanh for another cap, Sigmoid,
Tanh, Softmax(1), SiLU, GELU, Dropout and Flatten; for maps of one and three axes the same with 1d
and 3d. Branches are merged by the operators + and *, and by torch.cat, in evaluation mode.

Every law is that of the tool's source code in the version that is named, its slips included.
"""

from __future__ import annotations

from ...graph.layer import Layer
from ...kinds.add import Add
from ...kinds.avg import Avg
from ...kinds.base.activation import Activation
from ...kinds.base.window import GlobalPooling, Pooling
from ...kinds.bn import Bn
from ...kinds.cat import Cat
from ...kinds.conv import Conv
from ...kinds.crop import Crop
from ...kinds.deconv import Deconv
from ...kinds.drop import Drop
from ...kinds.dw import Dw
from ...kinds.fc import Fc
from ...kinds.flat import Flat
from ...kinds.gap import Gap
from ...kinds.gelu import Gelu
from ...kinds.gmp import Gmp
from ...kinds.identity import Identity
from ...kinds.input import Input
from ...kinds.ln import Ln
from ...kinds.mul import Mul
from ...kinds.pad import Pad
from ...kinds.pool import Pool
from ...kinds.relu import Relu
from ...kinds.sigmoid import Sigmoid
from ...kinds.softmax import Softmax
from ...kinds.swish import Swish
from ...kinds.tanh import Tanh
from ...kinds.up import Up
from .convention import MULTIPLY_ADDS, OPERATIONS, Convention
from .law import UNCOUNTED, Case, Law, NotCounted
from .law_variables import ENTERING, LEAVING, A, M, Q, W, b
from .own import weighted_only

# what no counter of PyTorch counts
_PASSED_OVER = dict.fromkeys(
    (Input, Pad, Crop, Drop, Flat, Identity, Add, Cat, Mul, Sigmoid, Tanh), UNCOUNTED
)


def _is_two_dimensional(layer: Layer) -> bool:
    return len(layer.input.extents) == 2


def _is_capped(layer: Layer) -> bool:
    return isinstance(layer.kind, Relu) and layer.kind.cap is not None


def _is_relu6(layer: Layer) -> bool:
    return isinstance(layer.kind, Relu) and layer.kind.cap == 6


def _is_uneven(layer: Layer) -> bool:
    return isinstance(layer.kind, Up) and len(set(layer.kind.factor)) > 1


TORCHINFO = Convention(
    "torchinfo",
    MULTIPLY_ADDS,
    "weights and biases, those of convolutions once per output pixel; so a norm counts, once",
    "torchinfo 1.8.0",
    "summary(...).total_mult_adds",
    {
        **dict.fromkeys((Conv, Dw, Deconv), (W + b) * A),
        **dict.fromkeys((Fc, Bn, Ln), W + b),
        **dict.fromkeys((Pooling, GlobalPooling, Up, Activation), UNCOUNTED),
        **_PASSED_OVER,
    },
)

FVCORE = Convention(
    "fvcore",
    MULTIPLY_ADDS,
    "multiply-adds, norms, global means and upsampling; no biases",
    "fvcore 0.1.5.post20221221",
    "FlopCountAnalysis(...).total(), called flops",
    {
        **dict.fromkeys((Conv, Dw, Deconv, Fc), M),
        Bn: 2 * ENTERING,
        Ln: 5 * ENTERING,
        Gap: Case(ENTERING, "on two axes", _is_two_dimensional, UNCOUNTED),
        Up: Case(LEAVING, "on two axes", _is_two_dimensional, UNCOUNTED),
        **dict.fromkeys((Pool, Avg, Gmp, Activation), UNCOUNTED),
        **_PASSED_OVER,
    },
)

# A module is counted, and so is the function it calls: ReLU, GELU, pools and Upsample come twice,
# Softmax and SiLU by their functions only, ReLU6 by its module only, Hardtanh by neither.
PTFLOPS_PYTORCH = Convention(
    "ptflops-pytorch",
    MULTIPLY_ADDS,
    "multiply-adds with biases, norms, and most activations, pools and upsampling, twice",
    "ptflops 0.7.5",
    'get_model_complexity_info(..., backend="pytorch")',
    {
        **dict.fromkeys((Conv, Dw, Deconv, Fc), M + b * A),
        Bn: 2 * ENTERING,
        Ln: ENTERING,
        Relu: Case(
            ENTERING,
            "with the cap 6",
            _is_relu6,
            Case(UNCOUNTED, "with another", _is_capped, 2 * ENTERING),
        ),
        Gelu: 2 * ENTERING,
        **dict.fromkeys((Softmax, Swish), ENTERING),
        **dict.fromkeys((Pool, Avg, Gap, Gmp), 2 * ENTERING),
        Up: 2 * LEAVING,
        **_PASSED_OVER,
    },
)

PTFLOPS_ATEN = Convention(
    "ptflops-aten",
    MULTIPLY_ADDS,
    "multiply-adds with biases, and nothing else",
    "ptflops 0.7.5",
    'get_model_complexity_info(..., backend="aten")',
    weighted_only(M + b * A),
)

THOP = Convention(
    "thop",
    MULTIPLY_ADDS,
    "multiply-adds without biases, 4 per value of a norm, and means, upsampling and softmax",
    "thop 0.1.1",
    "the first figure of profile(...)",
    {
        **dict.fromkeys((Conv, Dw, Fc), M),
        Deconv: W * A,
        **dict.fromkeys((Bn, Ln), 4 * ENTERING),
        Avg: LEAVING,
        Gap: ENTERING + LEAVING,
        Up: LEAVING,
        Softmax: 3 * ENTERING - A,
        **dict.fromkeys((Pool, Gmp, Activation), UNCOUNTED),
        **_PASSED_OVER,
    },
)

_FAILS: Law = NotCounted("it fails where the factors of the axes differ")

CALFLOPS = Convention(
    "calflops",
    OPERATIONS,
    "2 per multiply-add, biases of convolutions, norms, pools and most activations",
    "calflops 0.3.2",
    "the first figure of calculate_flops(...)",
    {
        **dict.fromkeys((Conv, Dw), 2 * M + b * A),
        Deconv: 2 * M + b * Q,
        Fc: 2 * M,
        Bn: 2 * ENTERING,
        Ln: 5 * ENTERING,
        Relu: Case(UNCOUNTED, "with a cap", _is_capped, ENTERING),
        **dict.fromkeys((Pool, Avg, Gap, Gmp, Softmax, Swish, Gelu), ENTERING),
        Up: Case(_FAILS, "with uneven factors", _is_uneven, ENTERING),
        **_PASSED_OVER,
    },
)

CALFLOPS_MACS = Convention(
    "calflops-macs",
    MULTIPLY_ADDS,
    "multiply-adds without biases, and nothing else",
    "calflops 0.3.2",
    "the second figure of calculate_flops(...)",
    {**weighted_only(M), Up: Case(_FAILS, "with uneven factors", _is_uneven, UNCOUNTED)},
)

TORCH = Convention(
    "torch",
    OPERATIONS,
    "2 per multiply-add, and nothing else",
    "PyTorch 2.13.0",
    "torch.utils.flop_counter.FlopCounterMode",
    weighted_only(2 * M),
)
