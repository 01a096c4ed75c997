"""Parts that are computed again: what they save in memory, and what they cost in multiply-adds."""

from collections import Counter

import pytest
from hypothesis import given

import netform
from netform.dsl.memory.profiles import PROFILES
from netform.grammar.errors import NetformError
from support.examples import FEW
from support.remat import with_remat, without


def figures(network, profile, mode, batch=3):
    account = network.account(profile, mode, B=batch)
    return {part: account.figure(poly) for part, poly in account.parts.items()}


@given(with_remat())
@FEW
def test_only_the_work_of_training_and_its_memory_change(network):
    plain = without(network)
    assert [layer.name for layer in network.layers] == [layer.name for layer in plain.layers]
    for name in ("params", "macs", "feature_maps"):
        assert getattr(network, name) == getattr(plain, name)
    for mode in ("inference", "inference_peak"):
        for profile in ("textbook", "torch"):
            assert figures(network, profile, mode) == figures(plain, profile, mode)


@given(with_remat())
@FEW
def test_every_layer_that_is_computed_again_runs_forward_once_more(network):
    again = sum(layer.macs for layer in network.layers if layer.remat)
    assert (network.train_macs - without(network).train_macs - again).expand() == 0


@given(with_remat())
@FEW
def test_the_textbook_keeps_of_a_group_what_other_layers_read(network):
    """What is not kept comes back, group by group: together it is all that is kept without remat."""
    plain, kept = (figures(n, "textbook", "training") for n in (without(network), network))
    peak = network.account("textbook", "training_peak", B=3)
    groups: Counter[object] = Counter()
    for event in peak.timeline.events:
        if event.part == "transient" and event.sign > 0:
            groups[event.tensor.layer.remat] += peak.figure(event.bytes)
    assert kept["activations"] + sum(groups.values()) == plain["activations"]
    assert peak.figure(peak.total) == sum(kept.values()) + max(groups.values(), default=0)
    assert kept | {"activations": 0} == plain | {"activations": 0}


@given(with_remat())
@FEW
def test_a_step_of_pytorch_ends_with_what_it_has_without_remat(network):
    """All that is computed again has left then."""
    ends = []
    for each in (network, without(network)):
        account = each.account("torch", "training_peak", B=3)
        ends.append(account.timeline.live_bytes(account.network.algebra, account.values)[-1])
    assert ends[0] == ends[1]


TEXT = "input 16x16x3 conv8k3:bn.relu [conv8k3:bn.relu drop0.5 conv8k3]:remat gap fc10"


def test_what_pytorch_keeps_by_hand():
    """The image, the first layers' tensors, the group's input, and that of fc."""
    values = 16 * 16 * 3 + 3 * 16 * 16 * 8 - 16 * 16 * 8 + 8
    account = netform.parse(TEXT).account("torch", B=8)
    assert account.figure(account.parts["activations"]) == 4 * (8 * values + 2 * 8)
    (tensor,) = (t for t in account.kept if t.layer.name == "conv1.relu")
    assert tensor.why[-1] == "remat1's input, to compute it again"


@pytest.mark.parametrize(
    ("chain", "bytes_of_profiler"),
    [
        ("conv64k3 [conv64k3:bn.relu conv64k3:bn.relu conv64k3:bn.relu]:remat*4", 30_954_920),
        ("conv64k3 [add[conv64k3:bn.relu conv64k3:bn] relu]:remat*4", 27_079_512),
        ("conv64k3 [[add[conv64k3:bn.relu conv64k3:bn] relu]*4]:remat", 45_941_784),
        ("conv64k3 [add[conv64k3:bn.relu conv64k3:bn.relu] drop0.1 relu]:remat*8", 40_842_552),
    ],
)
def test_the_peak_of_pytorch_is_near_what_its_profiler_reports(chain, bytes_of_profiler):
    """Measured on a CPU with PyTorch 2.13, with torch.utils.checkpoint, at batch 8 with Adam."""
    network = netform.parse(f"input 32x32x3 {chain} gap fc10")
    account = network.account("torch", "training_peak", B=8, optimizer="adam")
    assert account.figure(account.total) == pytest.approx(bytes_of_profiler, rel=0.002)


def test_the_name_of_a_group_is_that_of_its_block():
    network = netform.parse(
        "input 8x8x3 def B(n) [ conv(n)k3 ] [B(8):remat]*2 [conv8k3]:remat [conv8k3]:remat fc3"
    )
    names = [layer.remat.name for layer in network.layers if layer.op == "conv"]
    assert names == ["b1", "b2", "remat1", "remat2"]


def test_a_round_of_a_loop_is_a_group_in_formulas_of_what_is_kept():
    text = "input 8x8x4 let n = 3 [conv4k3! conv4k3!]:remat*(n) fc10"
    network = netform.parse(text)
    account = network.account("textbook", free=["n", "B"])
    for n in (1, 5):
        one = netform.parse(text.replace("n = 3", f"n = {n}")).account("textbook", B=2)
        assert account.figure(account.total).subs({"n": n, "B": 2}) == one.figure(one.total)
    with pytest.raises(NetformError, match="repeats a free number of times"):
        network.account("textbook", "training_peak", free=["n"])


def test_other_profiles_refuse_what_they_cannot_count():
    network = netform.parse(TEXT)
    for profile in PROFILES:
        assert network.account(profile, "inference").total
        if profile not in ("textbook", "torch"):
            with pytest.raises(NetformError, match="cannot count parts that are computed again"):
                network.account(profile)
