"""Every kind's function: one layer as netform emits it against its reference in NumPy.

    KERAS_BACKEND=jax pytest tests/kinds/test_values.py

holds another backend to the same references.
"""

import functools

import keras
import numpy as np
import pytest

import netform
from netform.dsl.kinds import BY_OP, KINDS, MERGE_BY_OP, MERGES
from support.reference import EPSILON, REFERENCES, bn_in_training
from support.values import (
    assert_close,
    assert_values,
    build,
    image_of,
    skip_where_keras_is_wrong,
)

LAYERS = """
7x6x4: conv5k1 | conv5k3 | conv5k3s2 | conv5k3s2p1 | conv5k3s2v | conv5k3x2 | conv5k2x5s1x2
7x6x4: conv5k3d2 | conv5k3d2p2 | conv5k2d1x3v | conv6k3g2 | conv4k3g4s2 | conv6k3g2d2p1x0
7x6x4: conv5k4p2 | conv5k1s3 | conv5k3b0 | conv5k3b1:- | conv5k3p0
7x4: conv5k3 | conv5k4s3 | conv5k3s2p1 | conv5k3v | conv6k3g2d2
4x5x3x2: conv3k3 | conv3k2x3x1s2 | conv3k2p1 | conv3k2d2v | conv4k2g2s1x2x2

7x6x4: deconv5k1 | deconv5k2s2 | deconv5k3s2 | deconv5k4s2p1 | deconv5k4s2v | deconv5k5s2
7x6x4: deconv5k3x2s2x1 | deconv5k2x4s1x3p0x1 | deconv5k1s3 | deconv5k2s3v | deconv5k3d2
7x6x4: deconv5k3d2v | deconv5k3d2p1 | deconv5k3b0
7x4: deconv5k3s2 | deconv5k4s2p1 | deconv5k3s2v | deconv5k2d3
4x3x3x2: deconv3k3s2 | deconv3k2s2v | deconv3k3s2p1 | deconv3k3x1x2s1x2x1

7x6x4: dw3 | dw3s2 | dw3s2p1 | dw3v | dw3d2 | dw3m3 | dw2x3m2s2b0 | dw3x5p1x2 | dw3d2vm2
7x6x4: dw3s1x2 | dw3s2x1m3p1 | dw3b0m2s2x1v
7x4: dw3 | dw4s2m3 | dw3d2p1m2
4x5x3x2: dw2 | dw3m2p1 | dw2s2v

7x6x4: fc5 | fc5b0 | flat fc5 | gap fc5 | gmp fc5b0
7x4: fc5
4x3x3x2: fc5

7x6x4: pool2 | pool3 | pool3s2 | pool3s2p1 | pool2p1 | pool3s2v | pool3x2 | pool3x2s1 | pool4s3p2x1
7x6x4: relu pool3s2p1 | conv4k3 pool3s2p1 | gelu pool3s2p1 | sigmoid avg2 pool3s2p1 | bn pool2p1
7x6x4: relu drop0.5 up2 pool3s2p1 | conv4k3:relu.bn pool3s2p1 | tanh pool3s2p1 | softmax pool2p1
7x6x4: relu crop1 pool3s1p1 | ln pool3s1p1 | swish pool3s1p1 | add[relu | id] pool3s1p1 | pool2s2v
7x6x4: relu conv4k3:- pool3p1 | relu dw3:- pool3p1 | relu deconv4k2:- pool3p1 | pool3s3p1 | pool3s1
7x6x4: cat[relu | tanh] pool3p1 | cat[relu | sigmoid] pool3p1 | mul[relu | id] pool3p1 | id pool3p1
7x4: pool2 | pool3s2 | pool3s2p1 | pool2v
4x5x3x2: pool2 | pool3s2p1 | pool2s1 | pool1x2x3

7x6x4: avg2 | avg3 | avg3s2 | avg3s2p1 | avg2p1 | avg3s2v | avg3x2 | avg3x2s1 | avg4s3p2x1 | avg3s1
7x4: avg2 | avg3s2 | avg3s2p1 | avg2v
4x5x3x2: avg2 | avg3s2p1 | avg2s1 | avg1x2x3

7x6x4: gap | gmp | up2 | up3x1 | pad1 | pad2x0 | crop1 | crop2x1 | crop0x1 | flat | id | drop0.5
7x6x4: gap conv5k1:- | gmp up2 | gap pad1 | gmp crop0 | gap dw1:-
7x4: gap | gmp | up2 | pad2 | crop2 | flat
4x5x3x2: gap | gmp | up2x1x3 | pad0x1x2 | crop1x0x1 | flat

7x6x4: bn | ln | conv5k3:bn | conv5k3:ln.relu | conv5k3b1:bn | fc5:bn.relu | flat bn | flat ln
7x6x4: gap bn | gap ln
7x4: bn | ln
4x5x3x2: bn | ln

7x6x4: add[conv4k3] | add[relu | tanh | sigmoid] | add[gap | fc4] | add[gap | gmp] | add[conv4k1:-]
7x6x4: cat[conv3k3] | cat[relu | tanh | sigmoid] | cat[gap | fc3] | cat[gmp | gap] | cat[pool3s1]
7x6x4: mul[tanh] | mul[relu | tanh | sigmoid] | mul[gap] | mul[fc4:sigmoid] | mul[id | gap fc4:tanh]
7x6x4: mul[gap conv4k1:sigmoid] | mul[gap | fc4] | mul[gmp | gap] | mul[gap | id | fc4]
7x6x4: mul[gap fc2:relu fc4:sigmoid] | ->a conv4k3 cat[@a | id]
7x4: add[conv4k3] | cat[conv3k3] | mul[gap fc4:sigmoid]
4x5x3x2: add[conv2k3] | cat[conv3k3] | mul[gap fc2:sigmoid]
"""
# first of all, since it notices most faults at once
MOST_KINDS = """input 7x6x4 cat[
    conv5k3s2p1 | conv6k3g2s2:tanh | conv4k2x3s2b0:bn.gelu | conv4k3d2p2 relu0.5 conv3k1s2:ln.swish
    | dw3s2m3:sigmoid | dw3s2x2:softmax | dw2x3s1x2m2 dw1s2x1 | conv3k4v deconv4k4s2p1 conv2k3s2:relu6
    | pool3s2p1 | pool3s2 | relu6 pool3s2p1 | avg3s2 | avg3s2p1 | tanh up2 pool2 conv3k3s2
    | deconv4k3s2 crop1 pad1 drop0.5 conv2k1s4 | mul[gap fc4:sigmoid] add[id] conv3k1s2 bn ln
    | pad1 pool3s1v pool1s2 gelu | crop1x0 pad1x0 sigmoid avg2x1s1 softmax swish avg2s2p1x0
] cat[gmp | gap | flat fc7b0] fc3"""
ACTIVATIONS = [
    "relu",
    "relu5",
    "relu6",
    "relu7",
    "relu0.5",
    "sigmoid",
    "tanh",
    "softmax",
    "swish",
    "gelu",
]


