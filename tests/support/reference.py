"""Every kind's function in NumPy, written from its definition: what an emitted layer must compute.

REFERENCES has one function for each op of the language. It takes the layer's fields by the
letters of the language (``{"value": 8, "k": (3, 3), "s": None, ...}``), the tensors that enter
and the weights in Keras' order, and returns the tensor that leaves. Tensors are
(images, *extents, channels), vectors (images, channels). What the language does where a letter is
left out (the stride of a pool, same padding) is written here again, apart from netform's rules.
"""

import itertools
import math

import numpy as np

from netform.dsl.kinds import VALUE, spellings

EPSILON = 1e-3  # what norms add to a variance
MOMENTUM = 0.99  # what a step of training leaves of a moving mean and variance


def reference(kind, tensors, weights):
    """The tensor that leaves a layer."""
    if kind.op not in REFERENCES:
        raise AssertionError(
            f"{kind.op} has no reference: write its function in NumPy into "
            "REFERENCES in tests/support/reference.py, and layers of it into LAYERS in "
            "tests/kinds/test_values.py"
        )
    return REFERENCES[kind.op](fields_of(kind), tensors, weights)


def fields_of(kind):
    """What a layer's letters are: those written, and the defaults of the others."""
    return {letter: getattr(kind, field.field) for letter, field in spellings(type(kind)).items()}


def outputs(network, image, weights_of):
    """The tensor that leaves every layer of a network; ``weights_of`` gives a layer's weights."""
    found = {network.layers[0]: image}
    for layer in network.layers[1:]:
        tensors = [found[before] for before in layer.inputs]
        found[layer] = reference(layer.kind, tensors, weights_of(layer))
    return found


# ---- windows


