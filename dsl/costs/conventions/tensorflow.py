"""The profiler of TensorFlow, run on the Keras program that netform emits.

The model is called on one image with training=False (without the normalisation of the images
that the program begins with), traced by tf.function, its variables turned into constants by
convert_variables_to_constants_v2_as_graph, and total_float_ops read off
tf.compat.v1.profiler.profile with the options of ProfileOptionBuilder.float_operation().

What is counted are the operations of TensorFlow that a Keras layer is made of, of those that have
a count in TensorFlow's registry. A batch norm is a product and a sum per value, and six operations
per channel; a grouped convolution is compiled by XLA, and so hidden from the profiler; dilated
convolutions work on pieces of the map, which are filled up to equal sizes.
"""

from __future__ import annotations

from ...algebra.polynomials import number_of
from ...graph.layer import Layer
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
from .convention import OPERATIONS, Convention
from .law import UNCOUNTED, Case
from .law_variables import ENTERING, LEAVING, A, C, D, F, K, M, N, P, U, W, b, r


def _has_three_axes(layer: Layer) -> bool:
    return len(layer.input.extents) == 3


def _is_grouped(layer: Layer) -> bool:
    return isinstance(layer.kind, Conv) and layer.kind.groups > 1


def _is_written_as_grouped(layer: Layer) -> bool:
    """Keras' depthwise layers have one stride for all axes, and none is for three axes.

    A grouped convolution of a single channel is one without groups.
    """
    assert isinstance(layer.kind, Dw)
    is_grouped = len(set(layer.kind.strides)) > 1 or _has_three_axes(layer)
    return is_grouped and number_of(layer.input.channels) != 1


def _is_same(layer: Layer) -> bool:
    return isinstance(layer.kind, Deconv) and layer.kind.paddings()[0] == "same"


def _is_clipped(layer: Layer) -> bool:
    return isinstance(layer.kind, Relu) and layer.kind.cap not in (None, 6)


TENSORFLOW = Convention(
    "tensorflow",
    OPERATIONS,
    "2 per multiply-add, biases, norms, pools, sums, products, some activations; not groups",
    "TensorFlow 2.21.0, Keras 3.15.1",
    "tf.compat.v1.profiler.profile(...).total_float_ops of the emitted program",
    {
        Conv: Case(b * A, "with groups", _is_grouped, 2 * W * D + b * A),
        Dw: Case(
            b * A, "with uneven strides or on three axes", _is_written_as_grouped, 2 * W * D + b * A
        ),
        Deconv: Case(
            b * U,
            "on three axes",
            _has_three_axes,
            Case(2 * M + b * A, "with same padding", _is_same, F + b * U),
        ),
        Fc: 2 * M + b,
        Bn: 2 * ENTERING + 6 * C,
        Ln: 9 * ENTERING + 4 * A,
        **dict.fromkeys(
            (Pool, Avg), Case(UNCOUNTED, "on three axes", _has_three_axes, K * LEAVING)
        ),
        Gap: ENTERING,
        Up: r,
        Relu: Case(2 * ENTERING, "with a cap other than 6", _is_clipped, UNCOUNTED),
        Softmax: 5 * ENTERING,
        Swish: 2 * ENTERING,
        Gelu: 4 * ENTERING,
        Add: (N - 1) * LEAVING,
        Mul: P,
        **dict.fromkeys((Gmp, Sigmoid, Tanh), UNCOUNTED),  # not in the registry
        **dict.fromkeys((Input, Pad, Crop, Drop, Flat, Identity, Cat), UNCOUNTED),
    },
)