def texts():
    yield MOST_KINDS
    for line in LAYERS.split("\n"):
        image, _, chains = line.partition(": ")
        for chain in _chains(chains) if chains else ():
            yield f"input {image} {chain}"
    for image in ("7x6x4", "7x4"):
        yield f"input {image} cat[{' | '.join(ACTIVATIONS)}]"
    yield f"input 7x6x4 flat cat[{' | '.join(ACTIVATIONS)}]"
    for layer in ("conv4k3", "conv4k3g2p1", "dw3", "dw3s1x2", "deconv4k4s2p1", "fc9", "conv4k3:bn"):
        joint = "." if ":" in layer else ":"
        yield f"input 7x6x4 cat[{' | '.join(layer + joint + name for name in ACTIVATIONS)}] fc2"
    for activation in ACTIVATIONS:
        yield f"input 7x6x4 post conv={activation}.tanh.{activation} fc={activation} conv3k3 fc4 fc2"


def network_of(text):
    """The network; a program needs a layer with weights, so one follows where there is none."""
    network = netform.parse(text)
    return network if network.params else netform.parse(f"{text} fc3")


def _chains(line):
    """The text between bars, except those of branches."""
    found, depth = [""], 0
    for letter in line:
        depth += {"[": 1, "]": -1}.get(letter, 0)
        if letter == "|" and not depth:
            found.append("")
        else:
            found[-1] += letter
    return [chain.strip() for chain in found]


TEXTS = list(texts())


