"""The names in Keras of activations and of layers without arguments: one row each."""

from __future__ import annotations

from ...dsl.kinds import Kind
from ...dsl.kinds.add import Add
from ...dsl.kinds.base.activation import Activation
from ...dsl.kinds.bn import Bn
from ...dsl.kinds.cat import Cat
from ...dsl.kinds.flat import Flat
from ...dsl.kinds.gelu import Gelu
from ...dsl.kinds.identity import Identity
from ...dsl.kinds.ln import Ln
from ...dsl.kinds.mul import Mul
from ...dsl.kinds.relu import Relu
from ...dsl.kinds.sigmoid import Sigmoid
from ...dsl.kinds.softmax import Softmax
from ...dsl.kinds.swish import Swish
from ...dsl.kinds.tanh import Tanh

ACTIVATIONS: dict[type[Activation], str] = {
    Gelu: "gelu",
    Relu: "relu",
    Sigmoid: "sigmoid",
    Softmax: "softmax",
    Swish: "silu",
    Tanh: "tanh",
}  # by the names of keras.activations

PLAIN_LAYERS: dict[type[Kind], str] = {
    Add: "Add",
    Bn: "BatchNormalization",
    Cat: "Concatenate",
    Flat: "Flatten",
    Identity: "Identity",
    Ln: "LayerNormalization",
    Mul: "Multiply",
}  # Keras layers without arguments


def activation(kind: Kind) -> str | None:
    """The name of an activation in Keras; None for other kinds and for activations without one."""
    if isinstance(kind, Relu) and kind.cap is not None:
        return "relu6" if kind.cap == 6 else None
    return ACTIVATIONS.get(type(kind)) if isinstance(kind, Activation) else None
