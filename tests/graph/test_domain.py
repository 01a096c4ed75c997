"""The domain is complete: every point of it builds, and every point outside is refused, by all."""

import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import netform
from netform.dsl.algebra.polynomials import value_at
from netform.dsl.costs.quantities import quantity_of
from netform.grammar import tree
from netform.strategies import networks
from support.examples import FEW

LARGEST = 20  # pixels a side
QUANTITIES = ("params", "macs", "feature_maps", "train_macs")

sizes = st.sampled_from([1, 2, 3, 4, 5, 8])
ends = st.sampled_from(
    [
        "conv2!k1",
        "conv2!k8v",
        "fc2!",
        "gap|conv2!k1",
        "gap|fc2!:sigmoid",
        "gap",
        "pool8",
        "avg8|conv2!k1",
        "flat",
        "id",
    ]
)
atoms = st.one_of(
    st.builds("conv2!k{}{}".format, sizes, st.sampled_from(["", "", "s2", "v", "p1", "s2v", "d2"])),
    st.builds("pool{}{}".format, sizes, st.sampled_from(["", "s2", "s1", "p1"])),
    st.builds("deconv2!k{}s2{}".format, st.integers(2, 4), st.sampled_from(["", "v", "p1"])),
    st.builds("crop{}".format, st.integers(1, 3)),
    st.sampled_from(
        ["up2", "pad1", "pad2", "avg2", "avg8", "gap", "dw3s2", "dw3v", "bn", "id", "fc2!", "flat"]
    ),
)


def parts(inner):
    """Merges and repeats of chains of what is given; branches often become single pixels."""
    chains = st.lists(inner, max_size=2).map(" ".join)
    branches = st.builds("{} {}".format, chains, ends.map(lambda end: end.replace("|", " ")))
    merges = st.builds(
        "{}[{}]".format,
        st.sampled_from(["add", "cat", "mul", "mul"]),
        st.lists(branches, min_size=1, max_size=3).map(" | ".join),
    )
    return merges | st.builds("[{}]*{}".format, chains.filter(bool), st.integers(0, 2))


@st.composite
def texts(draw):
    """A network whose input has free extents, and their symbols."""
    chain = draw(st.lists(st.recursive(atoms, parts, max_leaves=6), min_size=1, max_size=4))
    size, symbols = draw(st.sampled_from([("RxRx2", "R"), ("HxWx2", "HW"), ("Rx2", "R")]))
    return f"input {size} post last=0 {' '.join(chain)}", symbols


def built(text, values, w=1):
    """The network at a point, built from numbers alone; None where there is none."""
    try:
        return netform.parse(text, values=values).at(w=w)
    except netform.NetformError:
        return None


def exists(formulas, point):
    try:
        formulas.point({name: Fraction(value) for name, value in point.items()})
    except netform.NetformError:
        return False
    return True


def has_turned(formulas, figures):
    """Whether a branch multiplies the one that is larger in all large images, here a pixel."""
    there = {layer.name: layer for layer in figures.graph.layers}
    for layer in formulas.layers:
        if layer.op == "mul":
            areas = [branch.output.area for branch in there[layer.name].inputs]
            if areas[layer.kind.largest([b.output for b in layer.inputs])] != max(areas):
                return True
    return False


def is_in_words(words, symbol, value):
    """Whether the words on one symbol allow a value, read as a person would."""
    return all(
        any(_holds(clause.strip(), value) for clause in _clauses(sentence))
        for sentence in words
        if re.match(rf"(there is no such )?{symbol}\b", sentence)
    )


def _clauses(sentence):
    """The alternatives of a sentence, each with all of its demands."""
    return sentence.split(", or ")


def _holds(clause, value):
    return all(_demand(demand, value) for demand in clause.split(" and R ")) if clause else True


def _demand(demand, value):
    demand = demand.removeprefix("R ").replace("and R", "")
    if demand.startswith("there is no such"):
        return False
    if found := re.fullmatch(r"is divisible by (\d+)", demand):
        return value % int(found[1]) == 0
    if found := re.fullmatch(r"mod (\d+) is ([\d or]+)", demand):
        return value % int(found[1]) in map(int, found[2].split(" or "))
    if found := re.fullmatch(r"is at least (\d+)", demand):
        return value >= int(found[1])
    ranges = [part.split() for part in demand.removeprefix("is ").split(" or ")]
    return any(
        int(words[1]) <= value <= int(words[3]) if words[0] == "from" else value == int(words[0])
        for words in ranges
    )


