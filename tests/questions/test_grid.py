"""Grids: a formula at every point of a product of axes, exactly."""

import itertools
import subprocess
import sys
from fractions import Fraction

import numpy
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sympy import Rational

import netform
from netform.dsl.algebra.polynomials import value_at
from netform.dsl.costs.quantities import QUANTITIES
from netform.dsl.costs.totals import totals_of
from netform.dsl.graph.build import build
from netform.dsl.graph.domain.point_check import check_point
from netform.dsl.graph.width import Width
from netform.strategies import networks

ROUNDED = (
    "input RxRx3 let n = 4 let m = 5/2 conv(round8(w*m*n))k3 pool2 dw3 "
    "conv(floor(n*w/2 + m))k3s2 conv(ceil(w*n/3))k1 gap fc10"
)
whole = st.lists(st.integers(1, 9), min_size=1, max_size=4)
widths = st.lists(st.builds(Fraction, st.integers(1, 6), st.integers(1, 4)), min_size=1, max_size=4)


def figure(network, quantity, w=Fraction(1), B=1, **values):
    """The quantity of the network built with numbers alone; None where it cannot be built."""
    try:
        known = {name: Fraction(value) for name, value in values.items()}
        built = build(network.program, Width(Fraction(w)), {**network.values, **known})
        point = built.algebra.point({"B": Fraction(B)})
        check_point(built.conditions, point, built.algebra)
    except netform.NetformError:
        return None
    return value_at(QUANTITIES[quantity].poly(totals_of(built.layers)), point)


def points(axes):
    for found in itertools.product(*axes.values()):
        yield dict(zip(axes, found, strict=True))


@given(networks(), st.sampled_from(sorted(QUANTITIES)), st.data())
def test_a_grid_is_the_network_at_every_point_and_masks_where_there_is_none(
    network, quantity, data
):
    names = data.draw(st.permutations(["w", "B", *network.symbols[2:]]).map(lambda n: n[:3]))
    axes = {name: data.draw(widths if name == "w" else whole) for name in names}
    try:
        network.formula(quantity, free=["w", "B", *names])
    except netform.NetformError:
        assume(False)  # a let that is no count, a kernel say
    found = netform.grid(network, quantity, axes, outside="mask").values
    assert found.shape == tuple(map(len, axes.values()))
    for value, is_masked, point in zip(
        numpy.asarray(found.data).flat, numpy.ma.getmaskarray(found).flat, points(axes), strict=True
    ):
        assert (None if is_masked else value) == figure(network, quantity, **point)


@pytest.mark.parametrize("quantity", ["params", "macs", "memory_training"])
def test_letters_that_round_are_rounded_point_by_point(quantity):
    network = netform.parse(ROUNDED)
    thirds = [Fraction(i, 3) for i in range(1, 12)]
    axes = {"n": range(1, 20), "R": range(2, 9), "w": thirds, "m": [1, "7/3", Rational(21, 2)]}
    found = netform.grid(network, quantity, axes).values
    for value, point in zip(found.flat, points(axes), strict=True):
        assert value == figure(network, quantity, **point)
    assert len({int(value) for value in found.flat}) > 100


def test_a_published_network_at_a_hundred_points_of_a_million():
    network = netform.load("examples/zoo/resnet152.net")
    eighths = [Fraction(i, 64) for i in range(1, 1001)]
    found = netform.grid(network, "memory_training", B=range(1, 1001), w=eighths)
    assert found.values.dtype == "int64"
    assert found.values.shape == (1000, 1000)
    assert found.axes["w"][3] == Fraction(1, 16)
    for i, j in itertools.product(range(0, 1000, 111), repeat=2):
        there = network.at(w=eighths[j], B=i + 1)
        assert found.values[i, j] == there.memory("training")


def test_what_does_not_fit_into_64_bits_is_exact_all_the_same():
    network = netform.parse("input 1000x1000x1 conv1000k9 conv1000k9 fc1000")
    ten = [10**power for power in range(9)]
    found = netform.grid(network, "flops", w=ten).values
    assert found.dtype == object
    assert list(found) == [network.at(w=w).flops for w in ten]
    assert found[-1] > 2**63
    small = netform.grid(network, "flops", w=ten[:2]).values
    assert small.dtype == "int64"
    assert list(small) == list(found[:2])


def test_large_numerators_that_divide_out_stay_in_64_bits():
    """Widths over a denominator of 10^9: the squares exceed 64 bits, the figures do not."""
    network = netform.parse("input 4x4x1 conv1000000000k1 conv1000000000k1 fc1")
    fine = [Fraction(i, 10**9) for i in (1, 7, 12345)]
    found = netform.grid(network, "params", w=fine).values
    assert found.dtype == "int64"
    assert list(found) == [network.at(w=w).params for w in fine]


def test_an_axis_that_a_quantity_does_not_heed_repeats_it():
    network = netform.parse("input 8x8x1 conv4k3 fc10")
    found = netform.grid(network, "params", B=range(1, 4), w=[1, 2]).values
    assert found.tolist() == [[network.at(w=w).params for w in (1, 2)]] * 3
    found[0, 0] = 0  # and is its own array
    assert found[1, 0] == network.at().params


