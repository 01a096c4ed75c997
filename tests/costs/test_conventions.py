"""Conventions: the figures that tools print for published networks, and what each counts.

test_counters.py runs the counters of PyTorch themselves, in an environment of their own.
"""

import json
import math
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import Rational, Symbol, sympify

import netform
from netform.cli import cli
from netform.dsl.costs.conventions import CONVENTIONS, MULTIPLY_ADDS, OPERATIONS, Case, NotCounted
from netform.dsl.costs.conventions.law_variables import LAW_VARIABLES
from netform.dsl.kinds import ALL_KINDS, BY_OP
from netform.dsl.kinds.base.activation import Activation
from netform.strategies import networks
from support import keras_models

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


@pytest.fixture(autouse=True)
def _among_the_examples(monkeypatch):
    monkeypatch.chdir(EXAMPLES)


def zoo(name):
    return netform.load(Path("zoo") / f"{name}.net")


def count(network, convention, w=1):
    return sum(network.counts(convention, w))


# ---- what the tools print

RESNET_50 = {
    "macs": 4_089_184_256,
    "torchinfo": 4_089_238_376,
    "fvcore": 4_111_512_576,
    "ptflops-pytorch": 4_132_436_968,
    "ptflops-aten": 4_089_185_256,
    "thop": 4_133_742_592,
    "calflops": 8_211_108_352,
    "calflops-macs": 4_089_184_256,
    "torch": 8_178_368_512,
}


@pytest.mark.parametrize(("name", "figure"), RESNET_50.items())
def test_resnet_50_by_every_counter(name, figure):
    assert count(zoo("resnet50"), name) == figure


# Each printed for one image of 224x224 by torchinfo 1.8.0, fvcore 0.1.5.post20221221, ptflops
# 0.7.5, thop 0.1.1, calflops 0.3.2 and PyTorch 2.13.0, run on torchvision 0.28.0 in evaluation
# mode.
TOOLS = [
    "torch",
    "torchinfo",
    "fvcore",
    "ptflops-aten",
    "ptflops-pytorch",
    "thop",
    "calflops",
    "calflops-macs",
]
PRINTED = {
    "alexnet": (
        *(1428376960, 714682664, 714197696, 714682664, 716441128, 714206912),
        *(1429741184, 714188480),
    ),
    "vgg11": (
        *(15218180096, 7616525288, 7609115136, 7616525288, 7643686888, 7609140224),
        *(15239186944, 7609090048),
    ),
    "vgg13": (
        *(22616932352, 11320718312, 11308491264, 11320718312, 11357513704, 11308516352),
        *(22647572992, 11308466176),
    ),
    "vgg16": (
        *(30940528640, 15483821032, 15470289408, 15483821032, 15523225576, 15470314496),
        *(30973778432, 15470264320),
    ),
    "vgg19": (
        *(39264124928, 19646923752, 19632087552, 19646923752, 19688937448, 19632112640),
        *(39299983872, 19632062464),
    ),
    "googlenet_bn": (
        *(2996752384, 1498391752, 1504878688, 1498377192, 1513907448, 1511332032),
        *(3009356752, 1498376192),
    ),
    "resnet18": (
        *(3628146688, 1814083944, 1819065856, 1814074344, 1825313768, 1824033792),
        *(3636250112, 1814073344),
    ),
    "resnet34": (
        *(7327522816, 3663779432, 3671262720, 3663762408, 3680019432, 3678739456),
        *(7339389440, 3663761408),
    ),
    "resnet50": (
        *(8178368512, 4089238376, 4111512576, 4089185256, 4132436968, 4133742592),
        *(8211108352, 4089184256),
    ),
    "mobilenet_v2": (
        *(601548544, 300809384, 314193216, 300775272, 320300008, 327486720),
        *(614967488, 300774272),
    ),
}


def entering(network, op):
    """Values that enter each layer of an op."""
    values = {row.name: math.prod(row.output) for row in network.at().layers}
    return [values[layer.inputs[0].name] for layer in network.layers if layer.op == op]


def mean_of_every_pixel(network):
    """AdaptiveAvgPool2d before the first fc, which at 224x224 changes nothing."""
    values = entering(network, "fc")[0]
    return {"fvcore": values, "ptflops-pytorch": 2 * values, "thop": 2 * values, "calflops": values}


