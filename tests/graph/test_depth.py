"""Depth as a symbol: formulas in the number of rounds, and where there is none."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import assume, given, reject
from hypothesis import strategies as st
from sympy import Rational, expand, symbols, sympify
from sympy import summation as sympy_sum

import netform
from netform import strategies
from netform.dsl.algebra.stated_formulas import expression
from netform.dsl.costs.quantities import QUANTITIES
from netform.dsl.graph.loops import power_sum
from netform.grammar import tree

ZOO = Path(__file__).parents[2] / "examples" / "zoo"
n, g = symbols("n g")


def refusal(text, free=("n",)):
    with pytest.raises(netform.NetformError) as caught:
        netform.parse(text).formula("params", free=free)
    return str(caught.value)


@st.composite
def counted(draw, part):
    """A part that repeats n times, a multiple of it, or some times more."""
    name = tree.Name("n")
    number = tree.Number(Fraction(draw(st.integers(1, 2))))
    count = draw(
        st.sampled_from(
            [name, tree.Operation("*", number, name), tree.Operation("+", name, number)]
        )
    )
    return tree.Repeat(tree.Group(part), count)


@st.composite
def growing(draw, depth=2):
    """A part that keeps its shape or adds channels, perhaps with such a part inside."""
    rank = 2
    inner = draw(st.lists(strategies.keeping(rank), max_size=2))
    kernel = (tree.Modifier("k", (tree.Number(Fraction(draw(st.sampled_from([1, 3])))),)),)
    match draw(st.integers(0, 4 if depth else 2)):
        case 0:
            end = tree.Atom("conv", (tree.Name("c"),), kernel)
            part = tree.Merge("add", ((*inner, replace(end, value=(tree.Name("c"),))),))
            if inner:
                return tree.Group((tree.Atom("bn"), tree.Atom("conv", (tree.Name("c"),), kernel)))
            return part
        case 1:
            size = tree.Operation("+", tree.Name("c"), tree.Number(Fraction(2)))
            return tree.Atom("conv", (size,), kernel)
        case 2:
            gate = (tree.Atom("gap"), tree.Atom("fc", (tree.Name("c"),)))
            return tree.Merge("mul", (gate,))
        case 3:
            return draw(counted((draw(growing(depth - 1)),)))
        case _:
            return tree.Merge("cat", ((*inner, tree.Atom("conv", (tree.Name("g"),), kernel)),))


@st.composite
def deep_networks(draw):
    """Networks whose parts repeat n times."""
    size = (*(draw(st.integers(1, 6)) for _ in range(2)), draw(st.integers(1, 3)))
    lets = (tree.Let("n", tree.Number(Fraction(1))), tree.Let("g", tree.Number(Fraction(3))))
    chain = []
    for _ in range(draw(st.integers(1, 3))):
        if draw(st.booleans()):
            chain.append(draw(strategies.keeping()))
        chain.append(draw(counted((draw(growing()),))))
    chain += [tree.Atom("gap"), tree.Atom("fc", (tree.Number(Fraction(2)),))]
    image = tree.Input(tuple(tree.Number(Fraction(side)) for side in size))
    try:
        return netform.Network(tree.Program(image, tuple(chain), lets=lets))
    except netform.NetformError:  # a gate leaves a vector of a map of one pixel
        reject()


@given(deep_networks(), st.integers(1, 4), st.integers(1, 3))
def test_formulas_in_depth_are_those_of_the_network_written_out(network, rounds, growth):
    written_out = network.having(n=rounds, g=growth)
    for quantity in QUANTITIES:
        formula = network.formula(quantity, free=["n", "g", "w", "B"])
        assert expand(formula.subs({n: rounds, g: growth})) == written_out.formula(quantity)


@given(strategies.networks(), st.integers(0, 3))
def test_any_network_whose_repeats_become_symbolic_keeps_its_formulas_or_is_refused(network, n):
    counts = [item.count for item in tree.items(network.program.chain) if is_repeat(item)]
    assume(counts)
    program = replace(
        network.program,
        chain=tuple(map(symbolic, network.program.chain)),
        lets=(*network.program.lets, tree.Let("depth_", tree.Number(Fraction(0)))),
    )
    deep = netform.Network(program)
    try:
        formulas = {q: deep.formula(q, free=["depth_"]) for q in QUANTITIES}
        written_out = deep.having(depth_=n)
        deep.check_values(depth_=n)
    except netform.NetformError:
        return
    for quantity, formula in formulas.items():
        assert formula.subs("depth_", n) == written_out.formula(quantity, free=[])


@given(deep_networks(), st.sampled_from(["params", "macs", "train_macs", "feature_maps"]))
def test_derivations_in_depth_say_what_the_formulas_say(network, quantity):
    free = ["n", "g", "w"]
    derivation = network.explain(quantity, free=free)
    assert expand(derivation.formula - network.formula(quantity, free=free)) == 0
    for layer in network.in_symbols(free).layers:
        for step in network.explain(quantity, layer.name, free=free).parts:
            assert expand(expression(step.substituted) - step.simplified) == 0


def is_repeat(item):
    return isinstance(item, tree.Repeat)


def symbolic(item):
    """The part with ``depth_`` more rounds wherever it repeats at the outermost level."""
    if not is_repeat(item):
        return item
    return replace(item, count=tree.Operation("+", item.count, tree.Name("depth_")))


@given(st.integers(0, 8), st.integers(0, 30))
def test_sums_of_powers(power, rounds):
    total = sum(c * rounds**i for i, c in enumerate(power_sum(power)))
    assert total == sum(j**power for j in range(rounds))


def test_sums_of_powers_are_those_of_sympy():
    j = symbols("j")
    for power in range(6):
        ours = sum(
            Rational(c.numerator, c.denominator) * n**i for i, c in enumerate(power_sum(power))
        )
        assert expand(sympy_sum(j**power, (j, 0, n - 1)) - ours) == 0


def test_resnets_for_cifar_by_their_depth():
    network = netform.load(ZOO / "resnet20_cifar.net")
    formula = network.formula("trainable", free=["n"])
    assert formula == 97216 * n - 21926
    assert formula.subs(n, 3) == 269_722
    assert formula.subs(n, 9) == 853_018 == netform.load(ZOO / "resnet56_cifar.net").at().trainable
    assert network.domain(["n"]) == ["n is a positive integer"]


def test_densenets_by_growth_and_depths():
    network = netform.load(ZOO / "densenet121.net")
    free = ["g", "n1", "n2", "n3", "n4"]
    formula = network.formula("trainable", free=free)
    depths = {"n1": 6, "n2": 12, "n3": 24, "n4": 16}
    known = sympify("(51957*g**2 + 326084*g + 192192)/8")
    assert expand(formula.subs(depths) - known) == 0
    published = {
        (6, 12, 24, 16, 32): 7_978_856,
        (6, 12, 32, 32, 32): 14_149_480,
        (6, 12, 48, 32, 32): 20_013_928,
        (6, 12, 36, 24, 48): None,  # DenseNet-161 begins with 96 channels
    }
    for (*numbers, growth), count in published.items():
        if count is not None:
            values = dict(zip(free, (growth, *numbers), strict=True))
            assert formula.subs(values) == count


def test_a_first_layer_that_repeats_needs_no_gradient_of_its_input_in_its_first_round_only():
    network = netform.parse("input 4x4x3 let n = 2  conv3k3!*(n) fc10")
    # 16 pixels, 81 weights a convolution, three products a round; then fc10 of 48 values
    first_round_s_third_product = 16 * 81
    formula = network.formula("train_macs", free=["n"])
    assert formula == 3 * 16 * 81 * n - first_round_s_third_product + 3 * 48 * 10
    assert network.domain(["n"]) == ["n is a positive integer"]


def test_a_count_may_have_several_symbols():
    network = netform.parse("input 4x4x2 let a = 1 let b = 2  conv8k3 conv8k3*(2*a*b+a) fc10")
    formula = network.formula("params", free=["a", "b"])
    assert expand(formula - sympify("584*(2*a*b + a) + 152 + 1290")) == 0
    assert network.domain(["a", "b"]) == ["2*a*b + a is an integer of at least 0"]


def test_a_part_that_changes_the_size_of_its_map_is_refused():
    assert refusal("input 8x8x1 let n = 2  [conv4k3 pool2]*(n) fc10") == (
        "<text>:1:24: a part that repeats a symbolic number of times keeps the size of its map, "
        "but 8x8x1 is the input of its first round and 4x4x4*w the output\n"
        "\n"
        "    1 | input 8x8x1 let n = 2  [conv4k3 pool2]*(n) fc10\n"
        "                               ^^^^^^^^^^^^^^^^^^^\n"
        "    hint: write what changes the size outside of it, or give the count a number"
    )


def test_a_part_that_multiplies_its_channels_is_refused():
    assert refusal("input 8x8x1 let n = 2  [conv(2*c)k3]*(n) fc10") == (
        "<text>:1:24: a part that repeats a symbolic number of times keeps its channels or adds a "
        "constant number of them, but of c channels it makes 2*c\n"
        "\n"
        "    1 | input 8x8x1 let n = 2  [conv(2*c)k3]*(n) fc10\n"
        "                               ^^^^^^^^^^^^^^^^^\n"
        "    hint: write the rounds out that differ, or give the count a number"
    )


def test_the_last_layer_with_weights_does_not_repeat_symbolically():
    assert refusal("input 8x8x1 let n = 2  conv4k3 conv4k3*(n) gap") == (
        "<text>:1:32: a part that repeats a symbolic number of times is followed by a layer with "
        "weights, but conv2 is the last that has any\n"
        "\n"
        "    1 | input 8x8x1 let n = 2  conv4k3 conv4k3*(n) gap\n"
        "                                       ^^^^^^^^^^^\n"
        "    hint: write the last round out, or give the count a number"
    )


def test_a_tap_does_not_leave_a_part_that_repeats_symbolically():
    assert refusal("input 8x8x1 let n = 2  [conv1k3 ->t relu]*(n) add[@t conv1k3] fc10") == (
        "<text>:1:51: ->t is a tensor of every round of a part that repeats a symbolic number of "
        "times\n"
        "\n"
        "    1 | input 8x8x1 let n = 2  [conv1k3 ->t relu]*(n) add[@t conv1k3] fc10\n"
        "                                                          ^^\n"
        "    hint: set the tap before or after that part, or give the count a number"
    )


def test_a_number_of_rounds_outside_of_the_domain_names_the_part():
    network = netform.parse("input 8x8x1 let n = 2  conv4k3 conv4k3*(n-1) fc10")
    with pytest.raises(netform.NetformError) as caught:
        network.check_values(n=0)
    assert str(caught.value) == (
        "<text>:1:32: loop1 needs a whole number of rounds of at least 0, but has n - 1 = -1\n"
        "\n"
        "    1 | input 8x8x1 let n = 2  conv4k3 conv4k3*(n-1) fc10\n"
        "                                       ^^^^^^^^^^^^^\n"
        "    hint: change the symbols in that number"
    )


def test_the_deepest_resnet_of_a_million_parameters():
    solution = netform.load(ZOO / "resnet20_cifar.net").solve("params <= 1M", symbol="n")
    assert (solution.value, solution.at, solution.next) == (10, 954_746, 1_052_410)


def test_roundings_of_other_symbols_leave_the_rounds_alone():
    network = netform.parse("input RxRx4 let n = 2 pool2 cat[conv2k3!]*(n) gap fc3")
    at = network.having(R=9, n=4).macs
    assert network.formula("macs", free=["n", "R"]).subs({"n": 4, "R": 9}) == at


def test_an_argument_that_depends_on_c_grows_with_the_rounds():
    head, tail = "input 8x8x3 let n = 3 def B(m) [ conv(m)k3:- ] conv8k3", "fc10"
    called = netform.parse(f"{head} [B(c+4)]*(n) {tail}")
    written = netform.parse(f"{head} [[conv(c+4)k3:-]]*(n) {tail}")
    assert called.formula("params", free=["n"]) == written.formula("params", free=["n"])
    assert called.formula("params", free=["n"]).subs("n", 3) == called.formula("params").subs(
        "w", 1
    )


def test_loops_inside_each_other_grow_together():
    text = "input 8x8x3 let n = 2 let m = 3 conv4k1 [[conv(c+2)k1:-]*(m) conv(c+1)k1:-]*(n) fc10"
    formula = netform.parse(text).formula("params", free=["n", "m"])
    for n, m in ((1, 1), (2, 3), (3, 2)):
        network = netform.parse(text.replace("n = 2", f"n = {n}").replace("m = 3", f"m = {m}"))
        assert formula.subs({"n": n, "m": m}) == network.at().params