def test_memory_heeds_the_data_type_and_the_optimizer():
    network = netform.parse("input 8x8x1 conv4k3 fc10")
    found = netform.grid(network, "memory", B=[1, 7], dtype="mixed_float16", optimizer="sgd")
    assert found.quantity == "memory_training"
    assert found.values.tolist() == [
        network.at(B=B).memory("training", "mixed_float16", "sgd") for B in (1, 7)
    ]


def test_a_grid_tells_its_size():
    network = netform.parse("input 8x8x1 conv4k3 fc10")
    found = netform.grid(network, "macs", w=[1, 2], B=range(1, 6))
    assert repr(found) == "<macs in multiply-adds over w[2] x B[5], int64>"


@pytest.mark.parametrize(
    ("text", "axes", "error"),
    [
        (
            "input 8x8x1 conv4k3 fc10",
            {"B": [1, 2], "w": [1, "3/2", "1/3"]},
            "<text>:1:13: there is no network at B = 1, w = 1/3: conv1 needs a whole number of "
            "channels, but has 4*w = 4/3 at w = 1/3\n\n"
            "    1 | input 8x8x1 conv4k3 fc10\n"
            "                    ^^^^^^^\n"
            "    hint: use a width that is a multiple of 1/4, or a rounding rule: floor, nearest "
            "or divisor8; or leave such points out with outside='mask'",
        ),
        (
            "input RxRx1 add[pool2 up2] fc10",
            {"R": range(4, 9)},
            "<text>:1:13: there is no network at R = 5: add1 needs branches of one size, but R is "
            "5 and 2*floor(R/2) is 4\n\n"
            "    1 | input RxRx1 add[pool2 up2] fc10\n"
            "              ^^^^^ RxRx1\n"
            "    1 | input RxRx1 add[pool2 up2] fc10\n"
            "                              ^^^ 2*floor(R/2)x2*floor(R/2)x1\n"
            "    hint: R is divisible by 2; or leave such points out with outside='mask'",
        ),
        (
            "input 8x8x1 conv4k3 fc10",
            {"q": [1]},
            "no symbol of this network is called q\n    hint: write one of B, H, R, W, w",
        ),
        (
            "input 8x8x1 fc10",
            {"B": 5},
            "an axis is a list of numbers, but B is 5\n    hint: write B=[5]",
        ),
        ("input 8x8x1 fc10", {}, "a grid has an axis\n    hint: write for example B=[1, 2, 4]"),
        ("input 8x8x1 fc10", {"B": []}, "the axis B has no values\n    hint: write B=[1, 2]"),
        (
            "input 8x8x1 fc10",
            {"B": [1, "1/2"]},
            "B is a positive whole number, not 1/2\n    hint: write B=[1, 2]",
        ),
        (
            "input 8x8x1 fc10",
            {"w": [0]},
            "w is a positive number, not 0\n    hint: write w=[1, '1/2']",
        ),
        (
            "input 8x8x1 fc10",
            {"R": [2, 10**7]},
            "an input has at most 1,000,000 pixels a side, not 10,000,000\n"
            "    hint: write a smaller size",
        ),
        (
            "input 8x8x1 fc10",
            {"B": range(1, 10**5), "R": range(1, 10**4)},
            "a grid has at most 100,000,000 points, but this one has 999,890,001\n"
            "    hint: leave values out",
        ),
        (
            "input RxRx1 fc10",
            {"B": [1]},
            "<text>:1:7: R has no value\n\n    1 | input RxRx1 fc10\n              ^^^^^\n"
            "    hint: give one with --set R=224, or write let R = 224",
        ),
    ],
)
def test_errors_in_full(text, axes, error):
    with pytest.raises(netform.NetformError) as refused:
        netform.grid(netform.parse(text), "macs", axes)
    assert str(refused.value) == error


def test_equal_extents_are_not_taken_for_a_least_extent():
    """A window of 5 needs R >= 5, a branch of 5 pixels R = 5: both say 5 of the same extent."""
    network = netform.parse("input RxRx3 cat[conv3k1 | gap up5 | conv3k5v pad2]")
    found = netform.grid(network, "params", R=[4, 5, 6], outside="mask")
    assert numpy.ma.getmaskarray(found.values).tolist() == [True, False, True]
    with pytest.raises(netform.NetformError, match="there is no network at R = 6"):
        netform.grid(network, "params", R=[5, 6])


def test_floats_are_the_decimals_that_they_print_as():
    network = netform.parse("input 8x8x1 conv10k3 fc10")
    found = netform.grid(network, "macs", w=numpy.array([0.1, 0.3, 1]))
    assert found.axes["w"] == (Fraction(1, 10), Fraction(3, 10), 1)


def test_without_numpy_a_grid_says_what_to_install():
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "import netform; net = netform.parse('input 8x8x1 fc10')\n"
        "try: netform.grid(net, 'macs', B=[1])\n"
        "except netform.NetformError as error: print(error)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "a grid needs NumPy\n    hint: pip install 'netform[plot]'\n"