def relu_by_its_function(network):
    """F.relu, which ptflops counts once, where it counts the module nn.ReLU twice."""
    return {"ptflops-pytorch": -sum(entering(network, "relu"))}


def mean_by_its_function(network):
    """F.adaptive_avg_pool2d, which ptflops counts once, and thop not at all."""
    (entered,), (left,) = entering(network, "gap"), entering(network, "drop")
    return {"ptflops-pytorch": -entered, "thop": -(entered + left)}


# Where torchvision writes a network otherwise than netform does, and what that adds to a count.
WRITTEN_OTHERWISE = {
    **dict.fromkeys(("alexnet", "vgg11", "vgg13", "vgg16", "vgg19"), mean_of_every_pixel),
    "googlenet_bn": relu_by_its_function,
    "mobilenet_v2": mean_by_its_function,
}


def printed_by(tool, name):
    """What a tool prints for torchvision's network, by its law and what is written otherwise."""
    network = zoo(name)
    more = WRITTEN_OTHERWISE[name](network) if name in WRITTEN_OTHERWISE else {}
    return count(network, tool) + more.get(tool, 0)


@pytest.mark.parametrize("name", PRINTED)
def test_figures_are_what_the_counters_print_for_torchvision(name):
    assert [printed_by(tool, name) for tool in TOOLS] == list(PRINTED[name])


@pytest.mark.parametrize(
    ("name", "tool", "printed", "digits"),
    [
        # the README of ptflops, in units of 10**9
        *[("alexnet", "ptflops-pytorch", "0.72", 7), ("alexnet", "ptflops-aten", "0.71", 7)],
        ("googlenet_bn", "ptflops-pytorch", "1.51", 7),
        ("mobilenet_v2", "ptflops-pytorch", "0.32", 7),
        *[("resnet18", "ptflops-pytorch", "1.83", 7), ("resnet18", "ptflops-aten", "1.81", 7)],
        *[("resnet50", "ptflops-pytorch", "4.13", 7), ("resnet50", "ptflops-aten", "4.09", 7)],
        *[("vgg16", "ptflops-pytorch", "15.52", 7), ("vgg16", "ptflops-aten", "15.48", 7)],
        # that of calflops, to six digits; its 7.4188 for the multiply-adds of AlexNet is a slip
        ("alexnet", "calflops", "1.42974", 4),
        *[("vgg11", "calflops", "15.2392", 5), ("vgg11", "calflops-macs", "7.60909", 4)],
        *[("vgg13", "calflops", "22.6476", 5), ("vgg13", "calflops-macs", "11.3085", 5)],
        *[("vgg16", "calflops", "30.9738", 5), ("vgg16", "calflops-macs", "15.4703", 5)],
        *[("vgg19", "calflops", "39.3000", 5), ("vgg19", "calflops-macs", "19.6321", 5)],
        *[("resnet18", "calflops", "3.63625", 4), ("resnet18", "calflops-macs", "1.81407", 4)],
        *[("resnet34", "calflops", "7.33939", 4), ("resnet34", "calflops-macs", "3.66376", 4)],
        *[("resnet50", "calflops", "8.21111", 4), ("resnet50", "calflops-macs", "4.08918", 4)],
    ],
)
def test_figures_are_what_the_tools_say_of_themselves(name, tool, printed, digits):
    assert rounded(printed_by(tool, name), digits) == Fraction(printed) * 10**9


def rounded(number, digits):
    """To a whole multiple of 10**digits; a half goes up."""
    return (2 * number + 10**digits) // (2 * 10**digits) * 10**digits


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("alexnet", "0.77"),
        *[("vgg11", "7.74"), ("vgg13", "11.44"), ("vgg16", "15.61"), ("vgg19", "19.77")],
        *[("resnet18", "1.82"), ("resnet34", "3.68"), ("resnet50", "4.14")],
        ("mobilenet_v2", "0.33"),
    ],
)
def test_the_readme_of_thop_is_of_one_that_counted_the_sums_of_fc_and_biases(name, printed):
    network = zoo(name)
    figures = network.at().layers
    sums = sum(row.macs for row in figures if row.op == "fc")
    biases = count(network, "ptflops-aten") - count(network, "macs")
    assert rounded(count(network, "thop") + sums + biases, 7) == Fraction(printed) * 10**9


