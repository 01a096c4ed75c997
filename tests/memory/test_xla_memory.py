"""The model of a step on JAX: its rules, its order, its sharing, and what was measured."""

import json
from pathlib import Path

import pytest

import netform
from netform.dsl.kinds import ALL_KINDS
from netform.dsl.kinds.input import Input
from netform.dsl.memory.xla.graph import Graph
from netform.dsl.memory.xla.live import in_order
from netform.dsl.memory.xla.rules import RULES

ROOT = Path(__file__).parents[2]
# bytes by memory_analysis() of JAX 0.10.2 on a CPU: the emitted program, adam, a batch of 16
MEASURED = {
    "input 32x32x3 conv32k3 conv32k3 gap fc10": 11_047_544,
    "input 32x32x3 conv32k3:tanh conv32k3:sigmoid gap fc10": 11_045_304,
    "input 32x32x3 conv32k3 pool2 conv32k3 gap fc10": 18_907_856,
    "input 32x32x3 conv32k3:bn.relu conv32k3:bn.relu gap fc10": 11_048_136,
    "input 32x32x3 conv32k3 avg2 conv32k3 gap fc10": 7_897_720,
    "input 32x32x3 conv32k3:swish conv32k3:gelu gap fc10": 17_336_824,
    "input 16x16x3 conv32k3 up2 conv32k3 gap fc10": 9_179_768,
    "input 16x16x3 conv32k3 deconv32k2s2 conv32k3 gap fc10": 11_881_512,
    "input 32x32x3 conv32k3 dw3 conv32k1 gmp fc10": 15_110_312,
    "input 32x32x3 conv32k3 cat[conv32k3 | conv16k1] conv32k3 gap fc10": 18_615_576,
    "input 32x32x3 conv32k3 add[conv32k3 | conv32k1] conv32k3 gap fc10": 17_503_704,
    "input 32x32x3 conv32k3 mul[gap fc32:sigmoid] conv32k3 gap fc10": 13_163_560,
    "input 32x32x3 conv32k3 pad1 crop2 conv32k3 gap fc10": 10_031_736,
    "input 32x32x3 conv32k3s2 conv64k3s2 fc256 fc10": 19_608_744,
    "input 32x32x3 fc256 fc256:softmax fc10": 13_882_872,
}


def peak(text, mode="training_peak", **symbols):
    account = netform.parse(text).account("jax", mode, optimizer="adam", **symbols)
    return account.figure(account.total)


def test_every_kind_states_what_it_computes():
    assert set(RULES) == set(ALL_KINDS) - {Input}


@pytest.mark.parametrize("text", MEASURED)
def test_a_small_step_takes_what_xla_assigns_but_for_single_numbers(text):
    assert peak(text, B=16) == pytest.approx(MEASURED[text], rel=0.002)


def test_what_was_measured_is_predicted_as_the_table_says():
    """The records of docs/measured have the predictions of today; a few networks stand for all."""
    found = json.loads((ROOT / "docs" / "measured" / "cpu.json").read_text())["records"]
    few = [r for r in found if r["profile"] == "jax" and r["network"] in ("digits", "cifar_vgg")]
    assert {record["mode"] for record in few} >= {"training_peak"}
    for record in few:
        network = netform.load(ROOT / "examples" / f"{record['network']}.net")
        account = network.account(
            "jax", record["mode"], B=record["batch"], optimizer=record["optimizer"]
        )
        assert account.figure(account.total) == record["predicted"]


def test_operations_run_in_the_order_in_which_they_become_ready():
    image = netform.parse("input 4x4x1 fc3").layers[0]
    graph = Graph("float32", True, frozenset(), {})
    one = image.output.values
    first = graph.fill(image, "first", one)
    after = graph.fill(image, "after", one, [first])
    last = graph.fill(image, "last", one, [after])
    aside = graph.fill(image, "aside", one)
    graph.finish()
    assert in_order([first, after, last, aside]) == [first, aside, after, last]


def test_a_kernel_is_copied_where_the_backward_pass_reads_it():
    account = netform.parse("input 8x8x1 conv2k3 conv2k3 fc3").account("jax", "training_peak", B=1)
    copies = {t.layer.name for t in account.kept if t.tensor == "kernel"}
    assert copies == {"conv2", "fc1"}  # there is no gradient of the image


def test_a_larger_kernel_than_the_map_is_reversed_first():
    small, large = (f"input {side}x{side}x8 conv8k3 conv8k3 gap fc3" for side in (2, 4))
    names = [
        {t.tensor for t in netform.parse(text).account("jax", "training_peak", B=1).kept}
        for text in (small, large)
    ]
    assert ["kernel, reversed" in found for found in names] == [True, False]


def test_pools_of_equal_maps_share_the_places():
    text = "input 8x8x1 conv2k3 cat[pool3s1 | pool3s1] fc3"
    account = netform.parse(text).account("jax", "training_peak", B=1)
    names = [t.tensor for t in account.kept if t.tensor.startswith("places")]
    assert len(names) == len(set(names))


def test_training_keeps_what_the_backward_pass_reads():
    account = netform.parse("input 8x8x1 conv2k3 fc3").account("jax", B=1)
    assert [(t.layer.name, t.tensor, t.why) for t in account.kept] == [
        ("conv1", "output", ("for conv1's gradient, transposed",)),
        ("conv1", "input, transposed", ("for conv1's gradient of the weights",)),
        ("conv1.relu", "output", ("for fc1's gradient of the weights",)),
        ("fc1", "exponentials", ("for fc1's gradient of the loss",)),
    ]


def test_inference_gives_back_the_statistics_of_norms():
    account = netform.parse("input 8x8x1 conv2k3:bn fc3").account("jax", "inference_peak", B=1)
    assert account.figure(account.parts["overhead"]) == 4 * 2 * 2
