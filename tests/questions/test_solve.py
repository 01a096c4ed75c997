"""The largest value inside a budget: its certificate holds, and brute force finds the same."""

import re
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sympy import Rational

import netform
from netform.dsl.algebra.periodic_sets import PeriodicSet, PeriodTooLongError
from netform.dsl.algebra.polynomials import Algebra
from netform.dsl.algebra.progressions import Progression
from netform.dsl.algebra.sign_intervals import RING, K, signs
from netform.dsl.algebra.units import read_bytes
from netform.dsl.questions.claims import read_claim
from netform.strategies import networks
from support.commands import json_of, netform_command
from support.examples import FEW

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
        assert not kept or (relation in ("<=", "<") and max(figures) in kept)
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


def solved(network, claim, symbol, figures, **options):
    """The solution, or None where there is no largest or no value at all."""
    try:
        return network.solve(claim, symbol, **options)
    except netform.NetformError as error:
        if error.message.startswith(f"{claim.split()[0]} "):  # "... are 5 at every w"
            assert len(set(figures.values())) == 1
            assume(False)
        assert error.message.startswith(f"no {symbol} ")
        return None


@given(networks(), quantities, relations, st.data())
@FEW
def test_brute_force_finds_the_same(network, quantity, relation, data):
    symbol = data.draw(st.sampled_from(network.symbols))
    step = Fraction(1, data.draw(st.sampled_from([1, 2, 4, 12]))) if symbol == "w" else Fraction(1)
    if symbol == "B":
        quantity = "memory_training"
    figures = brute_force(network, quantity, symbol, step, network.train.optimizer)
    assume(len(figures) > 2)
    try:
        network.in_symbols((symbol,))
    except netform.NetformError:  # for example a let that is a kernel
        assume(False)
    budget = data.draw(st.sampled_from(list(figures.values()))) + data.draw(st.integers(-1, 1))
    assume(budget >= 0)
    unit = " B" if quantity.startswith("memory_") else ""
    found = solved(network, f"{quantity} {relation} {budget}{unit}", symbol, figures, step=step)
    check_against(figures, found, quantity, relation, budget)


@pytest.mark.parametrize("relation", ["<=", "<", ">=", ">"])
@pytest.mark.parametrize(
    "text",
    [
        "input RxRx2 conv3k3v pool2 conv4k3s2 pool3s2 gap fc2",
        "input RxRx2 cat[pool2 up2 | conv3k3] crop1 conv2k1",
        "input RxRx2 cat[pool2 cat[pool3 up3] up2] conv2k3",
        "input RxRx2 cat[pool2 up2 | pool3 up3] conv2k3v",
        "input 8x8x2 let n = 3 conv(ceil(n/3))k3 conv(floor(n/2) + 1)k1",
        "input 8x8x2 let n = 3 conv(round8(5*n))k3 conv(8*n - 8*floor(n/2) + 2)k1",
        "input 8x8x2 let n = 3 conv(n)k3 conv(40 - n)k3",
        "input 8x8x2 let n = 3 conv(n*n - 10*n + 30)k1",
        "input 8x8x2 let n = 6 conv(n/2)k1 cat[conv(n/3 + 1)k1]",
        "input 8x8x2 let n = 5 conv4k1! add[conv(n*n - 20*n + 79)k1!]",
    ],
)
def test_brute_force_finds_the_same_at_every_budget(text, relation):
    """Of networks whose sizes have gaps, whose costs fall now and then, or that come to an end."""
    network = netform.parse(text)
    symbol = "n" if "n" in network.symbols else "R"
    figures = brute_force(network, "macs", symbol, Fraction(1))
    for budget in sorted({f + d for f in figures.values() for d in (-1, 0, 1)}):
        found = solved(network, f"macs {relation} {budget}", symbol, figures)
        check_against(figures, found, "macs", relation, budget)


small = st.integers(-5, 5)
rationals = st.builds(Fraction, st.integers(-6, 6), st.sampled_from([1, 1, 2, 3, 4]))


