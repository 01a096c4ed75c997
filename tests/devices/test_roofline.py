"""The least time on a device: each layer's arithmetic and bytes, against sums made by hand."""

import json
import time
from fractions import Fraction
from math import prod
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import netform
from netform.cli import cli
from netform.dsl.devices.cards import devices
from netform.dsl.devices.data_types import DATA_TYPES
from netform.dsl.kinds.conv import Conv
from netform.grammar.errors import NetformError
from netform.strategies import networks
from netform.terminal.roofline import roofline_notes
from support.commands import json_of, netform_command
from support.examples import FEW

ROOT = Path(__file__).parents[2]
CIFAR = netform.load(ROOT / "examples" / "cifar_vgg.net")
ZOO = ROOT / "examples" / "zoo"
SPEED: dict[str, Any] = {"arithmetic": "10TFLOPS", "bandwidth": "500GB/s"}
FLOPS, BYTES = 10 * 10**12, 500 * 10**9


def by_hand(inputs, output, kernel, batch, value=4):
    """FLOPs and bytes of a convolution with bias: what its three arrays are."""
    weights = [*kernel, inputs[-1], output[-1]]
    flops = 2 * batch * prod(output[:-1]) * prod(weights)
    return flops, value * (batch * (prod(inputs) + prod(output)) + prod(weights) + output[-1])


def test_a_forward_pass_is_the_sum_of_inputs_weights_and_outputs():
    batch, shapes = (
        64,
        {
            "conv1": ((32, 32, 3), (32, 32, 32), (3, 3)),
            "conv2": ((32, 32, 32), (32, 32, 64), (3, 3)),
            "conv3": ((16, 16, 64), (16, 16, 128), (3, 3)),
            "conv4": ((8, 8, 128), (8, 8, 128), (3, 3)),
            "fc1": ((2048,), (1024,), ()),
            "fc2": ((1024,), (10,), ()),
        },
    )
    maps = {  # values that enter and leave, without parameters
        **{f"{name}.relu": 2 * prod(out) for name, (_, out, _) in shapes.items() if name != "fc2"},
        "pool1": 32 * 32 * 64 + 16 * 16 * 64,
        "pool2": 16 * 16 * 128 + 8 * 8 * 128,
        "pool3": 8 * 8 * 128 + 4 * 4 * 128,
    }
    expected = {name: by_hand(*shape, batch) for name, shape in shapes.items()}
    expected |= {name: (0, 4 * batch * values) for name, values in maps.items()}
    found = CIFAR.roofline(**SPEED, B=batch).inference
    assert {b.name: (b.bound.flops, b.bound.bytes) for b in found.layers} == expected
    times = [max(Fraction(f, FLOPS), Fraction(b, BYTES)) for f, b in expected.values()]
    assert found.time == sum(times)
    assert found.images_per_second == batch / sum(times)
    whole = sum(f for f, _ in expected.values()) / Fraction(FLOPS)
    assert found.whole.limited_by == "arithmetic"
    assert found.most_images_per_second == batch / whole


def test_a_training_step_moves_three_passes_and_the_optimizer():
    net = netform.parse("input 16x16x3 conv8k3:- conv4k3:-")
    image, one, two, batch = 16 * 16 * 3, 16 * 16 * 8, 16 * 16 * 4, 5
    first, second = 3 * 3 * 3 * 8, 3 * 3 * 8 * 4
    adam = 2 * 3  # parameters and two slots are read and written
    expected = {
        "conv1": (
            2 * batch * 2 * first * 256,
            batch * 2 * (image + one) + (first + 8) * (3 + adam),
        ),
        "conv2": (
            3 * batch * 2 * second * 256,
            batch * 3 * (one + two) + (second + 4) * (3 + adam) + second,
        ),
    }
    found = net.roofline(**SPEED, B=batch, optimizer="adam").training
    assert {b.name: (b.bound.flops, b.bound.bytes) for b in found.layers} == {
        name: (flops, 4 * values) for name, (flops, values) in expected.items()
    }
    variables = first + 8 + second + 4
    assert found.whole.bytes == 4 * (batch * image + adam * variables)


