"""Two networks against each other: figures, formulas, layers, and who overtakes whom."""

import functools
import json
import re
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import assume, given
from hypothesis import strategies as st
from sympy import Rational, Symbol, sympify

import netform
from netform.cli import cli
from netform.dsl.costs.quantities import QUANTITIES
from netform.dsl.questions import crossings
from netform.dsl.questions.alignment import matches
from netform.strategies import networks
from support.examples import FEW

ROOT = Path(__file__).parents[2]
ZOO = ROOT / "examples" / "zoo"
SCANNED = 60  # values of a symbol that are tried one by one


def run(*words):
    return CliRunner().invoke(cli, ["compare", *map(str, words)])


@given(networks(), networks(), st.integers(1, 3), st.integers(1, 100))
@FEW
def test_figures_differences_ratios_and_formulas_agree(one, other, w, B):
    try:
        comparison = one.compare(other, w, B, symbols=())
    except netform.NetformError:
        assume(False)
    assert [row.quantity for row in comparison.rows] == list(QUANTITIES)
    for row in comparison.rows:
        assert row.one == one.at(w, B)[row.quantity]
        assert row.other == other.at(w, B)[row.quantity]
        assert row.difference + row.other == row.one
        assert row.formula.subs({Symbol("w"): w, Symbol("B"): B}) == row.difference
        assert (row.ratio is None) == (row.other == 0)
        assert row.ratio is None or row.ratio * row.other == row.one


@given(networks(), networks())
def test_an_alignment_has_every_layer_of_both_once_and_in_order(one, other):
    pairs = one.compare(other, symbols=()).pairs
    for network, parts in ((one, [p.one for p in pairs]), (other, [p.other for p in pairs])):
        names = [name for part in parts if part for name in part.layers]
        assert names == [layer.name for layer in network.layers]
        figures = network.at()
        assert sum(part.params for part in parts if part) == figures.params
        assert sum(part.macs for part in parts if part) == figures.macs
        assert sum(part.feature_map for part in parts if part) == figures.feature_maps


@given(networks())
def test_a_network_is_equal_to_itself(network):
    comparison = network.compare(network)
    assert {pair.kind for pair in comparison.pairs} == {"equal"}
    assert all(row.formula == 0 for row in comparison.rows)
    assert all(s.first == 0 and not s.crossings for s in comparison.standings)
    assert comparison.names == ("the first", "the second")


@given(*[st.lists(st.sampled_from("abcd"), max_size=12)] * 2)
def test_matches_are_a_longest_common_subsequence(one, other):
    found = matches(one, other)
    assert all(one[i] == other[j] for i, j in found)
    assert found == sorted(found)
    assert len({i for i, _ in found}) == len({j for _, j in found}) == len(found)

    @functools.cache
    def longest(i, j):
        if i == len(one) or j == len(other):
            return 0
        if one[i] == other[j]:
            return 1 + longest(i + 1, j + 1)
        return max(longest(i + 1, j), longest(i, j + 1))

    assert len(found) == longest(0, 0)


def figure(network, quantity, **values):
    try:
        return network.at(**values)[quantity]
    except netform.NetformError:
        return None


def check(one, other, standing):
    """Hold a standing against the networks themselves, value by value."""
    symbol, quantity = standing.symbol, standing.quantity
    turns = list(standing.crossings)
    for turn in turns:
        for value, at in ((turn.before, turn.at_before), (turn.after, turn.at_after)):
            there = tuple(figure(network, quantity, **{symbol: value}) for network in (one, other))
            assert at == there
        assert (turn.at_before[0] < turn.at_before[1]) != (turn.at_after[0] < turn.at_after[1])
    for steps in range(1, SCANNED):
        value = steps * standing.step
        pair = [figure(network, quantity, **{symbol: value}) for network in (one, other)]
        if None in pair:
            continue
        behind = [turn for turn in turns if turn.after <= value]
        between = [turn for turn in turns if turn.before < value < turn.after]
        sign = (pair[0] > pair[1]) - (pair[0] < pair[1])
        if between:
            assert sign == 0
            assert between[0].with_ties
        else:
            assert sign in (0, standing.first * (-1) ** len(behind))


@given(networks(), networks(), st.sampled_from(["w", "B", "R"]))
@FEW
def test_who_needs_less_is_so_at_every_value(one, other, symbol):
    try:
        comparison = one.compare(other, symbols=[symbol])
    except netform.NetformError:
        assume(False)  # not square
    for standing in comparison.standings:
        if not standing.undecided:
            check(one, other, standing)


