"""Programs compute parts again: the model is the same, and it trains to the same weights.

    KERAS_BACKEND=torch pytest tests/keras/test_recomputed.py

runs on another backend.
"""

import warnings

import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings

import netform
from netform.codegen.keras.emit import emit_model
from netform.grammar.errors import NetformError
from support.programs import module_of, run
from support.remat import with_remat, without

BACKEND = keras.backend.backend()
TEXT = """input 8x8x3
post conv=bn.relu
def Bott(n) [ add[conv(n)k1 conv(c)k3:bn] relu ]
conv6k3 ->early [conv6k3 cat[@early | id] drop0.5 conv6k3]:remat
Bott(4):remat*2 [conv4k3 ->late]:remat pool2 [cat[@late pool2 | id]]:remat [gap]:remat fc3
"""


def model_of(network):
    """The model of a network's program, and a batch for it, both always the same."""
    module = module_of(emit_model(network, network.train))
    keras.utils.set_random_seed(1)
    return module.compiled_model(), module.random_batch(16)


def trained(network):
    """The model behind four steps."""
    model, (images, labels) = model_of(network)
    keras.utils.set_random_seed(2)
    model.fit(images, labels, batch_size=8, epochs=2, shuffle=False, verbose=0)
    return model, images


def values_of(model):
    return {
        "/".join(variable.path.split("/")[-2:]): keras.ops.convert_to_numpy(variable)
        for variable in model.variables
        if "seed" not in variable.path
    }


def test_training_gives_the_same_weights(tmp_path):
    """With dropout and batch norms: masks and averages are those of one forward pass."""
    network = netform.parse(TEXT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)
        model, images = trained(network)
    plain, _ = trained(without(network))
    found, expected = values_of(model), values_of(plain)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        if BACKEND == "jax":  # XLA joins other operations to one
            np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=1e-5)
        else:
            np.testing.assert_array_equal(found[name], value)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    expected = model.predict(images, verbose=0)
    np.testing.assert_array_equal(loaded.predict(images, verbose=0), expected)


@given(with_remat())
@settings(max_examples=4)
def test_the_model_is_the_same(network):
    keras.utils.clear_session(free_memory=False)
    outputs = []
    for each in (network, without(network)):
        try:
            module = module_of(each.emit())
        except NetformError:  # no program can train it
            assume(False)
        keras.utils.set_random_seed(1)
        model = module.build_model()
        assert model.count_params() == each.at().params
        outputs.append(model(np.ones((2, *model.input_shape[1:]), "float32")))
    first, second = map(keras.ops.convert_to_numpy, outputs)
    np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-6)


@pytest.mark.skipif(BACKEND != "torch", reason="asks PyTorch what it keeps")
def test_pytorch_keeps_of_a_part_its_input_only():
    import torch

    def kept(text):
        model, (images, _) = model_of(netform.parse(text))
        own = {v.value.untyped_storage().data_ptr() for v in model.variables}
        found = {}

        def pack(tensor):
            if tensor.untyped_storage().data_ptr() not in own:
                found[tensor.untyped_storage().data_ptr()] = tensor
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            output = model(images, training=True)
        del output
        return sum(tensor.untyped_storage().nbytes() for tensor in found.values())

    text = "input 16x16x3 conv8k3 [conv8k3:bn.relu conv8k3:bn.relu conv8k3:bn.relu]:remat gap fc3"
    values = 16 * 16 * 16 * 8  # of a map, for the batch
    saved = kept(text.replace(":remat", "")) - kept(text)
    assert saved > 4 * 5 * values  # of bytes


def test_a_program_with_remat_trains_and_tests_its_best_model(tmp_path):
    text = "input 8x8x3 data set=synthetic train epochs=1 [conv2k3:bn.relu drop0.5]:remat fc3"
    module = module_of(netform.parse(text).emit())
    assert run(module, tmp_path)["epochs"] == 1
    best = keras.saving.load_model(tmp_path / "best.keras", safe_mode=True)
    assert best.get_layer("remat1").get_layer("conv1").filters == 2


def test_only_programs_with_remat_have_its_class():
    network = netform.parse(TEXT)
    assert "class Remat(keras.Model)" in network.emit()
    assert "remat" not in without(network).emit().lower()


def test_the_rounds_of_a_repeat_are_a_loop():
    program = netform.parse("input 8x8x3 def B(n) [ conv(n)k3 ] B(8):remat*3 fc3").emit()
    assert (
        """
    for i in range(3):
        y0 = keras.Input(x.shape[1:], dtype=x.dtype)
        y = b(y0, 8, name=f"b{i + 1}")
        x = Remat(y0, y, name=f"b{i + 1}")(x)
"""
        in program
    )
