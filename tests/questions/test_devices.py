"""Cards: their memory as it is sold, and the many ways to write their names."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import netform
from netform.dsl.questions.cards import device, devices
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
        ("rtx 4080 super", "GeForce RTX 4080"),
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
    assert "\nGeForce GTX 970              4 GiB  2014  the last 512 MiB are" in printed
    assert len(printed.splitlines()) == len(devices()) + 2
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
        }
    ]
