"""The account of a training step's memory: its profiles, its sums, its errors."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import assume, given
from hypothesis import strategies as st
from sympy import Symbol

import netform
from netform.cli import cli
from netform.dsl.costs.memory import SLOTS
from netform.dsl.kinds import ALL_KINDS
from netform.dsl.kinds.base.kind import Kind
from netform.dsl.memory.keras_torch.rules import forward
from netform.dsl.memory.profiles import DTYPES
from netform.dsl.memory.torch_rules import kept
from netform.strategies import networks

PEAKS = [
    *(
        (profile, f"{step}_peak")
        for profile in ("textbook", "torch")
        for step in ("inference", "training")
    ),
    ("keras-torch", "inference_peak"),
]
ROOT = Path(__file__).parents[2]
B = Symbol("B")


def activations(text, **options):
    account = netform.parse(text).account("torch", **options)
    return account.figure(account.parts["activations"])


@given(networks(), st.sampled_from(sorted(SLOTS)), st.sampled_from(DTYPES))
def test_the_textbooks_account_is_memory_training(network, optimizer, dtype):
    account = network.account("textbook", free=["w", "B"], dtype=dtype, optimizer=optimizer)
    assert account.figure(account.total) == network.memory("training", dtype, optimizer)


@given(networks(), st.sampled_from(["textbook", "torch", "keras-torch"]))
def test_the_parts_are_the_total_and_the_tensors_the_activations(network, profile):
    account = network.account(profile, B=3)
    figures = {part: account.figure(poly) for part, poly in account.parts.items()}
    assert sum(figures.values()) == account.figure(account.total)
    assert sum(account.figure(t.bytes) for t in account.kept) == figures["activations"]
    assert figures["parameters"] == 4 * network.at().params


@given(networks(), st.integers(1, 9), st.sampled_from(["torch", "keras-torch"]))
def test_a_formula_in_the_batch_is_the_figure_at_every_batch(network, batch, profile):
    formula = network.account(profile, free=["B"])
    assume(network.at().trainable)
    total = formula.figure(formula.total)
    at = network.account(profile, B=batch)
    assert total.subs(B, batch) == at.figure(at.total)


@given(
    networks(),
    st.integers(1, 9),
    st.sampled_from(PEAKS),
)
def test_a_peak_as_a_formula_is_the_largest_sum_of_its_timeline(network, batch, peak):
    profile, mode = peak
    formula = network.account(profile, mode, free=["B"])
    at = network.account(profile, mode, B=batch)
    numbers = at.timeline.live_bytes(at.network.algebra, at.values)
    assert at.figure(at.total) == max(numbers)
    assert formula.figure(formula.total).subs(B, batch) == max(numbers)
    parts = (formula.figure(part).subs(B, batch) for part in formula.parts.values())
    assert sum(parts) == max(numbers)


@pytest.mark.parametrize("kind", ALL_KINDS, ids=lambda kind: kind.op)
def test_every_kind_states_what_it_keeps(kind):
    assert kept.dispatch(kind) is not kept.dispatch(Kind)
    assert forward.dispatch(kind) is not forward.dispatch(Kind)


@pytest.mark.parametrize(
    ("network", "an_image", "statistics"),
    [  # PyTorch's own figures of torchvision's networks; VGG-16 without its adaptive pool
        ("resnet50", 85_909_504, 212_480),
        ("densenet121", 130_361_344, 334_592),
        ("vgg16", 73_355_264 - 4 * 25_088, 0),
    ],
)
def test_published_networks_keep_what_pytorch_reports(network, an_image, statistics, monkeypatch):
    monkeypatch.chdir(ROOT)
    account = netform.load(f"examples/zoo/{network}.net").account("torch", free=["B"])
    assert account.figure(account.parts["activations"]) == an_image * B + statistics


def test_a_tensor_that_several_layers_keep_is_counted_once():
    account = netform.parse("input 8x8x1 conv2k3 add[conv2k3 | conv2k3] fc3").account("torch")
    (relu,) = (t for t in account.kept if t.layer.name == "conv1.relu")
    assert relu.why == (
        "conv1.relu's output, for the gradient of its input",
        "conv2's input, for the gradient of its weights",
        "conv3's input, for the gradient of its weights",
    )


def test_an_image_is_kept_only_for_weights():
    assert activations("input 8x8x1 pool2 relu fc3:-") == 4 * 16
    assert activations("input 8x8x1 fc3:-") == 4 * 64


def test_json_has_every_tensor_with_its_reason():
    text = "input 8x8x1 conv2k3 pool2 fc3"
    result = CliRunner().invoke(cli, ["memory", "-e", text, "--set", "B=2", "--json"])
    found = json.loads(result.stdout)
    assert found["layers"][-1] == {
        "name": "pool1",
        "kept": [
            {
                "tensor": "indices",
                "dtype": "int64",
                "bytes": 2 * 32 * 8,
                "why": "pool1's indices, for the gradient of its input",
            },
            {
                "tensor": "output",
                "dtype": "float32",
                "bytes": 2 * 32 * 4,
                "why": "fc1's input, for the gradient of its weights",
            },
        ],
    }
    assert found["parts"]["activations"] == 2 * (64 + 128 + 32) * 4 + 2 * 32 * 8
    assert found["total"] == sum(found["parts"].values())


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (
            ["input 8x8x4 let n = 2 [conv4k3!]*(n) fc3", "--free", "n"],
            """\
