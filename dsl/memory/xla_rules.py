"""What each kind of layer computes on JAX, forward and backward, in buffers.

A rule gives the output of a layer, and the function that takes the gradient of the output to those
of the inputs: what ``jax.grad`` makes of the Keras layer, after XLA's fusion for a CPU.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..kinds import Kind
from ..kinds.add import Add
from ..kinds.avg import Avg
from ..kinds.bn import Bn
from ..kinds.cat import Cat
from ..kinds.conv import Conv
from ..kinds.crop import Crop
from ..kinds.deconv import Deconv
from ..kinds.drop import Drop
from ..kinds.dw import Dw
from ..kinds.fc import Fc
from ..kinds.flat import Flat
from ..kinds.gap import Gap
from ..kinds.gelu import Gelu
from ..kinds.gmp import Gmp
from ..kinds.identity import Identity
from ..kinds.ln import Ln
from ..kinds.mul import Mul
from ..kinds.pad import Pad
from ..kinds.pool import Pool
from ..kinds.relu import Relu
from ..kinds.sigmoid import Sigmoid
from ..kinds.softmax import Softmax
from ..kinds.swish import Swish
from ..kinds.tanh import Tanh
from ..kinds.up import Up
from . import xla_norms, xla_pointwise, xla_pools, xla_weights
from .xla_values import Rule

RULES: Mapping[type[Kind], Rule] = {  # of every kind but the input
    Conv: xla_weights.convolution,
    Deconv: xla_weights.convolution,
    Dw: xla_weights.convolution,
    Fc: xla_weights.matrix_product,
    Bn: xla_norms.batch_norm,
    Ln: xla_norms.layer_norm,
    Pool: xla_pools.max_pool,
    Avg: xla_pools.average_pool,
    Gap: xla_pools.mean_of_all,
    Gmp: xla_pools.largest_of_all,
    Up: xla_pools.upsampling,
    Add: xla_pointwise.linear,
    Cat: xla_pointwise.joined,
    Crop: xla_pointwise.linear,
    Drop: xla_pointwise.dropout,
    Flat: xla_pointwise.view,
    Gelu: xla_pointwise.gelu,
    Identity: xla_pointwise.view,
    Mul: xla_pointwise.product,
    Pad: xla_pointwise.linear,
    Relu: xla_pointwise.relu,
    Sigmoid: xla_pointwise.from_output,
    Softmax: xla_pointwise.softmax,
    Swish: xla_pointwise.swish,
    Tanh: xla_pointwise.from_output,
}
