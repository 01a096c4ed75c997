"""Chains with every kind of layer, alone and beside those whose order of values matters."""

ONE_OF_EACH = [
    *("conv5k3", "conv5k4", "conv5k3s2", "conv5k3s2p1", "conv8k3g2", "conv5k3d2", "dw3", "dw4m2"),
    *("deconv5k2s2", "fc7", "pool2", "pool3s2", "avg2", "gap", "gmp", "up2", "pad1", "crop1"),
    *(
        "drop0.5",
        "drop0",
        "bn",
        "ln",
        "relu",
        "relu6",
        "relu4",
        "sigmoid",
        "tanh",
        "softmax",
        "swish",
    ),
    *("gelu", "flat", "id", "add[conv(c)k3]", "cat[conv3k1 | id | bn]", "mul[gap fc(c):sigmoid]"),
    *("mul[conv4k1 | conv4k1 | conv4k1]", "conv4k3 crop1x0", "crop1 relu", "ln pool2 relu"),
    *("ln conv5k3 relu", "ln cat[conv4k3] relu", "ln add[id | conv4k1] relu", "bn crop1 drop0.5"),
]