<text>:1:24: conv1 repeats a free number of times, which this profile cannot count

    1 | input 8x8x4 let n = 2 [conv4k3!]*(n) fc3
                               ^^^^^^^^
    hint: give the number of repeats a value
""",
        ),
        (
            ["input RxRx4 conv4k3s2 gap fc3", "--free", "R"],
            """\
<text>:1:13: whether conv1 pads evenly depends on the size of the input

    1 | input RxRx4 conv4k3s2 gap fc3
                    ^^^^^^^^^
    hint: give the input's symbols numbers, or the convolution a padding such as p1
""",
        ),
        (
            ["input RxRx4 conv4k3 gap fc3"],
            """\
<text>:1:7: R has no value

    1 | input RxRx4 conv4k3 gap fc3
              ^^^^^
    hint: give one with --set R=224, or write let R = 224
""",
        ),
    ],
)
def test_errors_in_full(words, error):
    text, *options = words
    result = CliRunner().invoke(cli, ["memory", "-e", text, *options])
    assert str(result.exception) == error.rstrip("\n")


@pytest.mark.parametrize(
    ("name", "an_image", "constant"),
    [  # what autograd keeps of the model that the emitted program builds
        ("resnet50", 175_386_544, 94_138_368),
        ("densenet121", 255_648_688, 27_982_720),
        ("vgg16", 127_444_992, 58_841_856),
        ("mobilenet_v2", 105_189_452, 8_963_712),
    ],
)
def test_published_networks_keep_what_keras_keeps_on_pytorch(name, an_image, constant, monkeypatch):
    monkeypatch.chdir(ROOT)
    account = netform.load(f"examples/zoo/{name}.net").account("keras-torch", free=["B"])
    assert account.figure(account.parts["activations"]) == an_image * B + constant


def test_a_type_that_a_profile_does_not_count_is_refused():
    with pytest.raises(netform.NetformError) as caught:
        netform.parse("input 8x8x1 fc3").account("torch", dtype="mixed_float16")
    assert caught.value.message == (
        "the profile torch counts float32 and float64, not mixed_float16"
    )
    assert caught.value.hint == "give the data type float32, or the profile keras-torch"


def test_keras_on_pytorch_has_no_peak_of_training():
    with pytest.raises(netform.NetformError, match="has no mode training_peak") as caught:
        netform.parse("input 8x8x1 fc3").account("keras-torch", "training_peak")
    assert caught.value.hint == "take training or inference_peak, or the profile torch"


@pytest.mark.parametrize("dtype", ["float16", "int8", "", 32])
def test_an_unknown_type_is_refused(dtype):
    for profile in ("textbook", "torch", "keras-torch"):
        with pytest.raises(netform.NetformError, match=f"the profile {profile} counts float32"):
            netform.parse("input 8x8x1 fc3").account(profile, dtype=dtype)


def test_an_unknown_mode_is_refused_with_a_suggestion():
    with pytest.raises(netform.NetformError, match="no mode is called trainng_peak") as caught:
        netform.parse("input 8x8x1 fc3").account(mode="trainng_peak")
    assert caught.value.hint == "did you mean training_peak?"


def test_an_unknown_profile_is_refused_with_a_suggestion():
    with pytest.raises(netform.NetformError, match="no profile is called tourch") as caught:
        netform.parse("input 8x8x1 fc3").account("tourch")
    assert caught.value.hint == "did you mean torch?"


def test_a_reason_that_names_very_many_layers_is_cut_in_the_table():
    words = ["-e", "input 8x8x1 conv8k3 cat[" + "|".join(["conv8k3"] * 500) + "] fc10"]
    shown = CliRunner().invoke(cli, ["memory", *words]).stdout
    assert max(map(len, shown.splitlines())) < 2_200
    assert "conv2's input" in shown
    told = json.loads(CliRunner().invoke(cli, ["memory", *words, "--json"]).stdout)
    reasons = [tensor["why"] for layer in told["layers"] for tensor in layer["kept"]]
    assert max(map(len, reasons)) > 10_000