# ---- TensorFlow


@settings(max_examples=settings.default.max_examples // 4)
@given(st.data(), st.sampled_from([1, 2, 2, 2, 3]))
def test_tensorflow_is_what_its_profiler_prints(data, rank):
    network = data.draw(networks(ranks=(rank,)))
    try:
        model = keras_models.build(network)
    except netform.NetformError:  # what Keras cannot train is no example
        assume(False)
    assert count(network, "tensorflow") == keras_models.profiled(model)


@pytest.mark.parametrize(
    "text",
    [
        "conv4k3g2 dw3s2x1 dw2d2v conv3k2x3d3x1",
        "deconv3k3s2 deconv3k3s2v deconv3k4s3p1 deconv2k3d2",
        "conv4k3:bn.relu.relu6.relu3.sigmoid.tanh.swish.gelu.softmax ln",
        "pool3s2p1 avg2 up2x3 pad1 crop1 mul[gap | gmp | id] add[id | bn | relu] cat[relu]",
        "gap fc5:bn.ln.softmax.gelu drop0.5 flat",
        "conv1k1 dw3s2x1",
    ],
)
def test_tensorflow_counts_every_kind_of_layer(text):
    network = netform.parse(f"input 11x9x4 {text} fc3")
    model = keras_models.build(network)
    assert count(network, "tensorflow") == keras_models.profiled(model)


# The table of effective receptive fields of google-research, by TensorFlow 1's profiler, in units
# of 10**9 operations from the image to a layer.
VGG_16_BY_LAYER = {
    "conv1": "0.177",
    "pool1": "3.882",
    "conv3": "5.734",
    "pool2": "9.436",
    "conv5": "11.287",
    "conv6": "14.987",
    "pool3": "18.688",
    "conv8": "20.538",
    "conv9": "24.238",
    "pool4": "27.938",
    "conv11": "28.863",
    "conv12": "29.788",
    "pool5": "30.713",
}


def test_tensorflow_is_the_law_of_slims_vgg_16():
    network = zoo("vgg16")
    so_far, sums = 0, {}
    for layer, number in zip(network.layers, network.counts("tensorflow"), strict=True):
        so_far += number
        sums[layer.name] = rounded(so_far, 6)
    assert {n: sums[n] for n in VGG_16_BY_LAYER} == {
        name: Fraction(printed) * 10**9 for name, printed in VGG_16_BY_LAYER.items()
    }


SLIMS_RESNET_50 = """
    input 224x224x3
    post conv=bn.relu
    def Bott(n) [ add[conv(n)k1 conv(n)k3 conv(4*n)k1:bn] relu ]
    def Wide(n) [ add[conv(n)k1 conv(n)k3 conv(4*n)k1:bn | conv(4*n)k1:bn] relu ]
    def Down(n) [ add[conv(n)k1 conv(n)k3s2 conv(4*n)k1:bn | pool1s2] relu ]
    conv64k7s2p3 pool3s2
    Wide(64) Bott(64) Down(64) Wide(128) Bott(128)*2 Down(128)
    Wide(256) Bott(256)*4 Down(256) Wide(512) Bott(512)*2
"""


def test_tensorflow_is_the_law_of_slims_resnet_50():
    """But that norms were one operation, and sums were Add or AddV2, which it did not count."""
    network = netform.parse(SLIMS_RESNET_50)
    so_far, sums = 0, []
    for layer, number in zip(network.layers, network.counts("tensorflow"), strict=True):
        so_far += number if layer.op not in ("bn", "add") else 0
        if layer.op == "relu" and not layer.is_post:
            sums.append(rounded(so_far, 6))
    blocks = [sums[n] for n in (2, 6, 12, 15)]
    assert blocks == [Fraction(p) * 10**9 for p in ("1.323", "2.974", "5.498", "6.963")]


# ---- published tables

ALEXNET = "conv96k11s4v pool3s2v conv256k5p2g2 pool3s2v conv384k3 conv384k3g2 conv256k3g2 pool3s2v"
VGG = "conv64k3*2 pool2 conv128k3*2 pool2 [conv256k3*3 pool2] [conv512k3*3 pool2]*2"


@pytest.mark.parametrize(
    ("chain", "batch", "printed"),
    [
        # to pool5 of MatConvNet's AlexNet, whose norms are batch norms; then all of it
        (ALEXNET, 128, {114: "15 G", 227: "86 G", 341: "200 G", 454: "361 G", 568: "572 G"}),
        (ALEXNET, 128, {681: "829 G"}),
        (f"{ALEXNET} fc4096 fc4096 fc1000", 1, {227: "727 M"}),
        (VGG, 128, {112: "493 G", 224: "2 T", 336: "4 T", 448: "8 T", 560: "12 T", 672: "18 T"}),
        (f"{VGG} fc4096 fc4096 fc1000", 1, {224: "16 G"}),
    ],
)
def test_convnet_burden_is_what_its_reports_print(chain, batch, printed):
    for size, figure in printed.items():
        network = netform.parse(f"input {size}x{size}x3 {chain}")
        number, unit = figure.split()
        digits = {"M": 6, "G": 9, "T": 12}[unit]
        found = rounded(batch * count(network, "convnet-burden"), digits)
        assert found == int(number) * 10**digits


MOBILENETS = {  # million multiply-adds by width, at 224, 192, 160 and 128 pixels
    "1": (569, 418, 291, 186),
    "3/4": (317, 233, 162, 104),
    "1/2": (150, 110, 77, 49),
    "1/4": (41, 34, 21, 14),
}
SLIPS = {("1/2", 224): 149, ("1/4", 192): 30}  # true: 149.497 and 30.213; printed: 150 and 34


@pytest.mark.parametrize("width", MOBILENETS)
def test_slim_is_what_its_table_prints(width):
    for size, printed in zip((224, 192, 160, 128), MOBILENETS[width], strict=True):
        network = netform.load("zoo/mobilenet_v1.net", {"H": size, "W": size})
        counts = network.counts("slim", width)
        first = counts[1] if width == "3/4" else 0  # these rows leave out the first convolution
        expected = SLIPS.get((width, size), printed) * 10**6
        assert rounded(sum(counts) - first, 6) == expected


# ---- laws


@pytest.mark.parametrize("convention", CONVENTIONS.values(), ids=list(CONVENTIONS))
def test_a_convention_has_a_law_for_every_kind(convention):
    assert convention.unit in (MULTIPLY_ADDS, OPERATIONS)
    for kind in ALL_KINDS:
        for part in parts(convention.law_of(kind)):
            if isinstance(part, NotCounted):
                assert part.reason
            else:
                assert {str(letter) for letter in part.free_symbols} <= LAW_VARIABLES.keys()


def test_the_counters_are_tested_in_the_version_that_is_named():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for name in TOOLS:
        tool, version = CONVENTIONS[name].tool.lower().replace("pytorch", "torch").split()
        assert f"{tool}=={version}" in makefile


def parts(law):
    return [*parts(law.law), *parts(law.otherwise)] if isinstance(law, Case) else [law]


@given(networks())
def test_netforms_own_conventions_are_its_quantities(network):
    assert network.formula("macs", convention="macs") == network.macs
    assert network.formula("flops", convention="flops") == network.flops
    assert network.formula("flops", convention="torch") == network.flops


@given(networks(), st.sampled_from(list(CONVENTIONS)), st.sampled_from(["1/2", "1", "3/2", "2"]))
def test_a_count_at_a_width_is_its_formula_there(network, name, width):
    """Two roads to one number: the polynomial's value, or every layer counted at that width."""
    try:
        numbers = network.counts(name, width)
        formula = network.formula(CONVENTIONS[name].quantity, convention=name)
    except netform.NetformError:
        assume(False)
    # which has no groups, and so is counted, at the one width that leaves it one channel
    single = [row for row in network.at(width).layers if row.op == "dw" and row.output[-1] < 4]
    assume(not (name == "tensorflow" and single))
    assert formula.subs(Symbol("w"), Rational(width)) == sum(numbers)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_formula_in_the_size_of_the_image_holds_at_every_size(name):
    chain = "conv4k3d2 deconv3k3s2v dw3s2 relu gap fc2"
    if name == "slim":
        chain = chain.replace("deconv3k3s2v", "conv3k3s2v")
    quantity = CONVENTIONS[name].quantity
    formula = netform.parse(f"input RxRx3 {chain}").formula(quantity, convention=name)
    for size in (7, 8, 9, 32):
        there = netform.parse(f"input {size}x{size}x3 {chain}")
        assert formula.subs({"R": size, "w": 1}) == count(there, name)


DEEP = """
    input 16x16x8 let n = 4 post conv=bn.relu
    [cat[bn relu conv16k1 conv4k3:-]]*(n) [add[conv(c)k3 conv(c)k1:bn] relu]*(n) gap fc10
"""


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_formula_in_the_depth_holds_at_every_depth(name):
    formula = netform.parse(DEEP).formula(CONVENTIONS[name].quantity, ["n"], convention=name)
    for depth in (1, 2, 5):
        assert formula.subs("n", depth) == count(netform.parse(DEEP, values={"n": depth}), name)


def test_rounded_widths_are_counted():
    network = netform.parse("input 8x8x1 conv8k3 deconv3k3s2v fc10")
    assert network.counts("tensorflow", "1/3", "nearest") == (
        *(0, 2 * 64 * 9 * 3 + 64 * 3, 0, 9 * 3 * 289 * 2 // 4 + 289, 0, 2 * 289 * 10 + 10),
    )


# ---- what is refused

GROWING = "input 8x8x8 let n = 4 [cat[deconv4k3s2v pool2]]*(n) fc10"
MANY_ROUNDINGS = "input 8x8x1 " + " ".join(f"deconv{n}k3s2v pool2" for n in range(3, 80)) + " fc9"


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (
            lambda network: network.counts("convnet-burden"),
            "<text>:1:21: convnet-burden has no count for conv1.gelu: computeFlops in "
            "core/burden.m stops at layers that it does not list\n\n"
            "    1 | input 8x8x1 conv4k3:gelu fc10\n"
            "                            ^^^^\n"
            "    hint: netform conventions lists the others",
        ),
        (
            lambda network: netform.parse(MANY_ROUNDINGS).formula("flops", convention="tensorflow"),
            "the count of tensorflow has more roundings than netform can handle\n"
            "    hint: netform table has it at any width",
        ),
        (
            lambda network: netform.parse(GROWING).formula(
                "flops", free=["n"], convention="tensorflow"
            ),
            "<text>:1:28: tensorflow rounds what it counts for deconv1 anew in every round\n\n"
            "    1 | input 8x8x8 let n = 4 [cat[deconv4k3s2v pool2]]*(n) fc10\n"
            "                                   ^^^^^^^^^^^^\n"
            "    hint: give the number of rounds a value",
        ),
        (
            lambda network: network.counts("tochinfo"),
            "no convention is called tochinfo\n    hint: did you mean torchinfo?",
        ),
        (
            lambda network: network.formula("macs", convention="torch"),
            "torch counts operations, which is not macs\n    hint: ask it for flops",
        ),
    ],
)
def test_what_cannot_be_counted_is_refused(ask, said):
    with pytest.raises(netform.NetformError) as refused:
        ask(netform.parse("input 8x8x1 conv4k3:gelu fc10"))
    assert str(refused.value) == said


