"""Networks and their answers are pickled and copied, so that other processes may have them."""

import copy
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from operator import attrgetter

import pytest
from hypothesis import given

import netform
from netform.strategies import networks
from support.examples import FEW

LONG = "input 8x8x4 [conv4k3!:bn.relu]*600 fc10"
BRANCHED = (
    "input RxRx3 let R = 32 let n = 3 post conv=bn.relu def A(k) [ add[conv(k)k3 | conv(k)k1] ] "
    "conv8k3 ->tap A(ceil(w*16/3))*(n) cat[@tap | conv4k1]*(n) conv(floor(c/2))k3 gap fc10"
)
OPEN = "input HxWx3 conv8k3s2 cat[pool3s2 deconv4k2s2 | id] gap fc10"


def copies(thing):
    yield pickle.loads(pickle.dumps(thing))
    yield copy.deepcopy(thing)


def figures(network):
    return network.table().as_json(), [str(network.formula(q)) for q in ("params", "macs")]


@FEW
@given(networks())
def test_a_network_from_a_pickle_is_equal_and_gives_the_same_answers(network):
    for other in copies(network):
        assert other == network
        assert hash(other) == hash(network)
        assert (other.name, other.data, other.train) == (network.name, network.data, network.train)
        assert figures(other) == figures(network)
        assert [str(w) for w in other.warnings()] == [str(w) for w in network.warnings()]


@FEW
@given(networks())
def test_what_a_network_answers_is_the_same_from_a_pickle(network):
    table, evaluated, totals = network.table(), network.at(B=3), network.totals
    for other in copies(table):
        assert other.as_json() == table.as_json()
    for other in copies(evaluated):
        assert [other[q] for q in ("params", "macs")] == [evaluated[q] for q in ("params", "macs")]
        assert repr(other.layers) == repr(evaluated.layers)
    for other in copies(totals):
        assert (other.params, other.macs) == (totals.params, totals.macs)
    layer = network.layers[-1]
    for other in copies(layer):
        assert repr(other) == repr(layer)
        assert (other.params_poly, other.aperture) == (layer.params_poly, layer.aperture)


@pytest.mark.parametrize("text", [LONG, BRANCHED])
def test_answers_of_every_kind_are_pickled(text):
    network = netform.parse(text)
    small = netform.parse("input 8x8x1 conv8k3 fc10", "small")
    solution = network.solve("memory <= 1TiB", symbol="B")
    comparison = network.compare(small)
    derivation = network.explain("params", layer="fc1")
    for ours in (solution, comparison, derivation):
        for other in copies(ours):
            assert str(other) == str(ours)
    assert all(other == solution for other in copies(solution))
    assert all(other.as_json() == comparison.as_json() for other in copies(comparison))
    grid = netform.grid(network, "memory", B=[1, 2])
    assert all((other.values == grid.values).all() for other in copies(grid))
    for ratio in (network.ratio("memory", B="2*B"), network.ratio("macs", R="2*R")):
        for other in copies(ratio):
            assert other.as_json() == ratio.as_json()
            assert other.formula == ratio.formula


def test_formulas_with_roundings_are_the_same_from_a_pickle():
    network = netform.parse(OPEN)
    ratio = network.ratio("macs", H="2*H", w="1/2")
    needs = network.in_symbols().needs  # takes letters for roundings
    formulas = pickle.loads(pickle.dumps(network.in_symbols()))
    assert formulas.needs == needs
    assert formulas.domain(("H", "W")) == network.domain(("H", "W"))
    for other in copies(ratio):
        assert (other.formula, other.limit) == (ratio.formula, ratio.limit)
        assert other.formulas.layers[0] is other.formulas.graph.layers[0]


def test_layers_of_one_pickle_are_those_of_one_network():
    network = netform.parse(LONG)
    first, last, graph = pickle.loads(
        pickle.dumps((network.layers[1], network.layers[-1], network.in_symbols().graph))
    )
    assert first is graph.layers[1]
    assert last is graph.layers[-1]


def test_brackets_as_deep_as_may_be_are_pickled():
    parts = ("add[", "conv3k3", "]", 99), ("[", "conv3k3", "]*1", 49), ("[", "A(99)", "]", 97)
    for opening, inside, closing, depth in parts:
        chain = opening * depth + inside + closing * depth
        network = netform.parse(f"input 8x8x3 def A(n) [ conv(n)k3 ] {chain} fc10")
        for other in copies(network):
            assert other == network


def test_files_that_a_network_uses_come_with_it(tmp_path):
    (tmp_path / "blocks.net").write_text("let k = 8\ndef A(n) [ conv(n)k3 conv(k)k1 ]")
    (tmp_path / "whole.net").write_text('input 8x8x3 use "blocks.net" A(4) fc10')
    network = netform.load(tmp_path / "whole.net", root=tmp_path)
    pickled = pickle.dumps(network)
    (tmp_path / "blocks.net").unlink()
    assert figures(pickle.loads(pickled)) == figures(network)


def test_a_process_that_is_spawned_answers_the_same():
    network = netform.parse(BRANCHED)
    ratio = network.ratio("macs", R="2*R")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as pool:
        params = pool.submit(attrgetter("params"), network)
        formula = pool.submit(attrgetter("formula"), ratio)
        layers = list(pool.map(attrgetter("macs"), network.layers[-3:]))
        assert pool.submit(netform.show, network).result(60) == netform.show(network)
        assert (params.result(60), formula.result(60)) == (network.params, ratio.formula)
        assert layers == [layer.macs for layer in network.layers[-3:]]
