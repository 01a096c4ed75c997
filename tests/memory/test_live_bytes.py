"""The live bytes over a step, and their picture."""

import re

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import netform
from netform.cli import cli
from netform.dsl.memory.live_bytes import live_bytes_by_part, phases
from netform.strategies import networks

TEXT = "input 8x8x1 conv4k3:bn.relu pool2 conv8k3 fc3"
PEAKS = ["inference_peak", "training_peak"]


@given(networks(), st.sampled_from(["textbook", "torch"]), st.sampled_from(PEAKS))
def test_the_parts_of_every_moment_are_what_lives_then(network, profile, mode):
    account = network.account(profile, mode, B=2)
    parts = live_bytes_by_part(account)
    totals = [sum(values) for values in zip(*parts.values(), strict=True)]
    assert totals[1:] == account.timeline.live_bytes(account.network.algebra, account.values)
    assert all(value >= 0 for values in parts.values() for value in values)
    assert max(totals) == account.figure(account.total)


def test_the_passes_follow_each_other_without_gap():
    account = netform.parse(TEXT).account("torch", "training_peak")
    found = list(phases(account.timeline))
    assert [name for name, _, _ in found] == ["forward", "loss", "backward", "optimizer"]
    ends = [0, *(last for _, _, last in found)]
    assert [first for _, first, _ in found] == [end + 1 for end in ends[:-1]]
    assert ends[-1] == len(account.timeline.events)


def draw(tmp_path, *options, name="step.svg"):
    arguments = ["memory", "-e", TEXT, "--plot", str(tmp_path / name), *options]
    return CliRunner().invoke(cli, arguments)


@pytest.mark.parametrize("mode", PEAKS)
def test_the_picture_names_the_passes_the_parts_and_the_peak(tmp_path, mode):
    assert draw(tmp_path, "--mode", mode, "--set", "B=8").exit_code == 0
    text = re.sub("<[^>]+>", "", (tmp_path / "step.svg").read_text())
    account = netform.parse(TEXT).account("torch", mode, B=8)
    peak = account.figure(account.total)
    for word in ("forward", "parameters", "transient", "B = 8", f"peak {peak:,} bytes"):
        assert word in text


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ((), "the mode training is one sum, without the events of a step\n"
         "    hint: take the mode training_peak or inference_peak"),
        (("--mode", "training_peak", "--free", "B"), "the bytes of an event are formulas in B\n"
         "    hint: give every symbol a value"),
    ],
)  # fmt: skip
def test_what_has_no_picture_is_said(tmp_path, options, error):
    result = draw(tmp_path, *options)
    assert str(result.exception) == error
    assert not (tmp_path / "step.svg").exists()


def test_a_picture_is_an_svg_a_png_or_a_pdf(tmp_path):
    result = draw(tmp_path, "--mode", "training_peak", name="step.gif")
    assert "step.gif is not a file name of a picture" in str(result.exception)