@dataclass(frozen=True, slots=True, kw_only=True)
class Softsign(Activation):
    """x / (1 + |x|): ``softsign``, a kind that no convention has a law for."""

    op = "softsign"


COUNTS_NO_ACTIVATIONS = {
    *("macs", "flops", "torch", "torchinfo", "fvcore", "ptflops-aten", "thop", "calflops-macs"),
    "slim",
}


@pytest.mark.parametrize("name", sorted(COUNTS_NO_ACTIVATIONS))
def test_a_convention_that_counts_no_activations_counts_no_new_one(name, monkeypatch):
    monkeypatch.setitem(BY_OP, "softsign", Softsign)
    counts = netform.parse("input 8x8x1 conv4k3:softsign fc10").counts(name)
    assert counts == netform.parse("input 8x8x1 conv4k3:relu fc10").counts(name)


@pytest.mark.parametrize("name", sorted(CONVENTIONS.keys() - COUNTS_NO_ACTIVATIONS))
def test_a_convention_without_a_law_for_a_kind_refuses_it(name, monkeypatch):
    monkeypatch.setitem(BY_OP, "softsign", Softsign)
    result = CliRunner().invoke(
        cli, ["table", "-e", "input 8x8x1 conv4k3:softsign fc10", "--convention", name]
    )
    reason = (
        "computeFlops in core/burden.m stops at layers that it does not list"
        if name == "convnet-burden"
        else f"netform does not know how {name} counts softsign"
    )
    assert isinstance(result.exception, netform.NetformError)
    assert str(result.exception).startswith(
        f"<text>:1:21: {name} has no count for conv1.softsign: {reason}\n"
    )


