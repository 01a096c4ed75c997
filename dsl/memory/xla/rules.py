"""What each kind of layer computes on JAX, forward and backward, in buffers.

A rule gives the output of a layer, and the function that takes the gradient of the output to those
of the inputs: what ``jax.grad`` makes of the Keras layer, after XLA's fusion for a CPU.
"""

from __future__ import annotations

from collections.abc import Mapping

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
from ...kinds.gelu import Gelu
from ...kinds.gmp import Gmp
from ...kinds.identity import Identity
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
from . import norms, pointwise, pools, weights
from .values import Rule

RULES: Mapping[type[Kind], Rule] = {  # of every kind but the input
    Conv: weights.convolution,
    Deconv: weights.convolution,
    Dw: weights.convolution,
    Fc: weights.matrix_product,
    Bn: norms.batch_norm,
    Ln: norms.layer_norm,
    Pool: pools.max_pool,
    Avg: pools.average_pool,
    Gap: pools.mean_of_all,
    Gmp: pools.largest_of_all,
    Up: pools.upsampling,
    Add: pointwise.linear,
    Cat: pointwise.joined,
    Crop: pointwise.linear,
    Drop: pointwise.dropout,
    Flat: pointwise.view,
    Gelu: pointwise.gelu,
    Identity: pointwise.view,
    Mul: pointwise.product,
    Pad: pointwise.linear,
    Relu: pointwise.relu,
    Sigmoid: pointwise.from_output,
    Softmax: pointwise.softmax,
    Swish: pointwise.swish,
    Tanh: pointwise.from_output,
}
