"""The torch profile is what PyTorch keeps of parts that it computes again, to the byte.

Run by make test-long in an environment of its own, which has PyTorch.
"""

import weakref
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import netform
from netform.grammar import tree
from netform.network import Network
from support.remat import with_remat

torch = pytest.importorskip("torch")
torch_graph = pytest.importorskip("support.torch_graph")
torch_peak = pytest.importorskip("support.torch_peak")

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]


class Kept:
    """A tensor that autograd keeps as long as this lives."""

    def __init__(self, tensor):
        self.tensor = tensor


def saved_bytes(network, batch):
    """The sizes of all storages that live on for the backward pass, but those of parameters."""
    image = torch.zeros(batch, *torch_graph.shape_of(network.layers[0].output))
    model = torch_graph.Graph(network).train()
    own = {t.untyped_storage().data_ptr() for t in (*model.parameters(), *model.buffers())}
    kept = weakref.WeakSet()

    def pack(tensor):
        found = Kept(tensor)
        kept.add(found)
        return found

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda found: found.tensor):
        output = model(image)
    storages = {found.tensor.untyped_storage() for found in kept}
    sizes = {s.data_ptr(): s.nbytes() for s in storages if s.data_ptr() not in own}
    del output
    for found in kept:  # an output that is kept would keep the graph for ever
        found.tensor = None
    return sum(sizes.values())


def told_bytes(network, batch):
    account = network.account("torch", B=batch)
    return account.figure(account.parts["activations"])


@given(with_remat(), st.sampled_from([2, 7]))
def test_random_networks_keep_what_the_profile_says(network, batch):
    try:
        theirs = saved_bytes(network, batch)
    except torch_graph.Unlike:
        assume(False)
    assert told_bytes(network, batch) == theirs


def test_a_network_without_layers_keeps_nothing():
    network = netform.parse("input 1x1x1 [[conv1k1v!]*0]:remat")
    assert told_bytes(network, 2) == saved_bytes(network, 2) == 0


CHAINS = [
    "[conv8k3:bn.relu drop0.5 conv8k3 pool2]:remat [conv8k3 conv8k3:-]:remat gap fc10",
    "conv8k3 [add[conv8k3 conv8k3] relu]:remat*3 [mul[gap fc(c):sigmoid]]:remat gap fc10",
    "conv8k3 [up2 conv8k3:-]:remat [up2]:remat [fc10]:remat",
    "conv8k3 ->a [conv8k3 cat[@a | id] conv8k4]:remat [ln conv8k3]:remat [relu6 flat]:remat fc10",
    "conv8k3 [ln crop1]:remat [fc10]:remat",
    "conv8k3 [conv8k3 ->b]:remat [gmp]:remat cat[@b gap | id] fc10",
]


@pytest.mark.parametrize("chain", CHAINS)
def test_groups_keep_what_the_profile_says(chain):
    network = netform.parse(f"input 32x32x3 {chain}")
    for batch in (2, 7):
        assert told_bytes(network, batch) == saved_bytes(network, batch)


def with_blocks_recomputed(name):
    """A network of the zoo, of which every block in its chain is computed again."""
    program = netform.load(f"examples/zoo/{name}.net").program

    def again(item):
        if isinstance(item, tree.Repeat):
            return replace(item, part=again(item.part))
        return tree.Remat(item) if isinstance(item, tree.Call) else item

    return Network(replace(program, chain=tuple(map(again, program.chain))))


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "densenet121", "mobilenet_v2"])
def test_blocks_of_the_zoo_keep_what_the_profile_says(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    network = with_blocks_recomputed(name)
    assert told_bytes(network, 2) == saved_bytes(network, 2)
    account = network.account("torch", "training_peak", B=2, optimizer="adam")
    measured = torch_peak.training_peak(network, 2)
    assert account.figure(account.total) == pytest.approx(measured, rel=0.08)
