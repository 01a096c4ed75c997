"""The share of the roofline that measured steps reached: of cards by their names, and of given speeds."""

import json
from fractions import Fraction

import pytest
from click.testing import CliRunner

import netform
from netform.cli import cli
from netform.codegen.measure.measuring import Measurement
from netform.codegen.measure.request import Request
from netform.codegen.measure.speed_share import given_machine, known_machine, speed_shares
from netform.grammar.errors import NetformError

NET = "input 16x16x3 train opt=adamw ema=0.9 conv8k3 fc10"
NETWORK = netform.parse(NET)


def measured(device, *rates):
    """What a measurement tells of a device: a profile and the images per second of batch 4."""
    speeds = {(profile, 4): rate for profile, rate in rates}
    return Measurement("net", device, {"torch": "2"}, [], {}, speeds, [])


def request(dtype="float32", optimizer=None):
    return Request(NETWORK, "torch", [4], dtype=dtype, optimizer=optimizer)


@pytest.mark.parametrize(
    ("driver", "dtype", "card", "arithmetic"),
    [
        ("NVIDIA H200", "float32", ("H200", "tf32"), 494.5),
        ("NVIDIA A100-SXM4-40GB", "mixed_bfloat16", ("A100 40GB", "mixed_bfloat16"), 312),
        ("Tesla V100-SXM2-16GB", "float32", ("Tesla V100 16GB", "float32"), 15.7),
        ("Tesla T4", "mixed_float16", ("Tesla T4", "mixed_float16"), 65),
    ],
)
def test_a_card_is_known_by_the_name_that_its_driver_tells(driver, dtype, card, arithmetic):
    machine = known_machine(driver, dtype)
    assert machine is not None
    assert (machine.name, machine.dtype) == card
    assert machine.arithmetic == Fraction(str(arithmetic)) * 10**12


@pytest.mark.parametrize(
    ("name", "dtype"), [("cpu", "float32"), ("TPU v4", "float32"), ("Tesla T4", "mixed_bfloat16")]
)
def test_nothing_is_told_of_what_has_no_figures(name, dtype):
    assert known_machine(name, dtype) is None
    assert speed_shares(request(dtype), measured(name, ("torch", 5.0)), None) == ()


def test_a_share_is_what_was_measured_of_the_bound_of_its_optimizer():
    found = measured("NVIDIA H200", ("torch", 5000.0), ("keras-torch", 2500.0))
    plain, keras = speed_shares(request(), found, None)
    own = NETWORK.roofline("h200", "tf32", B=4, optimizer="adamw")
    averaged = NETWORK.roofline("h200", "tf32", B=4)
    assert plain.most == own.training.most_images_per_second
    assert keras.most == averaged.training.most_images_per_second < plain.most  # has averages too
    assert plain.share == pytest.approx(5000 / float(plain.most))
    assert keras.as_json()["most"] == str(keras.most)


def test_the_command_shows_the_share_for_given_speeds(monkeypatch):
    def pretended(asked):
        return measured("cpu", ("torch", 1000.0))

    monkeypatch.setattr("netform.codegen.measure.measuring.measure", pretended)
    words = ["measure", "-e", NET, "--backend", "torch", "--set", "B=4"]
    speeds = ["--arithmetic", "1TFLOPS", "--bandwidth", "20GB/s"]
    bound = NETWORK.roofline(arithmetic="1TFLOPS", bandwidth="20GB/s", B=4, optimizer="adamw")
    most = bound.training.most_images_per_second
    (found,) = json.loads(CliRunner().invoke(cli, [*words, *speeds, "--json"]).stdout)["roofline"]
    assert (found["dtype"], Fraction(found["most"])) == ("float32", most)
    assert found["share"] == pytest.approx(1000 / float(most))
    printed = CliRunner().invoke(cli, [*words, *speeds]).stdout
    assert (
        f"torch: {1000 / float(most):.1%} of the {int(most):,} images per second that no" in printed
    )
    assert json.loads(CliRunner().invoke(cli, [*words, "--json"]).stdout)["roofline"] == []


@pytest.mark.parametrize(
    ("speeds", "told"),
    [
        (("1TFLOPS", None), "a bound of time needs a device, or its arithmetic"),
        (("fast", "1GB/s"), "fast is not a number of operations a second"),
        (("1TFLOPS", "1GB"), "1GB is not a number of bytes a second"),
    ],
)
def test_speeds_are_checked_before_anything_is_measured(speeds, told):
    with pytest.raises(NetformError, match=told):
        given_machine("float32", *speeds)