def test_types_of_data_decide_the_bytes_and_the_peak():
    net = netform.parse("input 16x16x3 conv8k3:-")
    maps, params = 2 * 16 * 16 * (3 + 8), 3 * 3 * 3 * 8 + 8
    for dtype, flow, stay, peak in [
        ("float32", 4, 4, 19.5),
        ("tf32", 4, 4, 156),
        ("float64", 8, 8, 19.5),
        ("bfloat16", 2, 2, 312),
        ("mixed_float16", 2, 4, 312),
    ]:
        found = net.roofline("a100-40gb", dtype, B=2, optimizer="sgd")
        assert found.machine.arithmetic == peak * 10**12
        assert found.inference.total.bytes == flow * (maps + params)
        assert found.training.total.bytes == flow * (2 * maps + 3 * params) + 2 * stay * params


@FEW
@given(networks(), st.integers(1, 9))
def test_layers_are_the_quantities_and_no_program_is_bound_above_them(network, batch):
    found, at = network.roofline(**SPEED, B=batch, optimizer="adam"), network.at(B=batch)
    for mode, macs in (("inference", at.macs), ("training", at.train_macs)):
        bounds = found.of(mode)
        assert bounds.total.flops == 2 * batch * macs
        assert bounds.total.bytes == at[f"traffic_{mode}"]
        times = [
            max(Fraction(b.bound.flops, FLOPS), Fraction(b.bound.bytes, BYTES))
            for b in bounds.layers
        ]
        assert bounds.time == sum(times)
        assert bounds.whole.time <= bounds.time
        fused = network.roofline(**SPEED, B=batch, optimizer="adam", fused=True).of(mode)
        assert bounds.whole.time <= fused.time <= bounds.time or not macs


@pytest.mark.parametrize("name", ["vgg16", "resnet50", "mobilenet_v2", "densenet121", "unet"])
def test_a_forward_pass_of_published_networks_is_a_plain_sum(name):
    net = netform.load(ZOO / f"{name}.net")
    layers, batch, moved = net.layers, 3, 0
    values = {at: prod(row.output) for at, row in zip(layers, net.at().layers, strict=True)}
    params = {at: row.params for at, row in zip(layers, net.at().layers, strict=True)}
    for layer in layers:
        if layer.op in ("input", "flat", "id", "crop", "drop"):
            continue
        read = sum(values[before] for before in layer.inputs)
        if isinstance(layer.kind, Conv) and layer.kind.kernel[0] < layer.kind.strides[0]:
            read = read // prod(layer.kind.strides)  # of an even side, every other pixel
        moved += 4 * (batch * (read + values[layer]) + params[layer])
    assert net.roofline("v100-16gb", B=batch).inference.total.bytes == moved


def test_a_bound_of_vgg_16_is_its_published_work_over_the_published_peak():
    found = netform.load(ZOO / "vgg16.net").roofline("v100-16gb", B=64).inference
    assert found.most_images_per_second == Fraction(157 * 10**11, 2 * 15_470_264_320)
    assert [b.name for b in found.layers if b.bound.limited_by == "arithmetic"][:2] == [
        "conv2",
        "conv3",
    ]


@pytest.mark.parametrize("card", devices(), ids=lambda card: card.name)
def test_every_card_has_a_bound_or_says_what_it_has_figures_for(card):
    net = netform.parse("input 8x8x1 conv4k3")
    for name, dtype in DATA_TYPES.items():
        if dtype.arithmetic in card.speed.arithmetic:
            assert net.roofline(card.name, name).inference.time > 0
            continue
        with pytest.raises(NetformError, match=f"no {dtype.arithmetic} arithmetic") as caught:
            net.roofline(card.name, name)
        assert all(known in caught.value.hint for known in card.speed.arithmetic)
        assert "--arithmetic" in caught.value.hint


def test_pixels_that_no_window_sees_are_not_read_by_any_program():
    net = netform.parse("input 8x8x1 relu conv4k1s2 conv4k1")
    found = net.roofline(**SPEED, B=10).inference
    assert found.whole.bytes == 4 * (10 * (4 * 4 + 4 * 4 * 4) + 8 + 20)


def test_in_place_layers_move_nothing_when_fused():
    found = CIFAR.roofline(**SPEED, fused=True)
    assert [b.name for b in found.inference.layers if "relu" in b.name] == []
    assert found.fused
    assert found.inference.time < CIFAR.roofline(**SPEED).inference.time


