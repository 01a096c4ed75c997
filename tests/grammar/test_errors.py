"""Every bad input gives one clear error: the whole text is compared."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import netform
from netform.grammar.errors import NetformError
from netform.strategies import networks
from support.hostile import TEXTS

BLOCKS = (Path(__file__).parents[1] / "fixtures" / "errors.txt").read_text(encoding="utf-8")
CASES = [
    (text.replace("\n> ", "\n"), error.rstrip("\n"))
    for text, error in re.findall(r"^> (.*(?:\n> .*)*)\n((?:(?!> ).*\n)+)", BLOCKS, re.MULTILINE)
]


@pytest.mark.parametrize(("text", "error"), CASES, ids=[text for text, _ in CASES])
def test_the_whole_error(text, error):
    with pytest.raises(NetformError) as caught:
        netform.parse(text)
    assert str(caught.value) == error


def test_there_are_many_cases():
    assert len(CASES) == BLOCKS.count("\n    hint: ")


def test_a_width_that_makes_a_channel_count_fractional():
    network = netform.parse("input 8x8x3 conv48k3 conv32k3g2 fc10", "half")
    with pytest.raises(NetformError) as caught:
        network.at(w="1/3")
    assert str(caught.value) == (
        "<text>:1:22: conv2 needs a whole number of output channels in each of its 2 groups, "
        "but has 16*w = 16/3 at w = 1/3\n\n"
        "    1 | input 8x8x3 conv48k3 conv32k3g2 fc10\n"
        "                             ^^^^^^^^^^\n"
        "    hint: use a width that is a multiple of 1/8, or a rounding rule: floor, nearest or "
        "divisor8"
    )
    assert network.at(w="1/8").params > 0


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("input 8x8x1\r\nconv3k3\r\ncnv3k3\r\n", 3, 1),
        ("input 8x8x1\n\n# conv\n\tcnv3k3", 4, 2),
        ("input 8x8x1 # cnv3k3\n cnv3k3 # cnv", 2, 2),
    ],
)
def test_lines_and_columns_count_from_one(text, line, column):
    with pytest.raises(NetformError) as caught:
        netform.parse(text)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_control_characters_are_shown_and_not_sent():
    with pytest.raises(NetformError) as caught:
        netform.parse("input 8x8x1 \x1b[2Jcnv3k3")
    assert "\x1b" not in str(caught.value)
    assert "\\x1b" in str(caught.value)


def test_a_long_line_is_cut_around_the_error():
    with pytest.raises(NetformError) as caught:
        netform.parse("input 8x8x1 " + "conv3k3 " * 1000 + "cnv3k3 " + "conv3k3 " * 1000)
    excerpt = str(caught.value).split("\n")[2:4]
    assert len(excerpt[0]) < 120
    assert excerpt[0][excerpt[1].index("^") :].startswith("cnv3k3")


words = st.sampled_from(
    ["input", "8x8x1", "conv", "64", "k3", "pool2", "post", "conv=bn", "train", "batch=1", "(", ")"]
    + [
        "w",
        "*",
        ":",
        "bn",
        ".",
        "v",
        "!",
        "x",
        "fc10",
        "#",
        "\n",
        '"',
        "=",
        "-",
        "data",
        "aug=flip",
        "[",
        "]",
        "|",
        "add[",
        "cat[",
        "->a",
        "@a",
        "*2",
        "*(n)",
        "let g = 3",
        "def F(n) [",
        "F(",
        ",",
        "use",
        "sweep",
        "RxRx1",
        "c",
        "g",
    ]
)


@given(st.text() | st.lists(words).map("".join) | st.lists(words).map(" ".join))
def test_any_text_is_a_network_or_a_netform_error(text):
    try:
        netform.parse(text).at()
    except NetformError as error:
        assert str(error)


@given(networks(), st.data())
def test_a_damaged_network_is_a_network_or_a_netform_error(network, data):
    text = str(network)
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 3))
    damaged = text[:at] + data.draw(st.text(max_size=2) | words) + text[at + cut :]
    try:
        netform.parse(damaged).at()
    except NetformError as error:
        assert "^" in str(error)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_hostile_text_ends_in_an_error(text):
    with pytest.raises(NetformError) as caught:
        netform.parse(text)
    assert len(str(caught.value)) < 1000