@functools.cache
def ops_compared():
    return {layer.op for text in TEXTS for layer in netform.parse(text).layers}


@pytest.mark.parametrize("kind", [*KINDS, *MERGES], ids=lambda kind: kind.op)
def test_every_kind_has_a_reference_and_layers_to_compare(kind):
    assert kind.op in REFERENCES, (
        f"{kind.op} needs its function in NumPy in REFERENCES of tests/support/reference.py"
    )
    assert kind.op in ops_compared(), (
        f"{kind.op} needs layers in LAYERS of tests/kinds/test_values.py"
    )


def test_every_reference_is_of_a_kind():
    assert REFERENCES.keys() == BY_OP.keys() | MERGE_BY_OP.keys()


@pytest.mark.parametrize("text", TEXTS)
def test_a_layer_computes_what_its_reference_computes(text):
    network = network_of(text)
    skip_where_keras_is_wrong(network)
    assert_values(network)


def test_a_kind_without_a_reference_is_named(monkeypatch):
    monkeypatch.delitem(REFERENCES, "tanh")
    with pytest.raises(
        AssertionError, match=r"tanh has no reference: .*tests/support/reference.py"
    ):
        assert_values(network_of("input 2x2x1 tanh"))


@pytest.mark.parametrize(
    "text", ["conv5k3s2p1", "pool3s2p1", "avg3s1", "gelu", "mul[gap fc4:tanh]"]
)
def test_predict_computes_the_same(text):
    network = network_of(f"input 7x6x4 {text}")
    model = assert_values(network)
    image = image_of(network)
    once = keras.ops.convert_to_numpy(model(image, training=False))
    assert_close(model.predict(image, verbose=0), once.astype(float), text)


@pytest.mark.parametrize("text", ["7x6x4 bn", "7x4 bn", "3x3x2x2 bn", "7x6x4 flat bn"])
def test_bn_in_training_normalises_by_the_batch_and_learns_its_statistics(text):
    network = netform.parse(f"input {text}")
    model, image = build(network), image_of(network, count=8)
    layer = next(layer for layer in model.layers if layer.name.startswith("bn"))
    entering = image.astype(float).reshape(8, *layer.output.shape[1:])
    expected, kept = bn_in_training(entering, layer.get_weights())
    found = keras.ops.convert_to_numpy(model(image, training=True))
    assert_close(found, expected, text)
    for found, expected in zip(layer.get_weights()[2:], kept, strict=True):
        assert_close(found, expected, text)


def test_ln_in_training_is_ln():
    network = netform.parse("input 7x6x4 ln")
    model, image = build(network), image_of(network)
    both = [keras.ops.convert_to_numpy(model(image, training=mode)) for mode in (True, False)]
    np.testing.assert_array_equal(*both)


@pytest.mark.parametrize("op", ["bn", "ln"])
def test_norms_add_a_thousandth_to_a_variance(op):
    """Which shows where there is none: EPSILON is what the documents say."""
    network = netform.parse(f"input 2x2x2 {op}")
    model = build(network)
    weights = [np.array([1.0, 1.0]), np.zeros(2), np.zeros(2), np.zeros(2)]
    model.layers[-1].set_weights(weights if op == "bn" else weights[:2])
    image = np.full((1, 2, 2, 2), [-0.01, 0.01])
    found = keras.ops.convert_to_numpy(model(image, training=False))
    variance = 0 if op == "bn" else 0.01**2
    assert_close(found, image / np.sqrt(variance + EPSILON), op)
    assert EPSILON == 0.001


@pytest.mark.parametrize("rate", [0.25, 0.5, 0.9])
def test_drop_in_training_drops_its_share_and_scales_the_rest(rate):
    keras.utils.set_random_seed(0)
    model = build(network_of(f"input 100x100x4 drop{rate}"))
    model = keras.Model(model.input, model.get_layer("drop1").output)
    image = np.ones((1, 100, 100, 4), "float32")
    found = keras.ops.convert_to_numpy(model(image, training=True))
    kept = found != 0
    np.testing.assert_allclose(found[kept], 1 / (1 - rate), rtol=1e-6)
    assert abs(kept.mean() - (1 - rate)) < 5 * np.sqrt(rate * (1 - rate) / kept.size)
    again = keras.ops.convert_to_numpy(model(image, training=True))
    assert not np.array_equal(found, again)
