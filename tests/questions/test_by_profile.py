"""Grids and pictures of memory by a profile are the account's figures."""

from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sympy import Rational

import netform
from netform.codegen.run.sweep.points import runs_of
from netform.dsl.memory.measured_errors import ERRORS
from netform.dsl.memory.profiled_quantity import purpose_of
from netform.dsl.questions.fit import margin_of
from netform.dsl.questions.sweep_points import (
    all_points,
    memory_limit,
    network_at,
    training_memory,
)
from netform.strategies import networks
from support.commands import json_of
from support.examples import FEW
from support.profile_modes import COUNTED

TEXT = "input RxRx3 let R = 16 let n = 4 conv(n)k3 conv8k3 pool2 fc10"


def figure(network, profile, mode, **at):
    scales = {name: at.pop(name) for name in ("w", "B") if name in at}
    account = network.having(**at).account(profile, mode, optimizer="adam", **scales)
    return account.figure(account.total)


@FEW
@given(networks(), st.sampled_from(COUNTED))
def test_a_grid_by_a_profile_has_the_accounts_figures(network, asked):
    profile, mode = asked
    name = f"memory_{purpose_of(mode)}"
    found = netform.grid(network, name, B=[1, 3], w=[1, 2], profile=profile, mode=mode)
    for i, j in product(range(2), range(2)):
        at = {"B": [1, 3][i], "w": [1, 2][j]}
        assert found.values[i, j] == figure(network, profile, mode, **at)


@pytest.mark.parametrize(("profile", "mode"), COUNTED)
def test_a_grid_over_any_symbols_by_a_profile(profile, mode):
    network = netform.parse(TEXT)
    axes: dict[str, list[Any]] = {"n": [2, 4], "w": ["1/2", 1], "R": [8, 9, 12], "B": [1, 5]}
    name = f"memory_{purpose_of(mode)}"
    found = netform.grid(network, name, axes, profile=profile, mode=mode, outside="mask")
    for index in product(*(range(len(values)) for values in axes.values())):
        at = {key: axes[key][place] for key, place in zip(axes, index, strict=True)}
        assert found.values[index] == figure(network, profile, mode, **at)


def test_widths_at_which_no_network_exists_are_masked_in_a_peak():
    options: dict[str, Any] = {"profile": "torch", "mode": "training_peak", "outside": "mask"}
    network = netform.parse(TEXT)
    found = netform.grid(network, "memory", w=["1/3", "1/2"], B=[1, 2], **options)
    masked: Any = found.values
    assert masked.mask.tolist() == [[True, True], [False, False]]
    assert found.values[1, 1] == figure(network, "torch", "training_peak", w="1/2", B=2)
    options["outside"] = "raise"
    with pytest.raises(netform.NetformError, match="there is no network at w = 1/3"):
        netform.grid(network, "memory", w=["1/3", "1/2"], **options)


@pytest.mark.parametrize("mode", ["training", "training_peak"])
def test_a_picture_by_a_profile_has_the_accounts_figures_and_names_it(mode):
    network = netform.parse(TEXT)
    options = {"profile": "torch", "mode": mode, "optimizer": "adam"}
    plot = netform.plot(network, "memory", {"B": [1, 2, 3]}, {"w": ["1/2", 1]}, **options)
    for curve in plot.picture.panels[0]:
        for batch, bytes_ in curve.points:
            assert bytes_ == figure(network, "torch", mode, B=batch, **curve.at)
    assert f"memory_{mode}" in plot.picture.meaning
    assert "(torch, float32, adam)" in plot.picture.meaning


@pytest.mark.parametrize("settings", ["", "train split=2", "train opt=sgd ema=0.9 devices=2"])
@pytest.mark.parametrize("mode", [None, "training", "training_peak"])
def test_a_sweep_counts_what_a_device_takes_of_a_point(settings, mode):
    network = netform.parse(f"input 8x8x1 data set=digits {settings} conv4k3 fc10")
    train = network.train
    images = 32 // (train.split * train.devices)
    account = network.account("torch", mode or "training_peak", B=images, w=2)
    found = training_memory(network, 32, 2, profile="torch", mode=mode)
    assert found == account.figure(account.total)


def test_a_sweep_by_a_profile_leaves_the_margin_free():
    memory = Fraction(1000)
    margin = margin_of(ERRORS.get(("torch", "training_peak")))
    limit = memory_limit(memory=memory, profile="torch")
    assert limit.memory == int(memory * (1 - margin))
    assert limit.owner == f"the memory given, less a margin of {float(100 * margin):g} %,"
    assert memory_limit(memory=memory).memory == memory


def test_a_point_whose_peak_does_not_fit_is_left_out(tmp_path):
    network = netform.parse("input 8x8x1 data set=digits train batch=8|64 conv4k3 fc10")
    points = all_points(network.axes)
    peaks = [
        training_memory(network_at(network, p), b, profile="torch")
        for p, b in zip(points, (8, 64), strict=True)
    ]
    limit = memory_limit(memory=Fraction(sum(peaks), 2), profile="torch")
    runs = runs_of(network, points, tmp_path, {}, limit=limit, profile="torch")
    assert [run.memory for run in runs] == peaks
    assert runs[0].left_out == ""
    assert runs[1].left_out.startswith(f"training needs {peaks[1]:,} bytes")
    assert "the memory given, less a margin of" in runs[1].left_out