@st.composite
def courses(draw):
    """Polynomials in a symbol and in roundings of it, and of roundings, along the symbol."""
    algebra = Algebra(("n",), 4)
    letters = [algebra.symbol("n")]

    def poly():
        found = algebra.constant(draw(rationals))
        for _ in range(draw(st.integers(1, 3))):
            term = algebra.constant(draw(rationals))
            for letter in draw(st.lists(st.sampled_from(letters), min_size=1, max_size=2)):
                term *= letter
            found += term
        return found

    for _ in range(draw(st.integers(0, 2))):
        letters.append(algebra.rounded(draw(st.sampled_from(["floor", "ceil"])), poly()))
    if draw(st.booleans()):
        slope = algebra.constant(Fraction(draw(st.integers(1, 9)), draw(st.integers(1, 3))))
        letters.append(algebra.rounded("round8", letters[0] * slope))
    found = poly()
    return Progression(algebra, "n", Fraction(1, draw(st.integers(1, 3))), {}), found


@given(courses(), st.sampled_from([{-1}, {-1, 0}, {0}, {0, 1}, {1}]))
def test_signs_along_a_course_are_those_at_each_number(drawn, wanted):
    progression, poly = drawn
    poly = progression.restricted(poly)
    try:
        found = progression.where(poly, wanted)
    except PeriodTooLongError:
        assume(False)
    whole = progression.whole(poly)
    for n in (*range(1, 150), 10**9 + 7):
        value = progression.value(poly, n)
        assert (n in found) == (((value > 0) - (value < 0)) in wanted)
        assert (n in whole) == (value.denominator == 1)


@given(courses())
def test_what_is_known_to_rise_rises(drawn):
    progression, poly = drawn
    poly = progression.restricted(poly)
    for least in (1, 7):
        if progression.is_rising(poly, least):
            values = [progression.value(poly, n) for n in range(least, 200)]
            assert values == sorted(values)


@given(courses(), st.integers(1, 3), st.integers(0, 2), st.integers(1, 80))
def test_the_least_is_the_least(drawn, period, residue, last):
    progression, poly = drawn
    poly = progression.restricted(poly)
    among = PeriodicSet(period, {residue % period: ((1, last + period),)})
    numbers = [n for n in range(1, last + period + 1) if n in among]
    assume(numbers)
    try:
        steps, value = progression.least(poly, among)
    except PeriodTooLongError:
        assume(False)
    assert steps in numbers
    assert value == min(progression.value(poly, n) for n in numbers)


