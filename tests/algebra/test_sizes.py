"""The size of the input as a symbol: formulas for all sizes, and where they hold."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sympy import Symbol

import netform
from netform.dsl.algebra.floor_forms import Extent, Floor, value_of
from netform.dsl.algebra.floor_forms import Symbol as InputExtent
from netform.dsl.algebra.polynomials import Algebra
from netform.strategies import networks

STEPS = {"+": lambda n, k: n + k, "*": lambda n, k: n * k, "//": lambda n, k: n // k}
steps = st.lists(
    st.tuples(st.just("+"), st.integers(-9, 9))
    | st.tuples(st.sampled_from(["*", "//", "//"]), st.integers(1, 5)),
    max_size=10,
)


def after(found, n):
    for operator, number in found:
        n = STEPS[operator](n, number)
    return n


@given(steps)
def test_the_normal_form_is_the_arithmetic_step_by_step(found):
    extent = after(found, Extent(Algebra(("n",), 64), InputExtent("n")))
    for n in range(1, 301):
        assert value_of(extent, {"n": n}) == after(found, n)


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(1, 5)), max_size=8))
def test_a_chain_of_convolutions_is_one_floor(maps):
    """floor((n + a)/s) composes to the same form, however many there are."""
    extent = Extent(Algebra(("n",), 64), InputExtent("n"))
    for shift, stride in maps:
        extent = (extent + shift) // stride
    assert extent.factor == 1
    if isinstance(extent.base, Floor):
        assert isinstance(extent.base.base, InputExtent)
        assert extent.base.factor == 1


@given(steps, steps)
def test_equal_forms_are_equal_extents(one, other):
    """Two forms that agree everywhere are the same form, except for floors within floors."""
    first, second = (
        after(found, Extent(Algebra(("n",), 64), InputExtent("n"))) for found in (one, other)
    )
    agree = all(after(one, n) == after(other, n) for n in range(-400, 400))
    if first == second:
        assert agree
    elif agree:
        assert any(
            isinstance(e.base, Floor) and (isinstance(e.base.base, Floor) or e.base.factor > 1)
            for e in (first, second)
        )


@given(networks(), st.integers(1, 40), st.integers(1, 40))
def test_a_formula_at_a_size_is_the_network_of_that_size(network, height, width):
    try:
        there = network.at(H=height, W=width)
        formulas = {
            name: network.formula(name, free=["w", "B", "H", "W"])
            for name in ("params", "macs", "train_macs", "feature_maps", "memory_training")
        }
    except netform.NetformError:
        assume(False)
    point = {Symbol("w"): 1, Symbol("B"): 1, Symbol("H"): height, Symbol("W"): width}
    for name, formula in formulas.items():
        assert formula.subs(point) == there[name]


@given(networks(), st.integers(1, 40), st.integers(1, 40))
def test_the_domain_holds_exactly_the_sizes_that_build(network, height, width):
    """Beyond it the network of that size is refused, at the same layer."""
    try:
        network.formula("macs", free=["w", "B", "H", "W"])
    except netform.NetformError:
        assume(False)
    try:
        network.at(H=height, W=width)
        built = None
    except netform.NetformError as error:
        built = error
    try:
        network.check_values(H=height, W=width)
        assert built is None
    except netform.NetformError as error:
        assert built is not None
        assert error.span == built.span


@pytest.mark.parametrize(
    ("chain", "macs", "domain"),
    [
        ("conv4k3s2p1", "108*ceiling(R/2)**2", []),
        ("conv4k3v", "108*R**2 - 432*R + 432", ["R is at least 3"]),
        ("pool2 pool2 conv4k1", "12*floor(R/4)**2", ["R is at least 4"]),
        ("pool2 up2 conv4k1", "48*floor(R/2)**2", ["R is at least 2"]),
        ("up2 pool2 conv4k1", "12*R**2", []),
        ("cat[pool2 up2] conv4k1", "24*R**2", ["R is divisible by 2"]),
        ("cat[pool2 up2 | pool3 up3] gap conv4k1", "24", ["R mod 6 is 0 or 1", "R is at least 6"]),
        ("cat[conv3k3s2 | pool2] gap conv4k1", None, ["R is divisible by 2"]),
        ("pad1 cat[pool2 up2] conv4k1", "24*R**2 + 96*R + 96", ["R is divisible by 2"]),
        ("crop3 conv4k1", "12*R**2 - 144*R + 432", ["R is at least 7"]),
    ],
)
def test_sizes_worked_by_hand(chain, macs, domain):
    network = netform.parse(f"input RxRx3 {chain}")
    if macs is not None:
        assert str(network.formula("macs", free=["R"])) == macs
    assert network.domain(["R"]) == domain


def test_a_gate_between_two_branches_hides_no_condition():
    """The pool and the crop meet for one size only, whatever stands between them."""
    network = netform.parse("input RxRx3 mul[pool2 up2 | gap | conv3k1] fc2")
    assert network.domain(["R"]) == ["R is divisible by 2"]


def test_branches_that_never_meet_are_told():
    network = netform.parse("input RxRx3 cat[conv3k2v pad1 | pool2 up2] fc2")
    assert network.domain(["R"]) == ["there is no such R"]
    with pytest.raises(netform.NetformError, match=r"R \+ 1 is 9 and 2\*floor\(R/2\) is 8"):
        network.check_values(R=8)


def test_a_u_net_wants_sizes_divisible_by_16():
    text = (
        "def Two(n) [ conv(n)k3*2 ] def Level(n, f) [ Two(n) cat[pool2 f deconv(n)k2s2:-] Two(n) ]"
    )
    net = f"input 64x64x1 {text} Level(2, [Level(4, [Level(8, [Level(16, [Two(32)])])])]) conv2k1"
    network = netform.parse(net)
    assert network.domain(["H", "W"]) == ["H is divisible by 16", "W is divisible by 16"]
    with pytest.raises(netform.NetformError, match="needs branches of one shape"):
        network.at(H=72)


def test_mobilenets_formula_in_width_and_resolution():
    network = netform.parse(
        "input 224x224x3 post conv=bn.relu dw=bn.relu def S(n, s=1) [ dw3s(s) conv(n)k1 ] "
        "conv32k3s2 S(64) S(128, 2) S(128) S(256, 2) S(256) S(512, 2) S(512)*5 S(1024, 2) S(1024) "
        "gap fc1000"
    )
    w, q, R = Symbol("w"), Symbol("q", integer=True), Symbol("R")
    formula = network.formula("macs", free=["w", "R"]).subs(R, 32 * q)
    assert formula.expand() == 11010048 * q**2 * w**2 + 576000 * q**2 * w + 1024000 * w


def test_an_input_without_numbers_needs_one_for_what_is_counted():
    network = netform.parse("input RxRx3 conv4k3 pool2 conv8k3 gap fc2")
    assert network.formula("macs").free_symbols == {Symbol("w"), Symbol("R")}
    for ask in (network.at, network.table, lambda: network.aperture, network.emit):
        with pytest.raises(netform.NetformError, match="R has no value"):
            ask()
    assert (
        network.at(R=8).macs == netform.parse("input 8x8x3 conv4k3 pool2 conv8k3 gap fc2").at().macs
    )


def test_an_up_convolution_may_cut_all_but_one_pixel():
    """A pixel up-convolved by a kernel of 7 makes 7, of which p3 cuts 6."""
    layer = netform.parse("input 1x1x3 deconv4k7p3 fc2").layer("deconv1")
    assert layer.output.extents == (1, 1)
    with pytest.raises(netform.NetformError, match="p3 cuts 6 pixels off an up-convolved map of 6"):
        netform.parse("input 1x1x3 deconv4k6p3 fc2")
