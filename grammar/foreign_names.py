"""What Keras, PyTorch and papers call layers, and what to write for it here.

A word such as ``maxpool2d``, ``Conv2D(64, 3)`` or ``leaky_relu`` is read as its name without case,
underscores and number of axes, and the numbers behind it.
"""

from __future__ import annotations

import re

_OPS = {
    "conv": "conv convolution convolutional cnn",
    "deconv": "deconv convtranspose transposedconv transposeconv convtransposed upconv "
    "deconvolution tconv",
    "dw": "dw depthwise depthwiseconv dwconv",
    "fc": "dense linear fullyconnected lineardense denselayer affine innerproduct",
    "pool": "pool maxpool maxpooling",
    "avg": "avg avgpool avgpooling averagepool averagepooling meanpool",
    "gap": "gap globalavgpool globalavgpooling globalaveragepool globalaveragepooling "
    "adaptiveavgpool globalpool globalpooling",
    "gmp": "gmp globalmaxpool globalmaxpooling adaptivemaxpool",
    "up": "up upsample upsampling interpolate resize nearest",
    "pad": "pad zeropad zeropadding padding",
    "crop": "crop cropping",
    "drop": "drop dropout spatialdropout",
    "bn": "bn batchnorm batchnormalization norm",
    "ln": "ln layernorm layernormalization",
    "relu": "relu rectifier",
    "swish": "swish silu",
    "sigmoid": "sigmoid logistic",
    "softmax": "softmax",
    "tanh": "tanh",
    "gelu": "gelu",
    "flat": "flat flatten",
    "id": "id identity noop skip",
}
_BY_NAME = {name: op for op, names in _OPS.items() for name in names.split()}
_POSTS = ("bn", "ln", "relu", "swish", "sigmoid", "softmax", "tanh", "gelu")
_MERGES = {
    "cat": "concat concatenate concatenation cat stack join",
    "add": "add sum plus residual res shortcut skip resblock",
    "mul": "mul multiply product times gate se",
}
_MERGE_BY_NAME = {name: merge for merge, names in _MERGES.items() for name in names.split()}
_EXAMPLES = {
    "conv": "64k3", "deconv": "64k2s2", "dw": "3", "fc": "10", "pool": "2", "avg": "2", "up": "2",
    "pad": "1", "crop": "1", "drop": "0.5",
}  # fmt: skip
_ACTIVATIONS = "the activations are relu, relu6, gelu, swish, sigmoid, softmax and tanh"
_ABSENT = {
    "leakyrelu leaky lrelu elu selu prelu rrelu celu mish hardswish hswish hardsigmoid softplus "
    "softsign logsoftmax threshold maxout": _ACTIVATIONS,
    "groupnorm groupnormalization instancenorm instancenormalization localresponsenorm lrn "
    "rmsnorm spectralnorm gn": "the norms are bn and ln",
    "separable separableconv sepconv depthwiseseparableconv": "write dw3 conv64k1, its two parts",
    "lstm gru rnn embedding attention multiheadattention transformer": "a network is made of "
    "convolutions, pools and fully connected layers",
    "remat rematerialize recompute checkpoint checkpointing gradientcheckpointing": "write :remat "
    "behind a group or a call of a block: [conv64k3 conv64k3]:remat",
    "pixelshuffle depthtospace unpool maxunpool": "write up2, or deconv64k2s2",
}  # fmt: skip
_HINTS = {name: hint for names, hint in _ABSENT.items() for name in names.split()}

_AXES = r"[123][dD](?![A-Za-z]*=)"
_WORD = re.compile(rf"([A-Za-z_]+)({_AXES})?([A-Za-z_]*)(.*)", re.DOTALL)
_MODULE = re.compile(r"^(?:[A-Za-z_]+\.)+(?=[A-Za-z])")  # nn. and keras.layers.
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def hint_for(word: str) -> str | None:
    """What to write in place of a foreign word with its numbers; None where it is not known.

    netform's own words are foreign with a number of axes behind them, or empty parentheses.

    >>> hint_for("conv2d64k3"), hint_for("Conv2D(64, 3)"), hint_for("maxpool2d")
    ('did you mean conv64k3?', 'did you mean conv64k3?', 'did you mean pool2?')
    """
    word = _MODULE.sub("", word)
    match = _WORD.fullmatch(word)
    if match is None:
        return None
    head, axes, tail, rest = match.groups()
    name = (head + tail).lower().replace("_", "")
    if name in _HINTS:
        return _HINTS[name]
    op = _BY_NAME.get(name)
    is_own = op == name == head and not axes
    if op is None or (is_own and (rest != "()" or op in _EXAMPLES)):
        return None
    return f"did you mean {op}{_numbers(op, word, rest)}?"


def post_hint_for(word: str) -> str | None:
    """What to write in place of a foreign word in a post chain."""
    if word in ("linear", "none", "identity", "id"):
        return "write :- for no post chain"
    name = word.lower()
    is_post = name in _HINTS or _BY_NAME.get(name) in _POSTS
    return hint_for(word) if is_post else None


def merge_for(word: str) -> str | None:
    """The merge that another library calls so: ``cat`` for ``concat``."""
    return _MERGE_BY_NAME.get(word.lower().replace("_", ""))


def _numbers(op: str, word: str, rest: str) -> str:
    """The value and modifiers that belong behind an op, from what was written behind its name."""
    if op not in _EXAMPLES:
        return rest if op == "relu" and _NUMBER.fullmatch(rest) else ""
    if rest.startswith("("):
        found = _of_arguments(op, word, rest)
    else:
        number = _NUMBER.match(rest)
        found = [number[0]] if number else []
        rest = rest[len(found[0]) :] if found else rest
    if not found or (op == "drop" and float(found[0]) >= 1):
        return _EXAMPLES[op]
    if op in ("conv", "deconv"):
        modifiers = "" if rest.startswith("(") else rest
        has_kernel = re.match(r"[^:]*k[0-9(]", modifiers)
        return found[0] + (modifiers if has_kernel else f"k{(*found, '3')[1]}{modifiers}")
    return found[0] + (rest if op in ("dw", "pool", "avg") and not rest.startswith("(") else "")


def _of_arguments(op: str, word: str, arguments: str) -> list[str]:
    """The numbers among the arguments of a call: channels and kernel, or one number.

    PyTorch's ``Conv2d`` and ``Linear`` take the input channels first, Keras' ``Conv2D`` does not.
    """
    found = _NUMBER.findall(arguments)
    is_pytorch = "2d" in word or "1d" in word or "3d" in word or word.startswith("Linear")
    if op in ("conv", "deconv") and is_pytorch and len(found) > 2:
        return found[1:3]
    if op == "fc" and is_pytorch and len(found) > 1:
        return found[1:2]
    return found[:2]
