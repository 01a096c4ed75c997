"""``check`` warns about probable mistakes and about what ``emit`` would refuse, and of nothing else."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import netform
from netform.dsl.questions.training_warnings import RATES
from netform.dsl.settings import OPTIMIZERS
from netform.grammar import parser
from netform.grammar.errors import NetformError
from netform.network import Network
from netform.strategies import networks
from support.commands import json_of, netform_command
from support.examples import FEW

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "tests" / "fixtures" / "warnings.txt").read_text(encoding="utf-8")
CASES = re.findall(r"^> (.*)\n((?:(?!> ).*\n)+)", TEXT, re.MULTILINE)
EXAMPLES = [
    path
    for folder in ("examples", "examples/zoo", "examples/sweeps")
    for path in sorted((ROOT / folder).glob("*.net"))
]
SETTINGS = [
    *("set=synthetic", "set=digits", "set=cifar100 aug=flip", "set=mnist aug=crop2", "npz=x.npz"),
    *("npz=x.npz predict=on", "folder=x", "folder=x predict=on aug=mixup0.2", "npz=x aug=rotate9"),
]
REFUSED = "no program can train this network: "


@pytest.mark.parametrize(("text", "warnings"), CASES, ids=[text for text, _ in CASES])
def test_the_whole_warnings(text, warnings):
    found = netform.parse(text).warnings()
    assert "\n".join(map(str, found)) == warnings.strip("\n")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_no_example_has_a_warning(path):
    assert netform.load(path, root=ROOT / "examples").warnings() == []


@pytest.mark.parametrize(
    "text",
    [
        "input 8x8x1 fc1:sigmoid",
        "input 8x8x1 fc10:softmax",
        "input 8x8x1 fc10 softmax",
        "input 8x8x1 conv8k3 gap drop0.5 fc10",
        "input 8x8x1 mul[gap fc(c):sigmoid] fc10",
        "input 8x8x1 conv8k3:bn.relu gap",  # a trunk
        "input 8x8x1 post conv=bn.relu conv10k1:relu gap",  # as SqueezeNet ends
        "input 8x8x1 conv8k3s2 deconv3k2s2:tanh",
        "input 8x8x1 data npz=x.npz conv8k3 conv1k1:sigmoid",
        "input 128x3 conv8k3 fc10",
        "input 100x64 conv8k3 fc10",
        "input 4x4x256 conv8k3 fc10",
        "input 1x128x64 conv8k1x3 gap fc10",
        "input 16x64x64x1 conv8k3 gap fc10",
        "input HxWx3 conv8k3 gap fc10",
        "input 8x8x1 conv8k3:relu6 fc10",
        "input 8x8x1 conv2k3d2 fc10",
        "input 8x8x1 train opt=adadelta lr=1 fc10",
        "input 8x8x1 train epochs=10 schedule=cosine warmup=5 fc10",
        "input 8x8x1 train steps=1000 schedule=cosine warmup=50 fc10",
        "input 28x28x1 data set=fashion_mnist conv8k3 fc10",
        "input 28x28x1 data npz=images.npz conv8k3 conv1k3",
    ],
)
def test_what_is_meant_has_no_warning(text):
    assert netform.parse(text).warnings() == []


@FEW
@given(networks(ranks=(1, 2, 3)), st.sampled_from(SETTINGS), st.sampled_from(["", "balanced"]))
def test_check_warns_exactly_where_emit_refuses(network, data, weights):
    train = f"train weights={weights}" if weights else ""
    settings = parser.parse(f"input 8x8x1 data {data} {train} fc2")
    program = replace(network.program, data=settings.data, train=settings.train)
    network = Network(program)
    refused = [w for w in network.warnings() if w.message.startswith(REFUSED)]
    try:
        network.emit()
        error = None
    except NetformError as caught:
        error = caught
    assert bool(refused) == (error is not None)
    if error is not None:
        assert error.message in [w.message.removeprefix(REFUSED) for w in refused]


def test_the_width_of_a_warning_is_that_of_the_question():
    text = "input 8x8x1 conv1000000000k1! conv(500*w)k1 gap fc2"
    network = netform.parse(text)
    assert not network.warnings()
    assert [w.message[:35] for w in network.warnings(w=4)] == [REFUSED]
    shown = netform_command("check", "-e", text, "--set", "w=4")
    assert (shown.returncode, REFUSED in shown.stderr) == (0, True)


def test_warnings_are_listed_and_leave_the_exit_code_at_0():
    text = "input 28x28x1 data set=cifar100 train lr=100 fc10:relu"
    shown = netform_command("check", "-e", text)
    assert shown.returncode == 0
    assert shown.stderr.count("\n    hint: ") == 3
    assert "^" in shown.stderr
    assert "is right: 3 layers" in shown.stdout
    listed = json_of("check", "-e", text)["warnings"]
    assert [(w["line"], w["column"]) for w in listed] == [(1, 20), (1, 39), (1, 51)]
    assert all(w["hint"] and w["message"] and w["file"] == "<text>" for w in listed)


def test_every_optimizer_has_a_range_of_learning_rates_around_what_is_usual():
    assert set(RATES) == set(OPTIMIZERS)
    for allowed in RATES.values():
        assert allowed.least < float(allowed.usual) < allowed.most
