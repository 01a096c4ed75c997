"""The emitted source: formatted, lint-free, and the same every time."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import netform
from netform.codegen.python import formatter
from netform.codegen.python.formatter import formatted
from netform.codegen.python.source import docstring_text, literal
from netform.strategies import networks
from support import keras_models

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.net"))


def emitted(network):
    try:
        return network.emit()
    except netform.NetformError:
        assume(False)


def ruff(folder, *command):
    command = [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", str(folder)]
    return subprocess.run(command, capture_output=True, text=True)


def test_every_program_compiles_and_ruff_leaves_it_alone(tmp_path):
    sources = [netform.load(file).emit() for file in EXAMPLES]

    @given(networks())
    def collect(network):
        source = emitted(network)
        compile(source, "emitted.py", "exec")
        assert source == network.emit()
        sources.append(source)

    collect()
    assert len(sources) > 50
    for i, source in enumerate(sources):
        (tmp_path / f"program{i}.py").write_text(source, encoding="utf-8")
    formatted = ruff(tmp_path, "format", "--diff")
    assert formatted.returncode == 0, formatted.stdout[:3000]
    linted = ruff(tmp_path, "check", "--select", "E4,E7,E9,F,B,I,SIM,UP")
    assert linted.returncode == 0, linted.stdout[:3000]


names = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    ['"""', "'", '"', "\\", "{{ 1 }}", "{% raw %}", "\n", "\u2028", "\x00", "%s", "# type: x"]
)


@given(names, st.integers(0, 120))
def test_literals_are_what_they_say(text, length):
    text = text + "x" * length
    assert ast.literal_eval(literal(text)) == text
    assert ast.literal_eval(f'"""{docstring_text(text)} """') == text + " "


def test_formatting_keeps_every_text():
    """In strings, in long ones too, and in docstrings except for spaces at the ends of lines."""
    texts = []

    @given(names, st.integers(0, 100))
    def collect(text, length):
        texts.append(text + "x" * length)

    collect()
    source = formatted("\n".join(f"A{i}={literal(text)}" for i, text in enumerate(texts)))
    assert source == formatted(source)
    assigned: list[Any] = ast.parse(source).body
    assert [ast.literal_eval(node.value) for node in assigned] == texts
    docstrings = (f'def f{i}():\n    """{docstring_text(t)}."""' for i, t in enumerate(texts))
    described: list[Any] = ast.parse(formatted("\n".join(docstrings))).body
    for node, text in zip(described, texts, strict=True):
        assert ast.get_docstring(node).split() == f"{text}.".split()


def test_no_configuration_of_a_user_changes_a_program(tmp_path, monkeypatch):
    network = netform.load(EXAMPLES[0])
    source = network.emit()
    (tmp_path / "ruff.toml").write_text('line-length = 40\nformat.quote-style = "single"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUFF_CONFIG", str(tmp_path / "ruff.toml"))
    monkeypatch.setenv("RUFF_OUTPUT_FILE", str(tmp_path / "other.py"))
    assert network.emit() == source
    assert [path.name for path in tmp_path.iterdir()] == ["ruff.toml"]


def test_without_ruff_a_program_is_refused(monkeypatch):
    formatter._ruff.cache_clear()
    monkeypatch.setitem(sys.modules, "ruff.__main__", None)
    with pytest.raises(netform.NetformError, match="ruff is not installed") as caught:
        netform.load(EXAMPLES[0]).emit()
    assert caught.value.hint == "install it: pip install ruff"
    formatter._ruff.cache_clear()


# ---- what Keras would do differently if the spelling were wrong


def run_layer(text, image):
    model = keras_models.build(netform.parse(f"input {'x'.join(map(str, image.shape))} {text}"))
    return model(image[None], training=False)[0].numpy()


def test_a_max_pool_pads_with_zeros_only_where_nothing_is_negative():
    image = np.full((4, 4, 1), -5.0, "float32")
    assert run_layer("bn relu pool3s2p1", image).max() == 0
    assert "ZeroPadding2D" in netform.parse("input 4x4x1 relu pool3s2p1 fc1").emit()
    assert "ZeroPadding2D" not in netform.parse("input 4x4x1 pool3s2p1 fc1").emit()


def test_a_model_with_padded_pools_is_saved_and_loaded(tmp_path):
    model = keras_models.build(netform.parse("input 6x6x2 conv3k3:- pool3s2p1 fc4"))
    model.save(tmp_path / "model.keras")
    image = np.random.default_rng(0).normal(size=(2, 6, 6, 2)).astype("float32")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(image), model(image))