# ---- the command line


def run(*words):
    result = CliRunner().invoke(cli, words)
    assert result.exception is None, result.output
    return result.output


def test_the_list_of_conventions():
    found = json.loads(run("conventions", "--json"))
    assert [entry["name"] for entry in found] == list(CONVENTIONS)
    by_name = {entry["name"]: entry for entry in found}
    assert by_name["thop"]["unit"] == "multiply-adds"
    assert by_name["thop"]["laws"]["bn"] == "4*in"
    assert by_name["torchinfo"]["laws"]["relu"] == "-"
    listed = run("conventions")
    for convention in CONVENTIONS.values():
        line = next(line for line in listed.splitlines() if f" {convention.name} " in line)
        assert convention.unit in line
        assert convention.meaning in line
        assert convention.tool in line


def test_formulas_by_conventions():
    tiny = ["-e", "input 8x8x1 conv4k3 fc10"]
    assert run("formula", *tiny, "params", "macs", "--convention", "torchinfo") == (
        "params = 2600*w + 10    [values]\n"
        "macs by torchinfo = 5120*w + 10    [multiply-adds]\n"
        "where w is a positive multiple of 1/4, B is a positive integer\n"
    )
    found = json.loads(
        run("formula", *tiny, "--convention", "thop", "--convention", "torch", "--json")
    )
    assert {name: sympify(entry["expr"]) for name, entry in found.items()} == {
        "macs by thop": 4864 * Symbol("w"),
        "flops by torch": 9728 * Symbol("w"),
    }
    assert found["macs by thop"]["domain"]