def padding_of(fields, extents, stride, default):
    """Pixels of padding before and after, along every axis."""
    dilation = fields.get("d") or (1,) * len(extents)
    found = []
    for n, k, s, d, axis in zip(extents, fields["k"], stride, dilation, itertools.count()):
        if fields["p"]:
            found.append((fields["p"][axis],) * 2)
        elif fields["v"] or default == "valid":
            found.append((0, 0))
        else:  # ceil(n / s) windows; an odd pixel goes to the end
            total = max((math.ceil(n / s) - 1) * s + d * (k - 1) + 1 - n, 0)
            found.append((total // 2, total - total // 2))
    return found


def windows(x, fields, stride, default, fill):
    """Every output position and what lies under its window: (images, *kernel, channels)."""
    axes = range(len(fields["k"]))
    dilation = fields.get("d") or (1,) * len(axes)
    padding = padding_of(fields, x.shape[1:-1], stride, default)
    padded = np.pad(x, [(0, 0), *padding, (0, 0)], constant_values=fill)
    spans = [d * (k - 1) + 1 for k, d in zip(fields["k"], dilation, strict=True)]
    counts = [(padded.shape[a + 1] - spans[a]) // stride[a] + 1 for a in axes]
    for position in np.ndindex(*counts):
        starts = [position[a] * stride[a] for a in axes]
        taps = [slice(starts[a], starts[a] + spans[a], dilation[a]) for a in axes]
        yield position, padded[(slice(None), *taps, slice(None))]


def assembled(values):
    """One tensor of the (position, value) of all output positions."""
    found = dict(values)
    extents = np.max(list(found), axis=0) + 1
    first = next(iter(found.values()))
    out = np.empty((len(first), *extents, first.shape[-1]))
    for position, value in found.items():
        out[(slice(None), *position)] = value
    return out


def with_bias(out, fields, bias):
    assert len(bias) == bool(fields["b"]), "the layer has a bias where the language says so"
    return out + bias[0] if bias else out


def convolved(x, fields, kernel, groups):
    stride = fields["s"] or (1,) * len(fields["k"])
    entering, leaving = x.shape[-1] // groups, kernel.shape[-1] // groups
    axes = list(range(1, kernel.ndim))

    def weighed(window):
        parts = []
        for group in range(groups):
            seen = window[..., group * entering : (group + 1) * entering]
            filters = kernel[..., group * leaving : (group + 1) * leaving]
            parts.append(np.tensordot(seen, filters, (axes, [axis - 1 for axis in axes])))
        return np.concatenate(parts, axis=-1)

    found = windows(x, fields, stride, "same", 0)
    return assembled((position, weighed(window)) for position, window in found)


# ---- layers with weights


def conv(fields, tensors, weights):
    (x,), (kernel, *bias) = tensors, weights
    assert kernel.shape[: len(fields["k"])] == fields["k"]
    return with_bias(convolved(x, fields, kernel, fields["g"]), fields, bias)


def dw(fields, tensors, weights):
    """A convolution in groups of one channel, each of which makes m."""
    (x,), (kernel, *bias) = tensors, weights
    channels = x.shape[-1]
    kernel = kernel.reshape(*fields[VALUE], 1, channels * fields["m"])
    out = convolved(x, fields | {"k": fields[VALUE]}, kernel, channels)
    return with_bias(out, fields, bias)


def deconv(fields, tensors, weights):
    """Every pixel adds its value times the kernel, s pixels after its neighbour's."""
    (x,), (kernel, *bias) = tensors, weights
    extents, axes = x.shape[1:-1], range(len(fields["k"]))
    stride, dilation = fields["s"] or (1,) * len(axes), fields["d"] or (1,) * len(axes)
    over = [
        max(d * (k - 1) + 1 - s, 0) for k, s, d in zip(fields["k"], stride, dilation, strict=True)
    ]
    full = [n * s + more for n, s, more in zip(extents, stride, over, strict=True)]
    out = np.zeros((len(x), *full, kernel.shape[-2]))
    for pixel in np.ndindex(*extents):
        for tap in np.ndindex(*fields["k"]):
            place = [pixel[a] * stride[a] + tap[a] * dilation[a] for a in axes]
            out[(slice(None), *place)] += x[(slice(None), *pixel)] @ kernel[tap].T
    if fields["p"]:
        cuts = [(p, size - p) for p, size in zip(fields["p"], full, strict=True)]
    elif fields["v"]:
        cuts = [(0, size) for size in full]
    else:  # same: s pixels for every one
        cuts = [
            (more // 2, more // 2 + n * s) for n, s, more in zip(extents, stride, over, strict=True)
        ]
    kept = out[(slice(None), *(slice(*cut) for cut in cuts), slice(None))]
    return with_bias(kept, fields, bias)


def fc(fields, tensors, weights):
    (x,), (kernel, *bias) = tensors, weights
    return with_bias(x.reshape(len(x), -1) @ kernel, fields, bias)


def bn(fields, tensors, weights):
    """In inference: by the mean and variance that it keeps."""
    (x,), (scale, shift, mean, variance) = tensors, weights
    return (x - mean) / np.sqrt(variance + EPSILON) * scale + shift


def bn_in_training(x, weights):
    """By the mean and variance of the batch; and the mean and variance that it keeps then."""
    scale, shift, mean, variance = weights
    axes = tuple(range(x.ndim - 1))
    found_mean, found_variance = x.mean(axes), x.var(axes)
    kept = [
        MOMENTUM * before + (1 - MOMENTUM) * found
        for before, found in ((mean, found_mean), (variance, found_variance))
    ]
    return bn({}, [x], [scale, shift, found_mean, found_variance]), kept


def ln(fields, tensors, weights):
    """The channels of every pixel, each pixel on its own."""
    (x,), (scale, shift) = tensors, weights
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + EPSILON) * scale + shift


# ---- layers without weights


def defaults_of_pool(fields):
    """The fields with the kernel as k, the stride, and the padding where no letter says any."""
    kernel = fields[VALUE]
    stride = fields["s"] or kernel
    return fields | {"k": kernel}, stride, "valid" if stride == kernel else "same"


def pads_unevenly(kind, extents):
    """Whether a pool pads more behind than before."""
    fields, stride, default = defaults_of_pool(fields_of(kind))
    return any(before != after for before, after in padding_of(fields, extents, stride, default))


def pooled(fields, x, fill, reduce):
    fields, stride, default = defaults_of_pool(fields)
    found = windows(x, fields, stride, default, fill)
    axes = tuple(range(1, x.ndim - 1))
    return assembled((position, reduce(window, axes)) for position, window in found)


def pool(fields, tensors, weights):
    """What is padded is never the largest."""
    return pooled(fields, tensors[0], -np.inf, np.max)


def avg(fields, tensors, weights):
    """The zeros that p pads count; what "same" pads is no pixel."""
    return pooled(fields, tensors[0], 0 if fields["p"] else np.nan, np.nanmean)


def gap(fields, tensors, weights):
    (x,) = tensors
    return x.mean(tuple(range(1, x.ndim - 1)), keepdims=True)


def gmp(fields, tensors, weights):
    (x,) = tensors
    return x.max(tuple(range(1, x.ndim - 1)), keepdims=True)


def up(fields, tensors, weights):
    (x,) = tensors
    for axis, factor in enumerate(fields[VALUE]):
        x = np.repeat(x, factor, axis + 1)
    return x


def pad(fields, tensors, weights):
    return np.pad(tensors[0], [(0, 0), *((p, p) for p in fields[VALUE]), (0, 0)])


def crop(fields, tensors, weights):
    (x,) = tensors
    kept = [slice(p, n - p) for p, n in zip(fields[VALUE], x.shape[1:-1], strict=True)]
    return x[(slice(None), *kept, slice(None))]


def flat(fields, tensors, weights):
    """Row by row, pixel by pixel, channel by channel."""
    (x,) = tensors
    return np.array([[image[place] for place in np.ndindex(image.shape)] for image in x])


def identity(fields, tensors, weights):
    """``id``, and ``drop`` in inference."""
    return tensors[0]


# ---- activations


def relu(fields, tensors, weights):
    cap = np.inf if fields[VALUE] is None else float(fields[VALUE])
    return np.minimum(np.maximum(tensors[0], 0), cap)


def sigmoid(fields, tensors, weights):
    """1 / (1 + exp(-x)), which for large -x would overflow."""
    (x,) = tensors
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, 1) / (1 + small)


def tanh(fields, tensors, weights):
    return np.tanh(tensors[0])


def softmax(fields, tensors, weights):
    (x,) = tensors
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def swish(fields, tensors, weights):
    return tensors[0] * sigmoid(fields, tensors, weights)


def gelu(fields, tensors, weights):
    """The exact one, by the error function; not the approximation by tanh."""
    (x,) = tensors
    return x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2


# ---- merges


def as_maps(tensors):
    """All of the same rank: a vector is a map of one pixel."""
    rank = max(x.ndim for x in tensors)
    return [x.reshape(len(x), *(1,) * (rank - x.ndim), *x.shape[1:]) for x in tensors]


def add(fields, tensors, weights):
    return sum(as_maps(tensors))


def cat(fields, tensors, weights):
    return np.concatenate(as_maps(tensors), axis=-1)


def mul(fields, tensors, weights):
    return math.prod(as_maps(tensors))


REFERENCES = {
    "conv": conv,
    "deconv": deconv,
    "dw": dw,
    "fc": fc,
    "pool": pool,
    "avg": avg,
    "gap": gap,
    "gmp": gmp,
    "up": up,
    "pad": pad,
    "crop": crop,
    "drop": identity,
    "bn": bn,
    "ln": ln,
    "relu": relu,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "softmax": softmax,
    "swish": swish,
    "gelu": gelu,
    "flat": flat,
    "id": identity,
    "add": add,
    "cat": cat,
    "mul": mul,
}
