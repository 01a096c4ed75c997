"""Conventions are what the tools themselves print, on random networks built in PyTorch.

Run by make test-long in an environment of its own, which has the tools.
"""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import netform
from netform.dsl.kinds import BY_OP
from netform.strategies import networks

torch_models = pytest.importorskip("support.torch_models", reason="the counters are not installed")
torch_graph = pytest.importorskip("support.torch_graph")
pytestmark = pytest.mark.long


def counted(network):
    """What netform says the tools count, and what they count, by convention."""
    model, image = torch_graph.model_and_image(network)
    ours = {name: sum(network.counts(name)) for name in torch_models.COUNTERS}
    return ours, {name: count(model, image) for name, count in torch_models.COUNTERS.items()}


@given(st.data(), st.sampled_from([1, 2, 2, 2, 3]))
def test_conventions_are_what_the_counters_of_pytorch_print(data, rank):
    network = data.draw(networks(ranks=(rank,)))
    assume(network.at().trainable)  # calflops looks for a parameter
    uneven = any(len(set(layer.kind.factor)) > 1 for layer in network.layers if layer.op == "up")
    assume(not uneven)  # see test_calflops_fails_on_uneven_factors
    try:
        ours, theirs = counted(network)
    except torch_graph.Unlike:
        assume(False)
    assert ours == theirs


ONE_OF_EACH = [
    "conv4k3",
    "conv4k3d2g2s1b0",
    "conv4k3s2v",
    "dw3s2m2",
    "deconv4k2s2",
    "deconv3k3s2",
    "deconv3k5s3v",
    "deconv3k4s2p1",
    "deconv3k3d2",
    "fc7",
    "fc7b0:-",
    "pool3s2",
    "avg2",
    "avg3s2p1",
    "gap",
    "gmp",
    "up2",
    "pad1",
    "crop1",
    "drop0.5",
    "bn",
    "ln",
    "relu",
    "relu6",
    "relu3",
    "sigmoid",
    "tanh",
    "softmax",
    "swish",
    "gelu",
    "flat",
    "id",
    "add[conv(c)k3]",
    "cat[conv3k1 | id | bn]",
    "mul[gap fc(c)]",
    "fc5 bn ln relu softmax gelu",
]


@pytest.mark.parametrize("text", ONE_OF_EACH)
@pytest.mark.parametrize("size", ["9", "7x8", "5x6x4"])
def test_every_kind_of_layer_counts_as_the_counters_count_it(text, size):
    ours, theirs = counted(netform.parse(f"input {size}x4 {text} fc2"))
    assert ours == theirs


def test_every_kind_of_layer_is_among_them():
    words = " ".join(ONE_OF_EACH)
    assert [op for op in BY_OP if op not in words] == []


def test_calflops_fails_on_uneven_factors():
    network = netform.parse("input 4x4x3 conv3k1 up2x3 fc2")
    with pytest.raises(TypeError, match="unsupported operand"):
        torch_models.calflops(*torch_graph.model_and_image(network))
    for name in ("calflops", "calflops-macs"):
        with pytest.raises(netform.NetformError, match="up1: it fails where the factors"):
            network.counts(name)
