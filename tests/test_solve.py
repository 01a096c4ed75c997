"""The largest value inside a budget: its certificate holds, and brute force finds the same."""

import json
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sympy import QQ, Rational
from test_cli import json_of, netform_command

import netform
from netform.dsl.budget import read_bytes, read_claim
from netform.dsl.course import Course
from netform.dsl.polynomials import Algebra
from netform.dsl.residues import Residues
from netform.dsl.signs import RING, K, signs
from netform.strategies import networks

FAR = 60  # values that brute force tries

CIFAR = "examples/cifar_vgg.net"
MOBILENET = (
    "input 224x224x3 post conv=bn.relu6 dw=bn.relu6 "
    "def S(n, s=1) [ dw3s(s) conv(round8(n*w))k1 ] "
    "conv(round8(32*w))k3s2 S(64) S(128, 2) S(128) S(256, 2) S(256) S(512, 2) S(512)*5 "
    "S(1024, 2) S(1024) gap fc1000"
)


def brute_force(network, quantity, symbol, step, optimizer="adam"):
    """A quantity at every value of a symbol up to FAR steps at which the network exists.

    Each is the figure of a network built at that value alone.
    """
    figures = {}
    for number in range(1, FAR + 1):
        value = step * number
        try:
            there = network.at(**{symbol: value})
        except netform.NetformError:
            continue
        if quantity.startswith("memory_"):
            figures[value] = there.memory(quantity.removeprefix("memory_"), optimizer=optimizer)
        else:
            figures[value] = there[quantity]
    return figures


def check_against(figures, found, quantity, relation, budget):
    """That a solution, or the refusal None, is what figures up to FAR steps say."""
    holds = {
        "<=": lambda figure: figure <= budget,
        "<": lambda figure: figure < budget,
        ">=": lambda figure: figure >= budget,
        ">": lambda figure: figure > budget,
    }[relation]
    kept = [value for value, figure in figures.items() if holds(figure)]
    if found is None:
        assert not kept or relation in ("<=", "<") and max(figures) in kept
        return
    assert holds(found.at)
    assert found.next is None or not holds(found.next)
    values = sorted(figures)
    if found.value > values[-1]:
        assert relation in ("<=", "<") or not kept
        return
    best = max(kept) if relation in ("<=", "<") else min(kept)
    if relation in ("<=", "<") and found.next_value is not None:
        assert not any(value in kept for value in values if value >= found.next_value)
    assert found.value == best
    assert found.at == figures[best]
    place = values.index(best) + (1 if relation in ("<=", "<") else -1)
    if 0 <= place < len(values):
        assert found.next_value == values[place]
        assert found.next == figures[values[place]]
    elif place < 0:
        assert found.next_value is None


relations = st.sampled_from(["<=", "<", ">=", ">"])
quantities = st.sampled_from(
    ["params", "biases", "macs", "train_macs", "feature_maps", "memory_inference"]
)


def solved(network, claim, symbol, **options):
    """The solution, or None where there is no largest or no value at all."""
    try:
        return network.solve(claim, symbol, **options)
    except netform.NetformError as error:
        expected = ("no value", "no " + symbol, "this network exists at no")
        assume(error.message.startswith(expected))
        return None


@given(networks(), quantities, relations, st.data())
def test_brute_force_finds_the_same(network, quantity, relation, data):
    symbol = data.draw(st.sampled_from(network.symbols))
    step = Fraction(1, data.draw(st.sampled_from([1, 2, 4, 12]))) if symbol == "w" else Fraction(1)
    if symbol == "B":
        quantity = "memory_training"
    figures = brute_force(network, quantity, symbol, step)
    assume(len(figures) > 2)
    budget = data.draw(st.sampled_from(list(figures.values()))) + data.draw(st.integers(-1, 1))
    assume(budget >= 0)
    found = solved(network, f"{quantity} {relation} {budget}", symbol, step=step)
    check_against(figures, found, quantity, relation, budget)