@pytest.mark.parametrize(
    ("one", "other", "symbol", "quantity", "turns"),
    [
        # 2*(n**2 + 30) against 26*n: equal at 3 and at 10
        (
            "input 1x1x1 let n = 1 fc(n*n+30)",
            "input 1x1x1 let n = 1 fc(13*n)",
            "n",
            "params",
            [(2, 4), (9, 11)],
        ),
        # 2*(n**2 + 41) against 26*n: between whole numbers
        (
            "input 1x1x1 let n = 1 fc(n*n+41)",
            "input 1x1x1 let n = 1 fc(13*n)",
            "n",
            "params",
            [(5, 6), (7, 8)],
        ),
        # 15*floor(R/2)**2 against 3*R**2 + 24: at odd sizes long the other way
        (
            "input RxRx1 let R = 8 pool2 conv15k1",
            "input RxRx1 let R = 8 conv3k1 gap fc6 fc1",
            "R",
            "macs",
            None,
        ),
        # 640*w + 8 against 576*w**2 + 152*w + 8
        (
            "input 8x8x1 conv64k1 gap fc8",
            "input 8x8x1 conv8k3 conv8k3 gap fc8",
            "w",
            "params",
            [(Fraction(3, 4), Fraction(7, 8))],
        ),
        # 288*floor(...)**2 against 170*ceil(R/5)**2: both round, each at its own sizes
        (
            "input RxRx1 let R = 30 conv8k3s3 conv4k3s2 up6 fc2",
            "input RxRx1 let R = 30 conv1k3 conv1k3s5 fc170",
            "R",
            "params",
            None,
        ),
    ],
)
def test_crossings_worked_by_hand_and_by_trying(one, other, symbol, quantity, turns):
    pair = netform.parse(one), netform.parse(other)
    found = pair[0].compare(pair[1], symbols=[symbol]).standings
    standing = next(s for s in found if s.quantity == quantity)
    assert not standing.undecided
    if turns is not None:
        assert [(t.before, t.after) for t in standing.crossings] == turns
    assert standing.crossings
    check(*pair, standing)


def test_ties_are_told():
    one, other = (
        netform.parse("input 1x1x1 let n = 1 fc(n*n+30)", "square"),
        netform.parse("input 1x1x1 let n = 1 fc(13*n)", "line"),
    )
    comparison = one.compare(other, symbols=["n"])
    assert all(crossing.with_ties for crossing in comparison.standings[0].crossings)
    assert str(comparison).startswith(
        "params: line needs less up to n = 2, then square needs less up to n = 9, then line from "
        "n = 11 on\n"
        "    at n = 2: square 68 > line 52\n"
        "    at n = 4: square 92 < line 104\n"
    )


def test_what_published_networks_say():
    vgg, resnet = netform.load(ZOO / "vgg16.net"), netform.load(ZOO / "resnet50.net")
    comparison = vgg.compare(resnet)
    row = comparison["trainable"]
    assert (row.one, row.other) == (138_357_544, 25_557_032)
    assert row.ratio == Rational(138_357_544, 25_557_032)
    memory = [s for s in comparison.standings if s.quantity == "memory_training"]
    along_batch = next(s for s in memory if s.symbol == "B")
    assert [(t.before, t.after) for t in along_batch.crossings] == [(128, 129)]
    check(vgg, resnet, along_batch)


def test_a_deeper_network_of_the_same_blocks_only_adds():
    """ResNet-101 is ResNet-50 with 17 more blocks of five parts in the third stage."""
    one, other = netform.load(ZOO / "resnet50.net"), netform.load(ZOO / "resnet101.net")
    kinds = [pair.kind for pair in one.compare(other, symbols=()).pairs]
    assert set(kinds) == {"equal", "only in other"}
    assert kinds.count("only in other") == 17 * 5


def test_a_width_changes_layers_and_leaves_their_places():
    one = netform.parse("input 8x8x3 conv8k3 pool2 conv16k3 fc10")
    other = netform.parse("input 8x8x3 conv4k3 pool2 conv8k3 relu fc10")
    pairs = one.compare(other, symbols=()).pairs
    assert [(p.kind, p.one and p.one.text, p.other and p.other.text) for p in pairs] == [
        ("equal", "8x8x3", "8x8x3"),
        ("changed", "conv8k3:relu", "conv4k3:relu"),
        ("changed", "pool2", "pool2"),
        ("changed", "conv16k3:relu", "conv8k3:relu"),
        ("only in other", None, "relu"),
        ("changed", "fc10", "fc10"),
    ]


def test_ten_thousand_layers_are_aligned():
    one, other = (
        netform.parse("input 8x8x1 " + " ".join(f"conv{1 + i % n}k1" for i in range(5000)))
        for n in (48, 47)
    )
    pairs = one.compare(other, symbols=()).pairs
    assert sum(len(pair.one.layers) for pair in pairs if pair.one) == len(one.layers) == 10_000
    assert sum(len(pair.other.layers) for pair in pairs if pair.other) == 10_000
    assert sum(pair.kind == "equal" for pair in pairs) > 4000


def test_halves_are_matched_with_halves_where_a_table_would_be_too_large(monkeypatch):
    monkeypatch.setattr("netform.dsl.questions.alignment.MOST_BITS", 50)
    one, other = list("xabcabcabcabcy"), list("zabcabdabcabcw")
    found = matches(one, other)
    assert all(one[i] == other[j] for i, j in found)
    assert found == sorted(set(found))
    assert len(found) > 8


