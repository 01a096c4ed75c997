"""Ratios: what a change of symbols does to a quantity, exactly, in the limit, and why."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import assume, example, given, reject
from hypothesis import strategies as st
from sympy import Integer, Rational, limit, oo, symbols

import netform
from netform.dsl.costs.quantities import QUANTITIES
from netform.strategies import networks

EXAMPLES = Path(__file__).parents[2] / "examples"
CHANGES = {  # of x, as text and as a function
    "2*x": lambda x: 2 * x,
    "x/3": lambda x: x / 3,
    "x+7": lambda x: x + 7,
    "x*x+1": lambda x: x * x + 1,
}
w, B, R, n = symbols("w B R n")
quantities = st.sampled_from(list(QUANTITIES))


def refusal(call):
    with pytest.raises(netform.NetformError) as caught:
        call()
    return str(caught.value)


@st.composite
def changed_networks(draw):
    """A network, one of its symbols, a change of it, and the number that the symbol becomes."""
    network = draw(networks())
    symbol = draw(st.sampled_from(network.symbols))
    text, changed = draw(st.sampled_from(list(CHANGES.items())))
    return network, symbol, text.replace("x", symbol), changed(network.number(symbol))


@given(changed_networks(), quantities)
def test_the_ratio_times_the_original_is_the_changed(case, quantity):
    network, symbol, change, new = case
    try:
        if symbol in ("w", "B"):
            changed = network.at(**{symbol: new})[quantity]
        else:
            changed = network.having(**{symbol: new}).at()[quantity]
        ratio = network.ratio(quantity, **{symbol: change})
    except netform.NetformError:
        reject()
    original = network.at()[quantity]
    if ratio is None:
        assert original == changed == 0
        return
    assume(ratio.before)
    assert ratio.exact * original == changed
    numbers = {name: network.number(name) for name in network.symbols}
    at = {symbols(name): Rational(v.numerator, v.denominator) for name, v in numbers.items() if v}
    assert ratio.formula.subs(at) == ratio.exact


@given(changed_networks(), quantities)
def test_terms_and_layers_add_up_to_the_quantity(case, quantity):
    network, symbol, change, _ = case
    try:
        ratio = network.ratio(quantity, **{symbol: change})
    except netform.NetformError:
        reject()
    assume(ratio is not None)
    assert sum(term.before for term in ratio.terms) == ratio.before
    assert sum(term.after for term in ratio.terms) == ratio.after
    for term in ratio.terms:
        assert sum(term.layers.values()) == term.before


@given(networks(), quantities, st.sampled_from([Fraction(2), Fraction(1, 2), Fraction(3, 4)]))
def test_terms_scale_as_they_say(network, quantity, q):
    try:
        ratio = network.ratio(quantity, w=q)
    except netform.NetformError:
        reject()
    assume(ratio is not None and not ratio.formulas.algebra.roundings)
    for term in ratio.terms:
        assert term.after == term.before * Fraction(str(term.scale.subs(w, Rational(q))))


def test_the_limit_is_that_of_the_formula():
    network = netform.load(EXAMPLES / "zoo" / "resnet20_cifar.net")
    for change in ("n+1", "2*n", "3*n-1", "n*n"):
        ratio = network.ratio("macs", n=change)
        assert limit(ratio.formula.subs(w, 1), n, oo) == ratio.limit
    assert network.ratio("macs", w="5").limit == 25
    assert network.ratio("feature_maps", w="w*w").limit == oo


def test_twice_the_resolution_of_mobilenet():
    network = netform.load(EXAMPLES / "zoo" / "mobilenet_v1.net")
    ratio = network.ratio("macs", R="2*R")
    assert (ratio.before, ratio.after) == (568_740_352, 4 * (568_740_352 - 1_024_000) + 1_024_000)
    assert ratio.limit == 4
    assert [(term.scale, term.ratio) for term in ratio.terms] == [(R**2, 4), (1, 1)]
    assert ratio.terms[1].layers == {"fc1": 1_024_000}


def test_half_the_width_at_twice_the_resolution():
    network = netform.load(EXAMPLES / "zoo" / "mobilenet_v1.net")
    ratio = network.ratio("macs", R="2*R", w="1/2")
    assert {str(term.scale): term.ratio for term in ratio.terms} == {
        "R**2*w**2": 1,
        "R**2*w": 2,
        "w": Fraction(1, 2),
    }
    assert ratio.limit == 1


def test_a_symbol_without_a_number_gives_a_formula_and_a_limit():
    ratio = netform.parse("input RxRx3 conv8k3 gap fc2").ratio("macs", R="2*R")
    assert ratio.formula == (108 * R**2 + 2) / (27 * R**2 + 2)
    assert (ratio.exact, ratio.before, ratio.after, ratio.terms) == (None, None, None, ())
    assert ratio.limit == 4


def test_what_repeats_or_keeps_its_shape_does_not_depend_on_resolution():
    network = netform.load(EXAMPLES / "zoo" / "resnet50.net")
    assert network.ratio("params", R="2*R").formula == Integer(1)


def test_a_change_that_is_none_is_refused():
    network = netform.parse("input 8x8x1 let n = 2  conv4k3*(n) fc10")
    assert refusal(lambda: network.ratio("params", n=5)) == (
        "nothing changes\n    hint: write w=1/2, R=2*R or n=n+1"
    )
    assert refusal(lambda: network.ratio("params", n="n+m")) == (
        "no symbol of this network is called m\n    hint: write one of B, H, R, W, n, w"
    )
    assert refusal(lambda: network.ratio("params", n="floor(n/2)")) == (
        "a change is made of + - * /, but that of n rounds\n    hint: write w=1/2, R=2*R or n=n+1"
    )
    assert refusal(lambda: network.ratio("params", n="n+")) == (
        "change:1:5: a change makes an expression of a symbol, but the text ends\n"
        "\n"
        "    1 | n=n+\n"
        "            ^\n"
        "    hint: write w=1/2, R=2*R or n=n+1"
    )


def test_a_change_out_of_the_domain_names_the_layer():
    network = netform.load(EXAMPLES / "zoo" / "unet.net")
    assert (
        refusal(lambda: network.ratio("macs", R="R+8"))
        .splitlines()[0]
        .endswith("cat1 needs branches of one size, but floor(R/8) is 65 and 2*floor(R/16) is 64")
    )
    assert refusal(lambda: network.ratio("macs", w="1/128")).splitlines()[-1] == (
        "    hint: use a width that is a multiple of 1/64, or a rounding rule: floor, nearest or "
        "divisor8"
    )
    assert refusal(lambda: network.ratio("macs", B="1/2*B")) == (
        "B is a positive whole number, not 1/2\n    hint: write B=128"
    )


@example("HW", 1)
@example("WR", 5)
@given(st.text("HWRn", min_size=1, max_size=4), st.integers(1, 24))
def test_a_let_may_have_any_name_and_is_not_taken_for_an_extent(name, eighths):
    """Only H, W and R are whole: floor(4*x + 1/2) is not 4*x for a let x."""
    assume(name not in ("H", "W", "R"))
    value = Rational(eighths, 8)
    network = netform.parse(f"input 8x8x1 let {name} = {value} conv(floor(4*{name}+1/2)+3)k3! fc10")
    ratio = network.ratio("params", changes={name: f"2*{name}"})
    changed = network.having(**{name: 2 * value})
    assert ratio.exact == Rational(changed.at().params, network.at().params)
    assert ratio.formula.subs({name: value}) == ratio.exact


@pytest.mark.parametrize(
    ("change", "place"), [("n/0", "0"), ("n/B", "B"), ("2*(n/(1-1))", "1-1"), ("n+w/(w-w)", "w-w")]
)
def test_an_error_in_a_change_shows_the_change(change, place):
    network = netform.parse("input 8x8x3 let n = 2 conv(n)k3 fc10")
    with pytest.raises(netform.NetformError) as caught:
        network.ratio("params", changes={"n": change})
    found = caught.value
    assert found.source.text == f"n={change}"
    assert found.source.text[found.span.start : found.span.end] == place
