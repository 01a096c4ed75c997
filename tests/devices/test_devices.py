"""Cards: their memory as it is sold, and the many ways to write their names."""

import json
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import netform
from netform.dsl.devices.cards import device, devices
from netform.dsl.devices.speeds import ARITHMETIC, speeds
from support.commands import netform_command

GIB = 2**30

cards = st.sampled_from(devices())


@pytest.mark.parametrize(
    ("name", "memory"),
    [
        ("GeForce GTX 980", 4),
        ("GeForce GTX 970", 4),
        ("GeForce GTX Titan X", 12),
        ("Tesla K20", 5),
        ("Tesla K40", 12),
        ("GeForce GTX 1080 Ti", 11),
        ("Tesla T4", 16),
        ("A100 80GB", 80),
        ("GeForce RTX 4090", 24),
        ("Instinct MI300X", 192),
    ],
)
def test_memory_is_what_the_maker_says(name, memory):
    assert device(name).memory == memory * GIB


def test_only_one_card_has_a_slow_part():
    slow = [card for card in devices() if card.slow]
    assert [(card.name, card.fast) for card in slow] == [("GeForce GTX 970", 7 * GIB // 2)]


def test_no_name_means_two_cards():
    names = [card.name for card in devices()]
    assert len(set(names)) == len(names) > 60
    for card in devices():
        assert 2**30 < card.memory < 2**40
        assert card.slow < card.memory
        assert 2010 < card.year < 2030


@given(cards, st.sampled_from([str.lower, str.upper, str.title]), st.sampled_from(["", "-", "_"]))
def test_a_name_is_found_in_any_spelling(card, case, between):
    for name in (card.name, f"{card.maker} {card.name}"):
        assert device(case(name).replace(" ", between)) is card or not between
        assert device(case(name)) is card


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("gtx970", "GeForce GTX 970"),
        ("970", "GeForce GTX 970"),
        ("titan x", "GeForce GTX Titan X"),
        ("GeForce GTX TITAN X", "GeForce GTX Titan X"),
        ("1080ti", "GeForce GTX 1080 Ti"),
        ("k40", "Tesla K40"),
        ("NVIDIA A100-SXM4-80GB", "A100 80GB"),
        ("Tesla V100-SXM2-16GB", "Tesla V100 16GB"),
        ("NVIDIA H100 80GB HBM3", "H100"),
        ("A100 40", "A100 40GB"),
        ("rtx 4080 super", "GeForce RTX 4080 Super"),
        ("quadro rtx 6000", "Quadro RTX 6000"),
        ("mi250x", "Instinct MI250X"),
    ],
)
def test_names_as_people_and_drivers_write_them(written, name):
    assert device(written).name == name


@pytest.mark.parametrize(
    ("written", "error"),
    [
        (
            "a100",
            "a100 is the name of several cards\n    hint: choose one of A100 40GB, A100 80GB",
        ),
        (
            "rtx 6000",
            "rtx 6000 is the name of several cards\n"
            "    hint: choose one of Quadro RTX 6000, RTX 6000 Ada",
        ),
        (
            "titan",
            "no card is called titan\n    hint: did you mean GeForce GTX Titan X or Titan V or "
            "Titan Xp or Titan RTX? Or give its memory instead: --memory 11GiB",
        ),
        (
            "abacus",
            "no card is called abacus\n"
            "    hint: netform devices lists the cards; or give its memory instead: --memory 11GiB",
        ),
    ],
)
def test_the_whole_error_of_a_name(written, error):
    with pytest.raises(netform.NetformError) as caught:
        device(written)
    assert str(caught.value) == error


@given(st.text())
def test_any_name_is_a_card_or_an_error(name):
    try:
        assert device(name) in devices()
    except netform.NetformError as error:
        assert "hint: " in str(error)


def test_the_table_of_cards():
    printed = netform_command("devices").stdout
    row = next(line for line in printed.splitlines() if line.startswith("GeForce GTX 970"))
    assert row.split()[:11] == ["GeForce", "GTX", "970", "4", "GiB", "-", "3.92", *"---", "224"]
    assert "2014  the last 512 MiB are" in row
    assert len(printed.splitlines()) == len(devices()) + 4
    one = json.loads(netform_command("devices", "k20", "--json").stdout)
    assert one == [
        {
            "name": "Tesla K20",
            "aliases": [],
            "maker": "NVIDIA",
            "year": 2012,
            "memory": 5 * GIB,
            "slow": 0,
            "note": "",
            "arithmetic": {
                "float64": 1_170_000_000_000,
                "float32": 3_520_000_000_000,
                "tf32": None,
                "float16": None,
                "bfloat16": None,
            },
            "bandwidth": 208_000_000_000,
            "source": "NVIDIA Tesla Kepler family data sheet",
        }
    ]


@pytest.mark.parametrize(
    ("name", "arithmetic", "bandwidth"),
    [
        ("A100 40GB", {"float32": 19.5, "tf32": 156, "float16": 312, "float64": 19.5}, 1555),
        ("Tesla V100 16GB", {"float32": 15.7, "float16": 125, "float64": 7.8}, 900),
        ("Tesla T4", {"float32": 8.1, "float16": 65}, 320),
        ("GeForce RTX 3090", {"float32": 35.6, "float16": 142, "bfloat16": 71}, 936),
        ("H100", {"float32": 66.9, "bfloat16": 989.4}, 3352),
        ("Instinct MI300X", {"float16": 1307.4, "float64": 163.4}, 5300),
    ],
)
def test_speeds_are_what_the_maker_says(name, arithmetic, bandwidth):
    speed = device(name).speed
    told = {dtype: Fraction(figure, 10**12) for dtype, figure in speed.arithmetic.items()}
    assert {dtype: float(told[dtype]) for dtype in arithmetic} == arithmetic
    assert speed.bandwidth == bandwidth * 10**9


def test_every_card_has_a_source_and_only_figures_that_can_be():
    assert set(speeds()) == {card.name for card in devices()}
    for card in devices():
        speed = card.speed
        assert speed.source.startswith(card.maker)
        assert 10**11 < speed.bandwidth < 10**13
        assert set(speed.arithmetic) <= set(ARITHMETIC)
        ordered = [speed.arithmetic[name] for name in ARITHMETIC if name in speed.arithmetic]
        assert ordered[:-1] == sorted(ordered[:-1])  # fewer bits are never slower
        assert all(10**12 < figure < 10**16 for figure in ordered)


def test_a_figure_from_cores_and_clock_is_their_product():
    told = [(c.speed, re.search(r"(\d+) cores x 2 x (\d+) MHz", c.speed.source)) for c in devices()]
    products = [(speed, found) for speed, found in told if found]
    assert len(products) > 20
    for speed, found in products:
        assert speed.arithmetic["float32"] == int(found[1]) * 2 * int(found[2]) * 10**6


def test_a_figure_that_is_not_published_is_a_hyphen_and_null():
    printed = netform_command("devices", "arc b580").stdout
    assert printed.splitlines()[1].split() == [
        *("Arc", "B580", "12", "GiB"),
        *"-----",
        "456",
        "2024",
    ]
    (card,) = json.loads(netform_command("devices", "arc b580", "--json").stdout)
    assert set(card["arithmetic"].values()) == {None}
