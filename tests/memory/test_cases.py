"""Quantities of memory by a profile: formulas, what they are refused for."""

import pickle
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import netform
from netform.codegen.python.formulas import to_python
from netform.dsl.costs.quantities import QUANTITIES, quantity_of
from netform.dsl.memory.profiled_quantity import ProfiledQuantity, by_profile, purpose_of
from netform.dsl.memory.profiles import MODES, PROFILES
from netform.strategies import networks
from support.commands import json_of
from support.profile_modes import COUNTED

profiled = st.sampled_from(COUNTED)
TEXT = "input 8x8x1 conv16k3 pool2 conv8k3 fc10"


def quantity(mode):
    return f"memory_{purpose_of(mode)}"


def figure(network, profile, mode, **at):
    account = network.account(profile, mode, optimizer="adam", **at)
    return account.figure(account.total)


@given(networks(), profiled, st.integers(2, 9))  # one image can be computed another way
def test_a_formula_by_a_profile_is_the_accounts_figure(network, asked, batch):
    assume(network.at().trainable)
    profile, mode = asked
    formula = network.formula(quantity(mode), ["B"], profile=profile, mode=mode)
    assert formula.subs("B", batch) == figure(network, profile, mode, B=batch)
    number = network.formula(quantity(mode), [], profile=profile, mode=mode, values={"B": batch})
    assert number == figure(network, profile, mode, B=batch)


@given(networks(), profiled)
def test_the_text_of_a_formula_is_that_of_its_expression(network, asked):
    profile, mode = asked
    options = {"profile": profile, "mode": mode}
    assert network.formula_text(quantity(mode), **options) == str(
        network.formula(quantity(mode), **options)
    )


@given(networks(), st.integers(2, 9))
def test_a_peak_as_python_computes_the_peak(network, batch):
    formula = network.formula("memory", ["B"], profile="torch", mode="training_peak")
    made = {}
    exec(to_python({"peak by torch": formula}), made)
    arguments = {symbol.name: batch for symbol in formula.free_symbols}
    assert made["peak_by_torch"](**arguments) == figure(network, "torch", "training_peak", B=batch)


def test_the_textbook_is_the_default_and_means_what_it_meant():
    network = netform.parse(TEXT)
    for mode in ("inference", "training"):
        plain = network.formula(f"memory_{mode}")
        assert network.formula(f"memory_{mode}", profile="textbook", mode=mode) == plain
        assert network.formula(f"memory_{mode}", profile="textbook") == plain


@pytest.mark.parametrize(("profile", "mode"), COUNTED)
def test_a_quantity_by_a_profile_survives_pickling(profile, mode):
    asked = by_profile(quantity_of(quantity(mode)), profile, mode)
    assert pickle.loads(pickle.dumps(asked)) == asked


@pytest.mark.parametrize("name", [n for n in QUANTITIES if not n.startswith("memory_")])
@pytest.mark.parametrize("options", [{"profile": "torch"}, {"mode": "training"}])
def test_what_is_no_memory_has_no_profile(name, options):
    with pytest.raises(netform.NetformError, match=f"{name} is not memory"):
        netform.parse(TEXT).formula(name, **options)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("mode", MODES)
def test_the_other_purpose_has_no_such_mode(profile, mode):
    other = {"inference": "training", "training": "inference"}[purpose_of(mode)]
    with pytest.raises(netform.NetformError, match=f"memory_{other} has no mode {mode}"):
        netform.parse(TEXT).formula(f"memory_{other}", profile=profile, mode=mode)


@pytest.mark.parametrize("profile", [name for name in PROFILES if name != "textbook"])
def test_without_a_mode_a_profile_counts_what_is_kept(profile):
    asked = by_profile(QUANTITIES["memory_training"], profile)
    assert isinstance(asked, ProfiledQuantity)
    assert asked.mode == "training"


def test_the_command_names_the_profile():
    found = json_of("formula", "-e", TEXT, "--profile", "torch", "--set", "w=1", "--free", "B")
    assert list(found) == ["memory_inference by torch", "memory_training by torch"]
    expected = netform.parse(TEXT).formula_text("memory", ["B"], profile="torch")
    assert found["memory_training by torch"]["expr"] == expected


def test_a_width_that_is_no_letter_makes_all_channels_numbers():
    network = netform.parse("input 4x4x1 conv2k3 crop1 flat fc3")
    for w in (Fraction(1, 2), 1, 2):
        formula = network.formula("memory", ["B"], profile="torch", values={"w": w})
        assert formula.subs("B", 3) == figure(network, "torch", "training", w=w, B=3)
