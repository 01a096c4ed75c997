"""Conventions of published tables, which no tool of today prints."""

from __future__ import annotations

from ...graph.layer import Layer
from ...kinds import Kind
from ...kinds.add import Add
from ...kinds.avg import Avg
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
from ...kinds.gmp import Gmp
from ...kinds.identity import Identity
from ...kinds.input import Input
from ...kinds.pool import Pool
from ...kinds.relu import Relu
from ...kinds.softmax import Softmax
from .convention import MULTIPLY_ADDS, Convention
from .law import UNCOUNTED, Case, NotCounted
from .law_variables import ENTERING, LEAVING, A, K, M, S, b, c
from .own import weighted_only


def _is_capped(layer: Layer) -> bool:
    return isinstance(layer.kind, Relu) and layer.kind.cap is not None


_STOPS = NotCounted("computeFlops in core/burden.m stops at layers that it does not list")

# The weights of an up-convolution are sliced along the output channels, not the input channels.
CONVNET_BURDEN = Convention(
    "convnet-burden",
    MULTIPLY_ADDS,
    "multiply-adds with biases, 2 per value of a relu, 2 per pixel that a pool steps over, sums",
    "convnet-burden at 42f03d3",
    "flops of core/burden.m",
    {
        **dict.fromkeys((Conv, Dw, Fc), M + b * A),
        Deconv: K * c * ENTERING + b * A,
        **dict.fromkeys((Pool, Avg), 2 * LEAVING * S),
        **dict.fromkeys((Gap, Gmp), 2 * LEAVING),  # a pool as large as the map, of stride 1
        Relu: Case(_STOPS, "with a cap", _is_capped, 2 * LEAVING),
        Add: LEAVING,
        **dict.fromkeys((Bn, Drop, Softmax, Cat, Crop, Flat, Identity, Input), UNCOUNTED),
        Kind: _STOPS,
    },
)

SLIM = Convention(
    "slim",
    MULTIPLY_ADDS,
    "convolutions, depthwise and fully connected layers without biases, and nothing else",
    "TF-Slim's MobileNet table",
    "Million MACs in research/slim/nets/mobilenet_v1.md",
    {
        **weighted_only(M),
        Deconv: NotCounted("no network of TF-Slim's table has an up-convolution"),
    },
)