def test_a_table_by_conventions():
    words = ["table", "-e", "input 8x8x1 conv4k3 fc10"]
    tools = ["--convention", "ptflops-pytorch", "--convention", "torch"]
    table = json.loads(run(*words, *tools, "--json"))
    assert table["totals"]["by ptflops-pytorch"] == 2304 + 256 + 2 * 256 + 2560 + 10
    assert table["totals"]["by torch"] == table["totals"]["flops"] == 9728
    counts = [layer["by ptflops-pytorch"] for layer in table["layers"]]
    assert counts == [0, 2304 + 256, 2 * 256, 2560 + 10]
    lines = run(*words, *tools).splitlines()
    head = next(line for line in lines if "layer" in line)
    assert "ptflops-pytorch (multiply-adds)" in head
    assert "torch (operations)" in head
    assert any(re.match(r" conv1.relu .* 512 ", line) for line in lines)
    total = next(line for line in lines if line.startswith(" total"))
    assert total.split()[1:] == ["2,610", "5,642", "9,728", "330"]
    html = netform.parse(words[2]).table(conventions=["thop"])._repr_html_()
    assert "<th>thop (multiply-adds)</th>" in html
    assert "<td>4,864</td>" in html


def test_an_unknown_convention_is_a_wrong_command_line():
    result = CliRunner().invoke(
        cli, ["table", "-e", "input 8x8x1 fc10", "--convention", "keras"], standalone_mode=True
    )
    assert result.exit_code == 2
    assert "'keras' is not one of 'macs', 'flops', 'torchinfo'" in result.output


# ---- the document


def test_every_law_of_the_document_is_in_variables_that_it_explains():
    everything = [found.law_of(kind) for found in CONVENTIONS.values() for kind in ALL_KINDS]
    used = {str(s) for law in everything for p in parts(law) for s in variables_of(p)}
    assert used == set(LAW_VARIABLES)


def variables_of(part):
    return () if isinstance(part, NotCounted) else part.free_symbols