@given(st.lists(small, min_size=1, max_size=5), st.lists(st.integers(0, 40), max_size=3))
def test_signs_of_a_polynomial(coefficients, roots):
    poly = sum((RING.constant(c) * K**i for i, c in enumerate(coefficients)), RING.zero)
    for root in roots:
        poly *= K - root
    runs = list(signs(poly))
    assert [first for first, _, _ in runs] == [0, *(last + 1 for _, last, _ in runs[:-1])]
    assert runs[-1][1] is None
    for first, last, sign in runs:
        for k in {first, first + 1, (first + (last or first + 99)) // 2, last or first + 10**6}:
            if last is None or k <= last:
                value = poly.compose([(K, k)]).constant
                assert (value > 0) - (value < 0) == sign


runs_of_numbers = st.lists(
    st.tuples(st.integers(1, 40), st.none() | st.integers(1, 60)), max_size=3
).map(tuple)
sets = st.integers(1, 6).flatmap(
    lambda period: st.dictionaries(st.integers(0, period - 1), runs_of_numbers).map(
        lambda runs: PeriodicSet(
            period,
            {
                r: tuple((a, b) for a, b in found if b is None or a <= b)
                for r, found in runs.items()
            },
        )
    )
)


@given(sets, sets, st.integers(0, 90))
def test_sets_of_numbers(one, other, number):
    both = one & other
    inside = [n for n in range(1, 200) if n in one and n in other]
    assert [n for n in range(1, 200) if n in both] == inside
    assert both.after(number) == next((n for n in inside if n > number), None)
    assert both.last(number) == next((n for n in reversed(inside) if n <= number), None)
    assert both.is_endless == any(n > 150 for n in inside)


def cifar_params(w):
    """The network of seeds A, counted by hand: 3x3 filters, biases, two fully connected."""
    channels = [3, 32 * w, 64 * w, 128 * w, 128 * w]
    convolutions = sum(9 * a * b + b for a, b in pairwise(channels))
    inputs, hidden = 16 * channels[-1], 1024 * w
    return convolutions + inputs * hidden + hidden + hidden * 10 + 10


def test_the_widest_network_inside_500_000_parameters():
    found = netform.load(CIFAR).solve("params <= 500k", symbol="w")
    assert cifar_params(1) == 2_349_258
    assert (found.value, found.next_value) == (Rational(7, 16), Rational(15, 32))
    assert found.certificate == (
        cifar_params(Fraction(7, 16)),
        500_000,
        cifar_params(Fraction(15, 32)),
    )
    assert str(found) == ("params(w = 7/16) = 452,742 <= 500,000 < params(w = 15/32) = 519,310")


def test_the_largest_batch_of_vgg_16_in_12_gib():
    """By the published sums: 15,237,608 values an image, 138,357,544 parameters."""
    fixed, image = 138_357_544 * 4 * 4, (2 * 15_237_608 - 224 * 224 * 3) * 4
    found = netform.load("examples/vgg16.net").solve("memory <= 12 GiB", "B", optimizer="adam")
    assert found.value == (12 * 2**30 - fixed) // image
    assert found.at == fixed + image * found.value
    assert found.next == found.at + image
    sgd = netform.load("examples/vgg16.net").solve("memory <= 12 GiB", "B", optimizer="sgd")
    assert sgd.value == (12 * 2**30 - fixed // 2) // image


def test_the_largest_batch_of_seeds_a_on_a_card_of_11_gb():
    """169,994 values an image, of which 3,072 are the image, and 2,349,258 parameters."""
    fixed, image = 2_349_258 * 4 * 4, (2 * 169_994 - 3_072) * 4
    found = netform.load(CIFAR).solve("memory <= 11 GB", "B")
    assert found.value == (11 * 10**9 - fixed) // image


def test_sizes_stay_where_the_network_exists():
    unet = netform.load("examples/zoo/unet.net").solve("macs <= 10G", "R")
    assert (unet.value, unet.next_value) == (112, 128)
    inception = netform.load("examples/zoo/inception_v3.net")
    assert inception.solve("macs > 0", "R").value == 75
    valid = netform.parse("input 28x28x1 conv1k5v").solve("feature_maps <= 1000", "R")
    assert valid.at == valid.value**2 + (valid.value - 4) ** 2
    assert valid.next == (valid.value + 1) ** 2 + (valid.value - 3) ** 2 > 1000


def test_channels_that_are_rounded_need_a_step():
    network = netform.parse(MOBILENET)
    for step in ("1/20", "1/1000", "1/999999999999"):
        found = network.solve("trainable <= 1M", "w", step=step)
        assert found.value.q <= Fraction(step).denominator
        assert network.at(w=found.value).trainable == found.at <= 1_000_000
        assert network.at(w=found.next_value).trainable == found.next > 1_000_000
    assert (
        netform.load("examples/zoo/mobilenet_v1.net").solve("trainable >= 4,231,976", "w").value
        == 1
    )


def test_a_step_joins_that_of_the_channels():
    network = netform.load(CIFAR)
    assert network.solve("params <= 500k", "w", step="1/20").value == Rational(1, 4)
    assert network.solve("params <= 500k", "w", step="1/20").step == Fraction(1, 4)
    assert network.solve("memory <= 11 GiB", "B", step=64).value == 8704


def test_other_symbols_are_fixed():
    network = netform.parse("input RxRx3 let n = 4 conv(n)k3 conv(2*n)k3 gap fc10")
    found = network.solve("macs <= 1M", "n", R=32, w="1/2")
    macs = lambda n: 32 * 32 * 9 * (3 * n // 2 + n // 2 * n) + n * 10  # noqa: E731
    assert found.value == max(n for n in range(2, 100, 2) if macs(n) <= 1_000_000)
    assert found.at == macs(found.value)
    with pytest.raises(netform.NetformError, match="R has no value"):
        network.solve("macs <= 1M", "n")


GIB = 2**30


@pytest.mark.parametrize(
    ("claim", "budget"),
    [
        ("params <= 500k", 500_000),
        ("params <= 500K params", 500_000),
        ("params<=500,000", 500_000),
        ("  params  <=  500 thousand  ", 500_000),
        ("params ≤ 1.5M", 1_500_000),
        ("params <= 1.5 million parameters", 1_500_000),
        ("params <= 7B", 7_000_000_000),
        ("params <= 0.0000015M", Fraction(3, 2)),
        ("biases < 0", 0),
        ("macs <= 569 MMACs", 569_000_000),
        ("macs <= 569 M", 569_000_000),
        ("macs <= 0.569 GMACs", 569_000_000),
        ("macs <= 2 multiply-adds", 2),
        ("train_macs <= 1 TMAC", 10**12),
        ("flops <= 2 GFLOPs", 2_000_000_000),
        ("flops <= 2 gigaflops", None),
        ("flops <= 2e9", 2_000_000_000),
        ("flops <= 2.5E3 FLOPS", 2_500),
        ("flops <= 25e-1", Fraction(5, 2)),
        ("memory <= 11 GiB", 11 * GIB),
        ("memory <= 11GiB", 11 * GIB),
        ("memory <= 11gib", 11 * GIB),
        ("memory <= 11 GB", 11_000_000_000),
        ("memory <= 11gb", 11_000_000_000),
        ("memory <= 3.5 GiB", 7 * GIB // 2),
        ("memory <= 512 MiB", 512 * 2**20),
        ("memory <= 64 kB", 64_000),
        ("memory <= 64 KiB", 65_536),
        ("memory <= 1000 B", 1000),
        ("memory <= 1000 bytes", 1000),
        ("memory <= 1,000 B", 1000),
        ("memory_inference <= 2 TB", 2 * 10**12),
    ],
)
def test_budgets_are_exact(claim, budget):
    if budget is None:
        with pytest.raises(netform.NetformError):
            read_claim(claim)
    else:
        assert read_claim(claim).budget == budget


def test_memory_is_a_training_step_with_the_networks_own_optimizer():
    claim = read_claim("memory >= 1 GB")
    assert (claim.quantity.name, claim.relation) == ("memory_training", ">=")
    assert read_bytes("11GB") == 11 * 10**9
    text = "input 8x8x1 train opt=sgd conv4k3 fc10"
    network = netform.parse(text)
    found = network.solve("memory <= 1 MiB", "B")
    assert (found.optimizer, found.dtype) == ("sgd", "float32")
    assert found.at == network.at(B=found.value).memory("training", optimizer="sgd")


BLOCKS = (Path(__file__).parents[1] / "fixtures" / "claims.txt").read_text(encoding="utf-8")
CASES = re.findall(r"^> (\w+): (.*)\n((?:(?!> ).*\n)+)", BLOCKS, re.MULTILINE)


@pytest.mark.parametrize(("symbol", "claim", "error"), CASES, ids=[case[1] for case in CASES])
def test_the_whole_error_of_a_claim(symbol, claim, error):
    with pytest.raises(netform.NetformError) as caught:
        netform.load(CIFAR).solve(claim, symbol)
    assert str(caught.value) == error.rstrip("\n")


words = st.sampled_from(
    ["params", "memory", "macs", "<=", ">=", "<", "=", "5", "1e9", "500", ",", ".", "k", "M", "Gi"]
    + ["B", "GFLOPs", "MACs", " ", "-", "%"]
)


@given(st.text() | st.lists(words).map("".join) | st.lists(words).map(" ".join))
def test_any_text_is_a_claim_or_an_error(text):
    try:
        assert read_claim(text).budget >= 0
    except netform.NetformError as error:
        assert "hint: " in str(error)


def test_there_are_many_wrong_claims():
    assert len(CASES) == BLOCKS.count("\n    hint: ") > 24


PARITY = "input 8x8x1 let n = 4 conv(n - 2*floor(n/2) + 1)k3 fc1"  # 1 or 2 channels


@pytest.mark.parametrize(
    ("text", "claim", "options", "error"),
    [
        (
            PARITY,
            "params <= 100",
            {"symbol": "n"},
            "no n is the largest: params <= 100 holds for n without end\n"
            "    hint: ask for the smallest value that reaches a figure: params >= ...",
        ),
        (
            PARITY,
            "params <= 1000",
            {"symbol": "n"},
            "no n is the largest: params <= 1,000 holds for every n from 1 on\n"
            "    hint: ask for the smallest value that reaches a figure: params >= ...",
        ),
        (
            PARITY,
            "params > 149",
            {"symbol": "n"},
            "no n keeps params > 149: even at n = 1 params are 149\n"
            "    hint: give a smaller budget",
        ),
        (
            "input 8x8x1 let n = 9 conv(60000*n - floor(n/10007))k3",
            "params <= 1M",
            {"symbol": "n"},
            "the n at which this network exists repeat too rarely to look at every case\n"
            "    hint: look at fewer values: give n a larger --step",
        ),
        (
            "input 8x8x1 let n = 9 conv(20000 - n)k1 conv(floor(n/10007) + 1)k1!",
            "params <= 10k",
            {"symbol": "n"},
            "params are not known to rise with n, since it has -n*w*floor(n/10007) - 3*n*w, and "
            "the roundings repeat too rarely to look at every case\n"
            "    hint: look at fewer values: give n a larger --step",
        ),
        (
            "input RxRx3 cat[conv3k2v pad1 | pool2 up2] fc2",
            "macs <= 100",
            {"symbol": "R"},
            "<text>:1:13: cat1 needs branches of one size, but R + 1 is 5041 and 2*floor(R/2) is "
            "5040\n\n"
            "    1 | input RxRx3 cat[conv3k2v pad1 | pool2 up2] fc2\n"
            "                                 ^^^^ (R + 1)x(R + 1)x3*w\n"
            "    1 | input RxRx3 cat[conv3k2v pad1 | pool2 up2] fc2\n"
            "                                              ^^^ 2*floor(R/2)x2*floor(R/2)x3\n"
            "    hint: there is no such R",
        ),
        (
            MOBILENET,
            "params <= 1M",
            {"symbol": "w"},
            "the widths of this network have no known step, since its channels are rounded, or no "
            "multiples of w\n"
            "    hint: give a step, such as all multiples of 1/20: --step 1/20",
        ),
        (
            PARITY,
            "params <= 1M",
            {"symbol": "n", "step": 0},
            "a step is a positive number, not 0\n    hint: write for example 1/20",
        ),
        (
            PARITY,
            "macs <= 1M",
            {"symbol": "R", "step": "1/2"},
            "R is a whole number, so its step is not 1/2\n    hint: give a whole step",
        ),
        (
            PARITY,
            "macs <= 1M",
            {"symbol": "R", "R": 3},
            "R is the unknown, so it has no value\n    hint: fix other symbols only",
        ),
        (
            PARITY,
            "memory <= 1M bytes",
            {"symbol": "w", "B": "1/2"},
            "B is a positive whole number, not 1/2\n    hint: write B=128",
        ),
        (
            PARITY,
            "params <= 5",
            {"symbol": "w", "n": 2},
            "no w keeps params <= 5: even at w = 1 params are 75\n    hint: give a larger budget",
        ),
    ],
)
def test_the_whole_error_where_there_is_no_answer(text, claim, options, error):
    with pytest.raises(netform.NetformError) as caught:
        netform.parse(text).solve(claim, **options)
    assert str(caught.value) == error


def test_solve_as_json():
    assert json_of("solve", CIFAR, "params <= 500000", "--for", "w") == {
        "for": "w",
        "value": "7/16",
        "at": 452_742,
        "next": 519_310,
        "budget": 500_000,
        "next_value": "15/32",
        "quantity": "params",
        "relation": "<=",
        "step": "1/32",
    }
    text = "input 8x8x1 let n = 4 conv(20 - n)k1 fc1"
    ends = json_of("solve", "-e", text, "params < 200.5", "--for", "n")
    assert (ends["value"], ends["next"], ends["next_value"]) == (19, None, None)
    assert ends["budget"] == "401/2"
    several = json_of("solve", "-e", text, "macs <= 1M", "params > 0", "--for", "R", "--set", "n=4")
    assert [answer["relation"] for answer in several] == ["<=", ">"]


def test_fit_as_json():
    fixed, image = 2_349_258 * 4, (2 * 169_994 - 3_072) * 2
    found = json_of(
        "fit", CIFAR, "--memory", "11GiB", "--dtype", "mixed_float16", "--optimizer", "sgd"
    )  # fmt: skip
    most = (11 * 2**30 - 2 * fixed) // image
    assert found == {
        "for": "B",
        "value": most,
        "at": 2 * fixed + image * most,
        "next": 2 * fixed + image * (most + 1),
        "budget": 11 * 2**30,
        "next_value": most + 1,
        "quantity": "memory_training",
        "relation": "<=",
        "step": 1,
        "dtype": "mixed_float16",
        "optimizer": "sgd",
        "copies": 0,
        "margin": "1/10",
        "with_margin": found["with_margin"],
        "multiple_of_8": found["multiple_of_8"],
        "power_of_two": found["power_of_two"],
    }
    safe = (11 * 2**30 * 9 // 10 - 2 * fixed) // image
    assert found["with_margin"]["value"] == safe
    assert found["multiple_of_8"] == safe - safe % 8
    assert found["power_of_two"] <= safe < 2 * found["power_of_two"]


def test_fit_on_a_card_with_a_slow_part():
    found = json_of("fit", CIFAR, "--device", "gtx970", "--inference", "--margin", "0")
    whole, fast = ((size * 2**20 - 2_349_258 * 4) // (169_994 * 4) for size in (4096, 4096 - 512))
    assert found["device"] == "GeForce GTX 970"
    assert (found["value"], found["fast"]["value"]) == (whole, fast)
    assert found["with_margin"]["value"] == whole
    assert found["quantity"] == "memory_inference"
    width = json_of("fit", CIFAR, "--memory", "64MiB", "--for", "w", "--set", "B=32")
    assert width["next"] > 64 * 2**20 >= width["at"]
    assert (width["multiple_of_8"], width["power_of_two"]) == (None, None)


def test_what_solve_and_fit_print():
    assert netform_command("solve", CIFAR, "params <= 500k", "--for", "w").stdout == (
        "w = 7/16\n    params(w = 7/16) = 452,742 <= 500,000 < params(w = 15/32) = 519,310\n"
    )
    text = "input 8x8x1 conv4k3 fc10"  # 2,610 parameters, 64 + 256 + 10 values an image
    printed = netform_command("fit", "-e", text, "--memory", "64kB").stdout
    assert printed == (
        "B = 9\n"
        "    memory_training(B = 9) = 63,216 <= 64,000 < memory_training(B = 10) = 65,600"
        "    (float32, adam)\n"
        "with 10 % left free: B = 6\n"
        "    memory_training(B = 6) = 56,064 <= 57,600 < memory_training(B = 7) = 58,448"
        "    (float32, adam)\n"
        "    a power of two: 4\n"
        "textbook memory of a training step in bytes; a driver and a framework take more, hence "
        "the margin\n"
    )
    tight = netform_command("fit", "-e", text, "--memory", "45kB").stdout
    assert "with 10 % left free: nothing fits\n" in tight


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["solve", CIFAR, "params <= 500k"], 2),
        (["solve", CIFAR, "--for", "w"], 2),
        (["solve", "--for", "w"], 2),
        (["solve", "-e", "input 8x8x1 fc1", "--for", "w"], 2),
        (["solve", CIFAR, "params <= 500k", "--for", "w", "--step", "0.1.2"], 2),
        (["fit", CIFAR], 2),
        (["fit", CIFAR, "--memory", "11G"], 2),
        (["fit", CIFAR, "--memory", "11GiB", "--device", "gtx970"], 2),
        (["fit", CIFAR, "--memory", "11GiB", "--margin", "100%"], 2),
        (["fit", CIFAR, "--memory", "11GiB", "--margin", "half"], 2),
        (["fit", CIFAR, "--memory", "11GiB", "--optimizer", "magic"], 2),
        (["solve", CIFAR, "params <= many", "--for", "w"], 1),
        (["solve", CIFAR, "params <= 5", "--for", "w"], 1),
        (["solve", CIFAR, "params <= 5", "--for", "q"], 1),
        (["solve", CIFAR, "params <= 1M", "--for", "w", "--set", "w=1/2"], 1),
        (["solve", "missing.net", "params <= 5", "--for", "w"], 1),
        (["fit", CIFAR, "--memory", "1MiB"], 1),
        (["fit", CIFAR, "--device", "gtx 971"], 1),
        (["fit", "missing.net", "--memory", "1MiB"], 1),
        (["devices", "a100"], 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_wrong_questions(words, code):
    result = netform_command(*words)
    assert (result.returncode, result.stdout) == (code, "")
    assert "Traceback" not in result.stderr
    assert ("Usage: " if code == 2 else "hint: ") in result.stderr


@pytest.mark.parametrize("command", ["solve", "fit", "devices"])
def test_help_shows_examples(command):
    printed = netform_command(command, "--help").stdout
    assert f"    netform {command}" in printed
    assert "--json" in printed
