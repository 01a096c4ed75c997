"""The keras-torch profile is what autograd keeps of the emitted Keras model on PyTorch, to the byte.

Run by make test-long in an environment of its own, with KERAS_BACKEND=torch.
"""

import os
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import netform
from netform.dsl.kinds import BY_OP
from netform.dsl.memory.profiles import DTYPES
from netform.strategies import networks
from support.by_commit import is_drawn
from support.one_of_each import ONE_OF_EACH

if os.environ["KERAS_BACKEND"] != "torch":
    pytest.skip("is for PyTorch", allow_module_level=True)

import keras
import numpy as np
import torch

from support.programs import module_of

pytestmark = pytest.mark.long

WITH_ACTIVATIONS = (
    keras.layers.Dense,
    *(keras.layers.DepthwiseConv1D, keras.layers.DepthwiseConv2D),
    *(getattr(keras.layers, f"Conv{n}D{t}") for n in (1, 2, 3) for t in ("", "Transpose")),
)
ROOT = Path(__file__).parents[2]
ZOO = sorted((ROOT / "examples").glob("*.net")) + sorted((ROOT / "examples/zoo").glob("*.net"))


def model_of(network, dtype):
    """The model that the emitted program builds, under a policy."""
    policy = keras.config.dtype_policy()
    keras.utils.clear_session(free_memory=False)
    keras.config.set_dtype_policy(dtype)
    try:
        return module_of(network.emit()).build_model()
    finally:
        keras.config.set_dtype_policy(policy)


def saved_bytes(network, batch, dtype="float32"):
    """The sizes of all storages that autograd keeps in a forward pass, but those of parameters."""
    return saved_bytes_of(model_of(network, dtype), batch)


def saved_bytes_of(model, batch):
    own = {v.value.untyped_storage().data_ptr() for v in model.variables}
    kept = {}  # the tensors too, so that no other takes their place

    def pack(tensor):
        """Leaves the graph nothing: an output that it kept would keep the graph for ever."""
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes(), tensor

    images = np.zeros((batch, *model.input_shape[1:]), "uint8")
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        output = model(images, training=True)
    del output
    return sum(size for size, _ in kept.values())


def map_bytes(network, batch, dtype="float32"):
    """The sizes of all storages of what layers return, and of what activations inside them take."""
    model, found = model_of(network, dtype), []

    def recorded(activation):
        def call(x):
            found.append(x)
            return activation(x)

        return call

    layers = [
        la for la in model.layers if not la.name.startswith("flatten") and la.name[-4:] != "_pad"
    ]
    outputs = [layer.output for layer in layers if not isinstance(layer, keras.layers.InputLayer)]
    for layer in layers:
        if isinstance(layer, WITH_ACTIVATIONS) and layer.activation is not keras.activations.linear:
            layer.activation = recorded(layer.activation)
    images = np.zeros((batch, *model.input_shape[1:]), "uint8")
    with torch.no_grad():
        found += keras.Model(model.inputs, outputs)(images, training=False)
    storages = {x.untyped_storage().data_ptr(): x.untyped_storage().nbytes() for x in found}
    return sum(storages.values())


def told_bytes(network, batch, dtype="float32", mode="training"):
    account = network.account("keras-torch", mode, B=batch, dtype=dtype)
    return account.figure(account.parts["activations"])


def emitted(network):
    """The network if a program can be written for it; what Keras cannot do is no example."""
    try:
        network.emit()
    except netform.NetformError:
        assume(False)
    return network


@given(networks(), st.sampled_from([1, 2, 7]))
def test_random_networks_keep_what_the_profile_says(network, batch):
    emitted(network)
    assert told_bytes(network, batch) == saved_bytes(network, batch)


@given(networks(ranks=(1, 2)), st.sampled_from([1, 2, 7]), st.sampled_from(DTYPES[1:]))
def test_networks_of_another_type_keep_what_the_profile_says(network, batch, dtype):
    emitted(network)
    assert told_bytes(network, batch, dtype) == saved_bytes(network, batch, dtype)


@given(networks(ranks=(1, 2)), st.sampled_from([1, 2, 7]), st.sampled_from(DTYPES))
def test_inference_keeps_every_map(network, batch, dtype):
    emitted(network)
    told = told_bytes(network, batch, dtype, "inference")
    assert told == map_bytes(network, batch, dtype)


@pytest.mark.parametrize("chain", ONE_OF_EACH)
@pytest.mark.parametrize("dtype", DTYPES)
def test_inference_keeps_every_map_of_every_kind(chain, dtype):
    network = netform.parse(f"input 9x8x4 conv4k1:relu {chain} fc3")
    assert told_bytes(network, 2, dtype, "inference") == map_bytes(network, 2, dtype)


@given(networks(ranks=(1, 3)), st.sampled_from([2, 7]))
def test_networks_of_another_rank_keep_what_the_profile_says(network, batch):
    """Maps of three axes in a batch of one image lie as the number of threads has it."""
    emitted(network)
    assert told_bytes(network, batch) == saved_bytes(network, batch)


@pytest.mark.parametrize("chain", ONE_OF_EACH)
@pytest.mark.parametrize("first", ["", "conv4k1:relu "])
@pytest.mark.parametrize("last", ["", " conv3k1", " fc3", " flat relu fc3"])
def test_every_kind_keeps_what_the_profile_says(chain, first, last):
    """Behind the image, which has no gradient, and behind what has one; before each way on."""
    if last == " conv3k1" and chain in ("fc7", "gap", "gmp", "flat"):
        last = ""  # a vector enters no convolution, and a program keeps no pixel for it
    text = f"input 9x8x4 {first}{chain}{last}"
    network = netform.parse(text)
    if not network.at().trainable:
        assert told_bytes(network, 2) == 0  # no program trains it
        return
    assert told_bytes(network, 2) == saved_bytes(network, 2), text


@pytest.mark.parametrize("chain", ONE_OF_EACH)
@pytest.mark.parametrize("dtype", DTYPES[1:])
def test_every_kind_of_another_type_keeps_what_the_profile_says(chain, dtype):
    network = netform.parse(f"input 9x8x4 conv4k1:relu {chain} fc3")
    assert told_bytes(network, 2, dtype) == saved_bytes(network, 2, dtype)


def test_every_kind_of_layer_is_among_them():
    words = " ".join(ONE_OF_EACH)
    assert [op for op in BY_OP if op not in words] == []


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_the_zoo_keeps_what_the_profile_says(path, monkeypatch):
    """A process that trains many large models keeps more and more memory: some at each commit."""
    monkeypatch.chdir(ROOT)
    network = netform.load(path)
    if network.at().macs > 2e9 or not is_drawn(path.stem, 0.3):
        pytest.skip("large, or not drawn for this commit")
    model = model_of(network, "float32")
    for batch in (1, 2, 7):
        assert told_bytes(network, batch) == saved_bytes_of(model, batch)