def test_what_cannot_be_decided_is_said(monkeypatch):
    one = netform.parse("input RxRx1 let R = 30 conv8k3s2 conv4k3s3 gap fc2", "one")
    other = netform.parse("input RxRx1 let R = 30 conv6k3s3 conv9k3 gap fc2", "other")
    known = one.compare(other, symbols=["R"]).standings
    assert not any(standing.undecided for standing in known)
    monkeypatch.setattr(crossings, "MOST_CLASSES", 1)
    comparison = one.compare(other, symbols=["R"])
    for standing, decided in zip(comparison.standings, known, strict=True):
        assert standing.undecided == (
            "beyond R = 2000 nothing is decided, since roundings repeat too rarely"
        )
        assert (standing.first, standing.crossings) == (decided.first, decided.crossings)
    assert "; beyond R = 2000 nothing is decided" in str(comparison)
    rounded = netform.parse("input 4x4x1 conv(floor(3*w))k3 conv(round8(20*w))k1 fc2", "rounded")
    found = rounded.compare(netform.parse("input 4x4x1 conv8k3 fc2"), symbols=["w"]).standings
    assert {s.undecided for s in found} == {
        "nothing is decided, since the widths have no known step"
    }


def test_a_symbol_of_one_network_only_is_refused():
    one = netform.parse("input 4x4x1 let n = 2 conv(n)k3 fc2")
    other = netform.parse("input 4x4x1 conv2k3 fc2")
    with pytest.raises(netform.NetformError, match="no symbol of this network is called n"):
        one.compare(other, symbols=["n"])


def test_a_comparison_as_json():
    words = [ZOO / "mobilenet_v1.net", ZOO / "mobilenet_v2.net", "--json"]
    found = json.loads(run(*words).stdout)
    assert found["networks"] == ["mobilenet_v1", "mobilenet_v2"]
    assert found["symbols"] == {"w": 1, "B": 1}
    params = found["quantities"]["trainable"]
    assert (params["one"], params["other"]) == (4_231_976, 3_504_872)
    assert params["difference"] == params["one"] - params["other"]
    assert Fraction(params["ratio"]) == Fraction(params["one"], params["other"])
    formula = sympify(params["formula"], locals={"w": Symbol("w")})
    assert formula.subs("w", 1) == params["difference"]
    crossing = next(
        c for c in found["crossings"] if (c["quantity"], c["for"]) == ("trainable", "w")
    )
    assert (crossing["step"], crossing["less_at_first"], crossing["less_at_last"]) == (
        "1/8",
        "one",
        "other",
    )
    (turn,) = crossing["crossings"]
    assert (turn["before"], turn["after"]) == ("3/4", "7/8")
    assert turn["at_before"][0] == 2_585_560  # published for width 0.75
    kinds = {"equal", "changed", "only in one", "only in other"}
    assert {layer["kind"] for layer in found["layers"]} <= kinds


def test_a_comparison_in_print_shows_what_differs(monkeypatch):
    monkeypatch.chdir(ROOT)
    printed = run("examples/zoo/resnet50.net", "examples/zoo/resnet101.net").stdout
    assert re.search(r"\.\.\. \d+ equal", printed)
    assert len(re.findall(r"^ \+ ", printed, re.MULTILINE)) == 85
    assert "resnet50 needs less at every B: memory_inference, memory_training" in printed
    assert "params(resnet50) - params(resnet101) = " in printed


def test_set_holds_for_both_and_a_let_for_whom_has_it():
    one, other = "input 4x4x1 let n = 2 conv(n)k3 fc2", "input 4x4x1 conv8k3 fc2"
    found = json.loads(run("-e", one, "-e", other, "--set", "n=8", "--set", "B=3", "--json").stdout)
    assert found["networks"] == ["the first", "the second"]
    assert found["symbols"] == {"w": 1, "B": 3}
    assert {row["difference"] for row in found["quantities"].values()} == {0}


def test_in_a_notebook_a_comparison_is_a_table():
    one = netform.parse("input 4x4x1 conv8k3 fc2", "<one>")
    html = one.compare(netform.parse("input 4x4x1 fc2", "other"))._repr_html_()
    assert "<th>&lt;one&gt;</th>" in html
    assert "<td>macs</td><td>1,408</td><td>32</td><td>1,376</td><td>44</td>" in html


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["-e", "input 4x4x1 fc2"],
        ["-e", "input 4x4x1 fc2"] * 3,
        ["-e", "input 4x4x1 fc2", "-e", "input 4x4x1 fc3", "--set", "n=2"],
    ],
    ids=len,
)
def test_a_wrong_command_line_exits_with_2(words):
    result = run(*words)
    assert result.exit_code == 2
    assert "Usage: " in result.output


def test_help_teaches_by_example():
    printed = run("--help").stdout
    assert "netform compare examples/zoo/vgg16.net examples/zoo/resnet50.net" in printed
