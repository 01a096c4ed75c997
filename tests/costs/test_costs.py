"""Costs: formulas against numbers, the width rule, the post chain and bias rules."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sympy import Rational, Symbol

import netform
from netform.dsl.algebra.polynomials import value_at
from netform.dsl.costs.quantities import QUANTITIES
from netform.dsl.costs.totals import totals_of
from netform.dsl.graph.build import build
from netform.dsl.graph.width import Width
from netform.grammar import tree
from netform.strategies import networks

widths = st.integers(1, 4).map(Fraction) | st.builds(Fraction, st.integers(1, 6), st.integers(1, 4))


@given(networks(), widths, st.integers(1, 512))
def test_a_quantity_at_a_number_is_its_formula_evaluated_there(network, w, batch):
    try:
        figures = network.at(w, batch)
    except netform.NetformError:
        assume(False)
    values = {Symbol("w"): Rational(w), Symbol("B"): batch}
    for quantity in QUANTITIES:
        assert network.formula(quantity).subs(values) == figures[quantity]


@given(networks(), widths)
def test_a_formula_at_a_width_is_the_network_built_at_that_width(network, w):
    """Two roads to one number: evaluate the polynomial, or infer every layer with w a number."""
    try:
        network.check_width(w)
    except netform.NetformError:
        assume(False)
    built = build(network.program, Width(w))
    found, point = totals_of(built.layers), built.algebra.point({})
    for name, quantity in QUANTITIES.items():
        assert value_at(quantity.poly(found), point) == network.at(w)[name]


@given(networks())
def test_totals_are_the_sums_over_layers(network):
    figures = network.at()
    rows = figures.layers
    assert sum(row.params for row in rows) == figures.params
    assert sum(row.trainable for row in rows) == figures.trainable
    assert sum(row.macs for row in rows) == figures.macs
    assert sum(row.feature_map for row in rows) == figures.feature_maps
    assert figures.weights + figures.biases == figures.trainable
    assert figures.trainable + figures.non_trainable == figures.params


@given(networks(), st.builds(Fraction, st.integers(1, 30), st.integers(1, 20)))
def test_a_rounding_rule_makes_every_width_whole(network, w):
    """Nearest and floor never fail on channels, only where groups do not divide them."""
    assume("g" not in {m.letter for atom in written(network) for m in atom.modifiers})
    assume(
        not any(isinstance(item, tree.Merge) and item.op != "cat" for item in everything(network))
    )
    for rule in ("floor", "nearest"):
        assert network.at(w, rounding=rule).params >= 0


def everything(network):
    """All that is written in a network, in its blocks too."""
    definitions = network.program.definitions
    chains = [network.program.chain, *(definition.body.chain for definition in definitions)]
    return [item for chain in chains for item in tree.items(chain)]


def written(network):
    return [item for item in everything(network) if isinstance(item, tree.Atom)]


def test_divisor8_is_mobilenets_rule():
    network = netform.parse("input 8x8x3 conv32k3 conv24k3 fc10")
    outputs = [row.output[-1] for row in network.at("1/3", rounding="divisor8").layers]
    assert outputs == [3, 16, 16, 8, 8, 10]  # 32/3: 8 is below nine tenths of it; 24/3: 8
    assert network.at("1/3", rounding="nearest").layers[1].output[-1] == 11
    assert network.at("1/3", rounding="floor").layers[1].output[-1] == 10


def test_w_leaves_alone_what_the_rule_says():
    """The last weighted layer, fixed layers, literal expressions, and the input."""
    network = netform.parse("input 8x8x3 conv8k3 conv8k3! conv(4*w+2)k3 conv(2*c)k3 conv5k3 gap")
    w = network.layers[0].algebra.width
    channels = [layer.output.channels for layer in network.layers if not layer.is_post]
    assert channels == [3, 8 * w, 8, 4 * w + 2, 6, 5, 5]


def test_post_chains_and_biases():
    """Default, file, atom; no bias before a norm, unless asked for; logits stay bare."""
    text = "input 8x8x1 post conv=bn.relu {} conv4k3 conv4k3:relu conv4k3b1 dw3 fc5:bn fc3"
    rows = netform.parse(text.format("")).at().layers
    assert [row.name for row in rows if row.is_post] == [
        *("conv1.bn", "conv1.relu", "conv2.relu", "conv3.bn", "conv3.relu", "dw1.relu", "fc1.bn"),
    ]
    has_bias = {row.name: row.trainable % 4 == 0 for row in rows if row.op == "conv"}
    kinds: dict[str, Any] = {
        layer.name: layer.kind for layer in netform.parse(text.format("")).layers
    }
    assert {n: kinds[n].bias for n in has_bias} == {
        "conv1": False,
        "conv2": True,
        "conv3": True,
    }
    assert kinds["fc1"].bias
    bare = {layer.name: layer for layer in netform.parse(text.format("bias=0")).layers}
    assert [n for n, layer in bare.items() if getattr(layer.kind, "bias", False)] == ["conv3"]


@pytest.mark.parametrize(
    ("chain", "extent"),
    [
        ("conv4k3", 9),
        ("conv4k3s2", 5),
        ("conv4k3v", 7),
        ("conv4k3s2v", 4),
        ("conv4k3s2p1", 5),
        ("conv4k3d2v", 5),
        ("pool2", 4),
        ("pool3", 3),
        ("pool3s2", 5),
        ("pool3s2v", 4),
        ("pool3s2p1", 5),
        ("avg2s1", 9),
        ("up2", 18),
        ("deconv4k2s2", 18),
        ("deconv4k3s2v", 19),
        ("deconv4k4s2p1", 18),
        ("pad1", 11),
        ("crop1", 7),
        ("gap", 1),
    ],
)
def test_extents(chain, extent):
    assert netform.parse(f"input 9x9x2 {chain}").at().layers[1].output[:2] == (extent, extent)


def test_training_needs_no_gradient_of_the_image():
    """Both backward products cost a forward pass each; the first trained layer saves one."""
    network = netform.parse("input 8x8x1 conv4k3 fc10")
    first, second = 64 * 9 * 4, 64 * 4 * 10
    assert network.at().train_macs == 2 * first + 3 * second
    behind_a_norm = netform.parse("input 8x8x1 bn conv4k3 fc10")
    assert behind_a_norm.at().train_macs == 3 * first + 3 * second


def test_a_float_is_the_decimal_that_it_prints_as():
    network = netform.parse("input 8x8x1 conv10k3 fc10")
    for w in (0.1, 0.5, 1.5):
        assert network.at(w=w).params == network.at(w=str(w)).params
