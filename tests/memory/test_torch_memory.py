"""The torch profile is what PyTorch's autograd keeps, to the byte.

Run by make test-long in an environment of its own, which has PyTorch.
"""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import netform
from netform.dsl.kinds import BY_OP
from netform.strategies import networks
from support.one_of_each import ONE_OF_EACH

torch = pytest.importorskip("torch")
torch_graph = pytest.importorskip("support.torch_graph")
torch_saved = pytest.importorskip("support.torch_saved")

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
ZOO = sorted((ROOT / "examples" / "zoo").glob("*.net"))


def saved_bytes(network, batch, dtype="float32"):
    image = torch.zeros(batch, *torch_graph.shape_of(network.layers[0].output))
    image = image.to(getattr(torch, dtype))
    return torch_saved.saved_bytes(torch_graph.Graph(network).to(image.dtype).train(), image)


def told_bytes(network, batch, dtype="float32"):
    account = network.account("torch", B=batch, dtype=dtype)
    return account.figure(account.parts["activations"])


@given(networks(), st.sampled_from([2, 7]), st.sampled_from(["float32", "float64"]))
def test_random_networks_keep_what_the_profile_says(network, batch, dtype):
    try:
        theirs = saved_bytes(network, batch, dtype)
    except torch_graph.Unlike:
        assume(False)
    assert told_bytes(network, batch, dtype) == theirs


@given(networks(ranks=(1, 2)))
def test_a_batch_of_one_keeps_what_the_profile_says(network):
    """A norm of a vector has no statistics of one image, and PyTorch refuses it."""
    try:
        theirs = saved_bytes(network, 1)
    except (torch_graph.Unlike, ValueError):
        assume(False)
    assert told_bytes(network, 1) == theirs


@pytest.mark.parametrize("chain", ONE_OF_EACH)
@pytest.mark.parametrize("first", ["", "conv4k1:relu "])
@pytest.mark.parametrize("last", ["", " conv3k1", " fc3", " flat relu fc3"])
def test_every_kind_keeps_what_the_profile_says(chain, first, last):
    """Behind the image, which has no gradient, and behind what has one; before each way on."""
    if last == " conv3k1" and chain in ("fc7", "gap", "gmp", "flat"):
        last = ""  # a vector enters no convolution
    text = f"input 9x8x4 {first}{chain}{last}"
    network = netform.parse(text)
    for batch in (1, 2, 7):
        assert told_bytes(network, batch) == saved_bytes(network, batch), text


def test_every_kind_of_layer_is_among_them():
    words = " ".join(ONE_OF_EACH)
    assert [op for op in BY_OP if op not in words] == []


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_the_zoo_keeps_what_the_profile_says(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    network = netform.load(path)
    batches = (1, 2, 7) if network.macs.subs("w", 1) < Fraction(10**9) else (2,)
    for batch in batches:
        try:
            assert told_bytes(network, batch) == saved_bytes(network, batch)
        except ValueError as error:
            assert "more than 1 value per channel" in str(error)