def test_an_average_pool_counts_the_zeros_that_p_pads_and_no_others():
    image = np.ones((4, 4, 1), "float32")
    assert run_layer("bn avg3s1p1", image)[0, 0, 0] == pytest.approx(4 / 9, rel=1e-3)
    assert run_layer("bn avg3s1", image)[0, 0, 0] == pytest.approx(1, rel=1e-3)


def test_an_activation_goes_into_its_layer_only_where_it_is_the_whole_post_chain():
    source = netform.parse("input 8x8x1 conv4k3 conv4k3:bn.relu conv4k3:relu4 conv4k3:swish fc1")
    body = source.emit()
    assert 'layers.Conv2D(4, 3, padding="same", activation="relu", name="conv1")' in body
    assert 'layers.ReLU(name="conv2_relu")' in body
    assert 'layers.ReLU(4.0, name="conv3_relu")' in body
    assert 'activation="silu"' in body


def test_the_pixel_of_a_global_pool_stays_a_map_only_for_a_layer_that_needs_one():
    kept = 'GlobalAveragePooling2D(keepdims=True, name="gap1")'
    assert kept in netform.parse("input 8x8x3 gap conv4k1").emit()
    assert kept not in netform.parse("input 8x8x3 conv4k1 gap").emit()
    assert "Flatten" not in netform.parse("input 8x8x3 conv4k1 gap fc3").emit()


def test_onednn_is_left_out_where_its_gradient_corrupts_memory():
    """TensorFlow 2.21: Conv2DBackpropFilter with a 1x1 kernel and a stride."""
    switch = 'os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")'
    for chain in ("conv4k1s2", "deconv4k1s2", "conv4k1s1x2"):
        assert switch in netform.parse(f"input 8x8x3 {chain} fc2").emit()
    for chain in ("conv4k1", "conv4k3s2", "conv4k1x2s2", "dw1s2"):
        assert switch not in netform.parse(f"input 8x8x3 {chain} fc2").emit()


@pytest.mark.parametrize(
    ("chain", "head"),
    [
        ("fc10", "SparseCategoricalCrossentropy(from_logits=True)"),
        ("fc10 softmax", "SparseCategoricalCrossentropy(from_logits=False)"),
        ("conv10k1 softmax gap drop0.5", "SparseCategoricalCrossentropy(from_logits=False)"),
        ("conv10k1 softmax up2", "SparseCategoricalCrossentropy(from_logits=False)"),
        ("fc1", "BinaryCrossentropy(from_logits=True)"),
        ("conv1k1 sigmoid gap", "BinaryCrossentropy(from_logits=False)"),
        ("fc1 sigmoid", 'BinaryAccuracy("accuracy", threshold=0.5)'),
    ],
)
def test_the_loss_takes_what_the_network_gives(chain, head):
    assert head in netform.parse(f"input 8x8x3 {chain}").emit()


def test_the_program_of_another_width():
    network = netform.parse("input 8x8x1 conv32k3 fc10")
    module = keras_models.module_of(network.emit(w="1/2"))
    assert module.build_model().count_params() == network.at(w="1/2").params == module.PARAMS
    assert "Output channels are those of width w = 1/2.\n" in network.emit(w="1/2")
    rounded = "Output channels are those of width w = 1/3, rounded by nearest.\n"
    assert rounded in network.emit(w="1/3", rounding="nearest")
    assert "Output channels" not in network.emit()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("data set=digits conv4k3", "a map of 8x8x4, but there is one label an image in the"),
        ("data set=digits fc9", "the number of outputs is 9, but 10 are needed to train on"),
        ("data set=digits pool2", "no layer of this network has any"),
        ("data npz=x predict=on conv4k3", "has one class an image, but here every pixel has one"),
        ("data npz=x aug=flip conv4k3", "augmentation changes the images but not their labels"),
        ("data set=digits aug=crop8 fc10", "a crop shifts an image by less than its side of 8"),
        ("data set=synthetic fc1 softmax", "the softmax of one output is always 1"),
        ("data folder=x pad1 fc2", None),
    ],
)
def test_what_cannot_be_trained_is_refused(text, message):
    network = netform.parse(f"input 8x8x1 {text}")
    if message is None:
        network.emit()
        return
    with pytest.raises(netform.NetformError, match=message):
        network.emit()