@given(texts(), st.data())
@FEW
def test_a_free_size_exists_where_a_number_does(drawn, data):
    """And the formula is the figure there, and the words say it."""
    text, symbols = drawn
    if len(symbols) == 1:
        points = [{symbols: value} for value in range(1, LARGEST + 1)]
    else:
        side = st.integers(1, LARGEST)
        points = data.draw(
            st.lists(st.fixed_dictionaries(dict.fromkeys(symbols, side)), min_size=9)
        )
    try:
        formulas = netform.parse(text).in_symbols(symbols)
    except netform.NetformError:
        assert not any(built(text, point) for point in points)
        return
    words = formulas.domain(symbols)
    for point in points:
        figures = built(text, point)
        if figures and has_turned(formulas, figures):
            assert not exists(formulas, point)
            continue
        assert exists(formulas, point) == (figures is not None)
        if len(symbols) == 1 and not any("=" in sentence for sentence in words):
            assert is_in_words(words, symbols, point[symbols]) == (figures is not None)
        for name in QUANTITIES if figures else ():
            poly = formulas.poly(quantity_of(name))
            at = formulas.algebra.point({n: Fraction(v) for n, v in point.items()})
            assert value_at(poly, at) == figures[name]


def with_numbers(network, values):
    """The network with numbers in place of its input's size and its lets."""
    program = network.program
    sides = [values.get("R", s.value) for s in program.input.size[:-1]]
    size = tuple(tree.Number(Fraction(side)) for side in sides)
    lets = tuple(
        replace(let, value=tree.Number(values[let.name])) if let.name in values else let
        for let in program.lets
    )
    image = tree.Input((*size, program.input.size[-1]))
    return netform.Network(replace(program, input=image, lets=lets))


@given(networks(ranks=(1, 2, 3)), st.data())
@FEW
def test_a_point_of_all_symbols_exists_where_the_network_of_its_numbers_does(network, data):
    """At a width, a size and values of lets: for formulas, at, grid and the network written out."""
    is_square = len(set(network.program.input.size[:-1])) == 1
    lets = [let.name for let in network.program.lets]
    free = ["w", *(["R"] if is_square else []), *lets]
    try:
        formulas = network.in_symbols(free)
    except netform.NetformError:  # for example a let that is a kernel
        return
    drawn = st.fixed_dictionaries(
        {
            "w": st.sampled_from([Fraction(n) for n in ("1", "2", "1/2", "1/3", "3/2", "1/12")]),
            **({"R": st.integers(1, 24).map(Fraction)} if is_square else {}),
            **{
                name: st.sampled_from([*range(-1, 7), Fraction(1, 2)]).map(Fraction)
                for name in lets
            },
        }
    )
    for point in data.draw(st.lists(drawn, min_size=8, max_size=8)):
        others = {name: value for name, value in point.items() if name != "w"}
        try:
            figures = with_numbers(network, others).at(w=point["w"])
        except netform.NetformError:
            figures = None
        there = exists(formulas, point)
        assert there == (figures is not None), point
        grid: Any = netform.grid(
            network, "macs", {n: [v] for n, v in point.items()}, outside="mask"
        )
        assert grid.values.count() == there
        assert (at_or_none(network, point) is not None) == there
        if figures is not None:
            assert grid.values.item() == figures.macs == at_or_none(network, point).macs


def at_or_none(network, point):
    try:
        return network.at(point["w"], values={n: v for n, v in point.items() if n != "w"})
    except netform.NetformError:
        return None


@pytest.mark.parametrize(
    ("chain", "domain"),
    [
        ("conv4k3 pool8 mul[gap fc(c):sigmoid] conv8k3 gap fc10", "R is at least 8"),
        ("mul[pool8 | id]", "R is from 8 to 15"),
        ("mul[avg8 conv(c)k1:sigmoid] gap fc10", "R is from 8 to 15"),
        ("mul[conv3k8v | id]", "R is 8"),
        ("cat[gap | conv4k3] fc10", "R is 1"),
        ("cat[gap | fc4 | conv4k8v] fc10", "R is 8"),
        ("add[fc3 | pool4 conv3!k1] fc10", "R is from 4 to 7"),
        ("mul[pool2 up2 | id]", "R is divisible by 2"),
        ("add[conv3!k3 crop3 up2 | id] fc2", "R is 12"),
    ],
)
def test_domains_by_hand(chain, domain):
    network = netform.parse(f"input RxRx3 post last=0 {chain}")
    words = [sentence for sentence in network.domain(["R"]) if sentence.startswith("R ")]
    assert words == [domain]
    network.check_values(R=re.search(r"\d+", domain)[0])


def test_channels_that_depend_on_a_free_size_are_judged_at_its_number():
    network = netform.parse("input RxRx3 add[flat | fc48:-] fc10")
    assert (
        network.at(R=4).params == netform.parse("input 4x4x3 add[flat | fc48:-] fc10").at().params
    )
    with pytest.raises(netform.NetformError, match="needs equally many channels"):
        network.at(R=5)