REFUSED = [
    (["--device", "v100 32"], ["--set", "B=0"], "B is a positive whole number, not 0"),
    (["--device", "gtx 97"], [], "did you mean GeForce GTX 970"),
    (["--device", "v100"], [], "choose one of Tesla V100 16GB, Tesla V100 32GB"),
    (["--device", "rtx 4070"], ["--dtype", "bfloat16"], "there are figures for float32;"),
    (["--device", "arc b580"], [], "there is none for any type; or give one: --arithmetic"),
    ([], [], "give --device A100-40GB, or --arithmetic 19.5TFLOPS --bandwidth 900GB/s"),
    (["--arithmetic", "20TFLOPS"], [], "a bound of time needs a device, or"),
    (["--arithmetic", "fast", "--bandwidth", "1GB/s"], [], "is not a number of operations"),
    (["--arithmetic", "1TFLOPS", "--bandwidth", "9"], [], "is not a number of bytes a second"),
    (["--device", "t4"], ["--set", "w=1/3"], "w"),
]


@pytest.mark.parametrize(("device", "more", "told"), REFUSED)
def test_what_has_no_bound_is_refused_in_words(device, more, told):
    words = ["roofline", str(ROOT / "examples" / "cifar_vgg.net"), *device, *more]
    result = CliRunner().invoke(cli, words)
    assert isinstance(result.exception, NetformError)
    assert result.output == ""
    assert told in str(result.exception)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"dtype": "bfloat"}, "no data type is called bfloat"),
        ({"optimizer": "adma"}, "no optimizer is called adma"),
        ({"B": 0}, "B is a positive whole number"),
        ({"z": 3}, "no symbol of this network is called z"),
    ],
)
def test_python_refuses_the_same(wrong, told):
    with pytest.raises(NetformError, match=told):
        CIFAR.roofline("t4", **wrong)


def test_json_is_exact_and_has_both_modes():
    words = ["roofline", ROOT / "examples/cifar_vgg.net", "--device", "t4", "--set", "B=32"]
    found = json_of(*words)
    whole = found["inference"]["any_program"]
    assert found["device"]["name"] == "Tesla T4"
    assert found["symbols"] == {"w": 1, "B": 32}
    assert Fraction(whole["seconds"]) == Fraction(2 * 32 * 50_178_048, 81 * 10**11)
    assert whole["seconds_float"] == float(Fraction(whole["seconds"]))
    assert Fraction(whole["images_per_second"]) * Fraction(whole["seconds"]) == 32
    for mode in ("inference", "training"):
        layers, total = found[mode]["layers"], found[mode]["layer_by_layer"]
        assert sum(layer["bytes"] for layer in layers) == total["bytes"]
        assert sum(Fraction(layer["seconds"]) for layer in layers) == Fraction(total["seconds"])
        assert {layer["limited_by"] for layer in layers} == {"arithmetic", "memory"}
        one = json_of(*words, "--mode", mode)
        assert [key for key in ("inference", "training") if key in one] == [mode]
        assert one[mode] == found[mode]
    assert found == json.loads(json.dumps(CIFAR.roofline("t4", B=32).as_json()))


def test_the_table_shows_layers_limits_and_rates():
    printed = netform_command(
        "roofline", "examples/cifar_vgg.net", "--device", "a100-40gb", "--set", "B=64", cwd=ROOT
    ).stdout
    rows = [line.split() for line in printed.splitlines()]
    assert ["conv2", "conv64k3", "2,415,919,104", "25,239,808"] in [row[:4] for row in rows]
    assert "cifar_vgg: training step on A100 40GB, float32, w = 1, B = 64" in printed
    assert "A100 40GB: 19.5 TFLOPS in float32, 1.555 TB/s; arithmetic limits from 12.54" in printed
    assert "dtype tf32 has that bound" in printed
    assert "any program: at least 329.4 us, at most 194,308 images per second" in printed


def test_a_time_beyond_floats_is_exact_and_printed():
    found = netform.parse("input 8x8x1 conv4k3").roofline("t4", B=10**400)
    told = found.as_json()["inference"]["layer_by_layer"]
    assert (Fraction(told["seconds"]), told["seconds_float"]) == (found.inference.time, None)
    assert "images per second" in roofline_notes(found, ["inference", "training"])


def test_resnet_152_takes_a_fraction_of_a_second():
    net = netform.load(ZOO / "resnet152.net")
    started = time.process_time()
    net.roofline("h100", B=64)
    assert time.process_time() - started < 1