def test_a_sweep_has_no_mode_of_inference():
    with pytest.raises(netform.NetformError, match="a sweep trains, and has no mode inference"):
        memory_limit(profile="torch", mode="inference")


@FEW
@given(networks(), st.sampled_from(COUNTED), st.sampled_from([{"B": "3*B"}, {"w": "2*w"}]))
def test_a_ratio_by_a_profile_is_that_of_the_accounts_figures(network, asked, changes):
    profile, mode = asked
    name = f"memory_{purpose_of(mode)}"
    found = network.ratio(name, changes=changes, profile=profile, mode=mode)
    assume(found is not None)  # where nothing is kept
    after = {"B": 3} if "B" in changes else {"w": 2}
    assert found.before == figure(network, profile, mode)
    assert found.after == figure(network, profile, mode, **after)
    assert found.exact == Rational(found.after, found.before)
    if found.terms:
        assert sum(term.before for term in found.terms) == found.before
        assert sum(term.after for term in found.terms) == found.after
        for term in found.terms:
            assert sum(term.layers.values()) == term.before
    else:
        assert mode.endswith("_peak") or profile == "keras-torch"


@pytest.mark.parametrize("mode", ["training", "training_peak", "inference_peak"])
def test_the_formula_and_the_limit_of_a_ratio_by_a_profile(mode):
    """Far out the ratio is near its limit; the formula has it at every batch."""
    network = netform.parse("input RxRx3 let R = 16 conv16k3 pool2 conv16k3 fc10")
    name = f"memory_{purpose_of(mode)}"
    found = network.ratio(name, changes={"R": "2*R"}, profile="torch", mode=mode)
    here = {"w": 1, "R": 16, "B": 5}
    before, after = (figure(network, "torch", mode, B=5, R=side) for side in (16, 32))
    assert found.formula.subs(here) == Rational(after, before)
    far = found.formula.subs({"w": 1, "R": 2**20, "B": 5})
    assert abs(float(far) - 4) < 1e-3
    assert found.limit == 4


def test_the_table_of_ratios_names_the_profile():
    words = ["-e", TEXT, "--set", "B=2*B", "--profile", "torch", "--mode", "training_peak"]
    found = json_of("ratio", *words)
    assert "memory_training_peak by torch" in found
    assert "memory_training" not in found
    assert "memory_inference" not in found
    assert "params" in found


def test_a_comparison_by_a_profile_has_the_accounts_figures_and_where_they_cross():
    wide = netform.parse("input 8x8x1 conv8k3 fc64 fc10", "wide")
    deep = netform.parse("input 8x8x1 conv16k3*4 gap fc10", "deep")
    for mode in ("training", "training_peak"):
        found = wide.compare(deep, B=3, profile="torch", mode=mode)
        row = found[f"memory_{mode} by torch"]
        assert row is found[f"memory_{mode}"]
        assert (row.one, row.other) == tuple(
            figure(network, "torch", mode, B=3) for network in (wide, deep)
        )
        assert "memory_inference" not in [row.quantity for row in found.rows]
        (standing,) = (s for s in found.standings if (s.symbol, s.quantity) == ("B", row.quantity))
        signs = {
            batch: figure(wide, "torch", mode, B=batch) - figure(deep, "torch", mode, B=batch)
            for batch in range(1, 200)
        }
        brute = [b for b in range(2, 200) if (signs[b] > 0) != (signs[b - 1] > 0)]
        assert [crossing.after for crossing in standing.crossings] == brute
        for crossing in standing.crossings:
            assert crossing.at_after == tuple(
                figure(network, "torch", mode, B=crossing.after) for network in (wide, deep)
            )
        assert brute


def test_along_a_width_a_comparison_of_peaks_decides_nothing():
    wide = netform.parse("input 8x8x1 conv32k3 gap fc10", "wide")
    deep = netform.parse("input 8x8x1 conv16k3*4 gap fc10", "deep")
    found = wide.compare(deep, profile="torch", mode="training_peak")
    undecided = {s.quantity: s.undecided for s in found.standings if s.symbol == "w"}
    assert undecided.pop("memory_training_peak by torch") == (
        "nothing is decided, since memory is counted anew at every w"
    )
    assert not any(undecided.values())


@pytest.mark.parametrize("mode", ["training", "training_peak"])
def test_the_totals_of_a_table_have_memory_by_a_profile(mode):
    words = ["-e", TEXT, "--set", "B=4", "--set", "w=1/2", "--profile", "torch", "--mode", mode]
    found = json_of("table", *words)
    expected = figure(netform.parse(TEXT), "torch", mode, B=4, w="1/2")
    assert found["memory"] == {f"memory_{mode} by torch": expected}
