"""The bytes that a layer moves, from a table of what each pass reads and writes.

Written from the definition in docs/roofline.md: nothing here is netform's but shapes and counts.
"""

from math import prod

MAPS = {  # what a layer reads (x inputs, y output) and writes forward, and for the gradient by inputs
    "input": ("", ""),
    "flat": ("", ""),
    "id": ("", ""),
    "crop": ("", "yx"),
    "pad": ("xy", ""),
    "add": ("xy", ""),
    "cat": ("xy", ""),
    "mul": ("xy", "yXx"),
    "drop": ("xy", "yx"),
    "bn": ("xy", "yXx"),
    "ln": ("xy", "yXx"),
    **dict.fromkeys(("relu", "sigmoid", "tanh", "softmax", "swish", "gelu"), ("xy", "yyx")),
    **dict.fromkeys(("pool", "avg", "gap", "gmp", "up"), ("xy", "yx")),
    **dict.fromkeys(("conv", "deconv", "dw", "fc"), ("xy", "yx")),
}


def with_gradient(layers):
    """The layers whose outputs have a gradient."""
    found = set()
    for layer in layers:
        if layer.cost.weights or found.intersection(layer.inputs):
            found.add(layer)
    return found


def read_values(layer, number):
    """Values of an input under some window; a side with padding counts whole."""
    entering, kind = layer.inputs[number].output, layer.kind
    if layer.op not in ("conv", "dw", "pool", "avg"):
        return entering.values
    sides = []
    axes = zip(kind.kernel, kind.strides, kind.dilations, kind.paddings(), strict=True)
    for axis, (k, s, d, padding) in enumerate(axes):
        n, windows = entering.extents[axis], layer.output.extents[axis]
        is_inside = padding in ("valid", 0) or (padding, k) == ("same", 1)
        under = {i * s + j for i in range(windows) for j in range(k)}
        sides.append(len(under) if is_inside and d == 1 else n)
    return entering.channels * prod(sides)


def moved_bytes(layer, purpose, gradient_of, slots=2, flow=4, stay=4):
    """Bytes of a step; ``gradient_of`` are the layers whose outputs have a gradient."""
    batch, cost = layer.algebra.batch, layer.cost
    trained = cost.weights + cost.biases
    forward, backward = MAPS[layer.op]
    off = layer.op == "drop" and (purpose == "inference" or not layer.kind.rate)
    read = sum(read_values(layer, n) for n in range(len(layer.inputs)))
    maps = 0 if off else sum({"x": read, "y": layer.output.values}[word] for word in forward)
    if purpose == "inference":
        return (maps * batch + trained + cost.non_trainable) * flow
    needing = [before for before in layer.inputs if before in gradient_of]
    written = sum(before.output.values for before in needing)
    back = {"x": written, "X": read, "y": layer.output.values}
    by_inputs = 0
    if needing and not (layer.op == "drop" and not layer.kind.rate):
        by_inputs = sum(back[word] for word in backward) * batch + cost.weights
    by_weights = (read + layer.output.values) * batch + trained if trained else 0
    forward_passes = 1 if layer.remat is None else 2
    flowing = (maps * batch + trained) * forward_passes + by_weights + by_inputs + trained
    return flowing * flow + (trained * (1 + slots) + cost.non_trainable) * 2 * stay
