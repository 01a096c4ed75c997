"""The account of a training step's memory: its profiles, its sums, its errors."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import assume, given
from hypothesis import strategies as st
from sympy import Symbol, sympify

import netform
from netform.cli import cli
from netform.dsl.costs.memory import SLOTS
from netform.dsl.kinds import ALL_KINDS
from netform.dsl.kinds.base.kind import Kind
from netform.dsl.memory.keras_torch.rules import forward
from netform.dsl.memory.profiles import DTYPES, DTYPES_OF, MODES, PROFILES
from netform.dsl.memory.torch_rules import kept
from netform.grammar.errors import NetformError
from netform.strategies import networks
from support.counting_calls import calls_of

PEAKS = [
    *(
        (profile, f"{step}_peak")
        for profile in ("textbook", "torch", "jax")
        for step in ("inference", "training")
    ),
    ("keras-torch", "inference_peak"),
]
ROOT = Path(__file__).parents[2]
B = Symbol("B")
TEXTS_OF_SEVERAL_MOMENTS = (
    "input 32x32x3 conv8k3 pool2 conv64k3 gap fc1000",
    "input 32x32x3 conv8k3 pool2 add[conv(c)k3 | id] conv64k3s2p1 gap fc5000",
)


def activations(text, **options):
    account = netform.parse(text).account("torch", **options)
    return account.figure(account.parts["activations"])


@given(networks(), st.sampled_from(sorted(SLOTS)), st.sampled_from(DTYPES))
def test_the_textbooks_account_is_memory_training(network, optimizer, dtype):
    account = network.account("textbook", free=["w", "B"], dtype=dtype, optimizer=optimizer)
    assert account.figure(account.total) == network.memory("training", dtype, optimizer)


@given(networks(), st.sampled_from(["textbook", "torch", "keras-torch", "jax"]))
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
    networks(remats=True),
    st.integers(2, 9),  # PyTorch computes one image another way
    st.sampled_from(PEAKS),
)
def test_a_peak_as_a_formula_is_the_largest_sum_of_its_timeline(network, batch, peak):
    profile, mode = peak
    assume(profile in ("textbook", "torch") or not any(layer.remat for layer in network.layers))
    formula = network.account(profile, mode, free=["B"])
    at = network.account(profile, mode, B=batch)
    numbers = at.timeline.live_bytes(at.network.algebra, at.values)
    assert at.figure(at.total) == max(numbers)
    assert formula.figure(formula.total).subs(B, batch) == max(numbers)
    parts = (formula.figure(part).subs(B, batch) for part in formula.parts.values())
    assert sum(parts) == max(numbers)


@pytest.mark.parametrize("free", [["B"], ["w", "B"]])
@pytest.mark.parametrize("text", TEXTS_OF_SEVERAL_MOMENTS)
def test_json_has_the_formulas_of_a_peak_as_text(text, free):
    """The text is written without SymPy, whose cases of ten polynomials take a tenth of a second."""
    network = netform.parse(text)
    account = network.account("torch", "training_peak", free=free, B=3)
    names = {name: Symbol(name) for name in free}
    told = account.as_json()
    parts = account.parts if free == ["B"] else {}  # SymPy takes seconds for cases in two letters
    formulas = {"total": account.total, **parts}
    for values in ({"w": 1, "B": 2}, {"w": 4, "B": 100}):
        for name, formula in formulas.items():
            text = str(told[name] if name == "total" else told["parts"][name])
            figure = sympify(account.figure(formula)).subs(values)
            assert sympify(text, names).subs(values) == figure


def test_a_peak_at_a_number_takes_few_calls():
    """Not one of a polynomial for each of 7,323 events: it would be 1,136,000."""
    network = netform.load(ROOT / "examples/zoo/resnet152.net", root=ROOT / "examples")
    network.account("torch", "training_peak", B=2)
    calls = calls_of(lambda: network.account("torch", "training_peak", B=3), most=300_000)
    assert calls > 7_000


@pytest.mark.parametrize(
    ("text", "batch", "dtype", "workspace"),
    [
        ("input 10x10x16 conv16k3", 1, "float32", 9 * 16 * 100 * 4),
        ("input 10x10x16 conv16k3", 2, "float32", (2 * 2 * 16 * 100 + 9 * 16 * 16) * 4),
        ("input 40x40x16 conv16k3", 1, "float32", (2 * 16 * 1600 + 9 * 16 * 16) * 4),
        ("input 10x10x16 conv16k4", 1, "float32", (2 * 16 * 100 + 16 * 16 * 16) * 4),
        ("input 10x10x16 dw3", 1, "float32", (2 * 16 * 100 + 9 * 16) * 4),
        ("input 10x10x16 conv16k1", 1, "float32", 0),
        ("input 10x10x16 conv16k3", 2, "float64", 2 * 9 * 16 * 100 * 8),
        ("input 10x10x16 conv16k3d2", 2, "float64", 9 * 16 * 100 * 8),
        ("input 10x10x16 deconv8k3s2", 2, "float64", 2 * 9 * 8 * 100 * 8),
        ("input 10x10x8 conv24k5", 2, "float32", (32 * 200 + 25 * 8 * 32) * 4),
    ],
)
def test_convolutions_on_a_processor_copy_blocks_or_columns(text, batch, dtype, workspace):
    account = netform.parse(text).account("torch", "inference_peak", B=batch, dtype=dtype)
    assert account.figure(account.parts["workspace"]) == workspace


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
    assert DTYPES_OF.keys() == PROFILES.keys()
    for profile in PROFILES:
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


@given(networks(), st.integers(2, 5), st.integers(2, 4), st.sampled_from(list(MODES)))
def test_devices_that_share_a_batch_each_have_the_account_of_their_share(
    network, devices, images, mode
):
    shared = network.account("torch", mode, B=devices * images, devices=devices)
    alone = network.account("torch", mode, B=images)
    assert {p: shared.figure(poly) for p, poly in shared.parts.items()} == {
        p: alone.figure(poly) for p, poly in alone.parts.items()
    }
    formula = network.account("torch", mode, free=["B"], devices=devices)
    assert formula.figure(formula.total).subs(B, devices * images) == shared.figure(shared.total)
    gradients = 4 * network.at().trainable if mode.startswith("training") else 0
    assert shared.figure(shared.all_reduced) == gradients


def test_json_has_what_devices_send_each_other():
    def of(*options):
        words = ["memory", "-e", "input 8x8x1 conv2k3 fc3", "--json", "--devices", "4", *options]
        return json.loads(CliRunner().invoke(cli, words).stdout)["data_parallel"]

    bytes_of_gradients = 4 * (2 * 9 + 2 + 3 * 128 + 3)
    assert of("--set", "B=8") == {
        "devices": 4,
        "all_reduced": bytes_of_gradients,
        "sent_by_a_device": 2 * 3 * bytes_of_gradients // 4,
    }
    assert of("--set", "B=8", "--free", "w")["sent_by_a_device"] == "2424*w + 18"


def test_devices_share_a_batch_evenly():
    with pytest.raises(NetformError) as error:
        netform.parse("input 8x8x1 fc3").account(B=30, devices=4)
    assert str(error.value) == (
        "4 devices cannot share a batch of 30 evenly\n    hint: take a multiple of 4"
    )
