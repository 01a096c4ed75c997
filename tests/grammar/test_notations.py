"""Other notations: the networks that were published in them, and what is refused."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import netform
from netform.cli import cli
from netform.commands.read import NOTATIONS as OFFERED
from netform.grammar.parser import parse
from netform.notations import NOTATIONS, read
from support.zoo import ZOO

BLOCKS = (Path(__file__).parents[1] / "fixtures" / "notation_errors.txt").read_text(
    encoding="utf-8"
)
CASES = re.findall(r"^> (\S+) (\S+) (.*)\n((?:(?!> ).*\n)+)", BLOCKS, re.MULTILINE)


def network(text, notation, image=None):
    return netform.Network(read(text, notation, image).program, notation)


def trainable(text, notation, image=None):
    return network(text, notation, image).at().trainable


# ---- Ciresan, Meier, Schmidhuber, "Multi-column Deep Neural Networks", 2012, and after

MNIST = "1x29x29-20C4-MP2-40C5-MP3-150N-10N"
BINARY_CONNECT = "(2x128C3)-MP2-(2x256C3)-MP2-(2x512C3)-MP2-(2x1024FC)-10SVM"

CIRESAN = {
    MNIST: 340 + 20_040 + 54_150 + 1_510,
    "2x48x48-100C5-MP2-100C5-MP2-100C4-MP2-300N-100N-6N": 5_100
    + 250_100
    + 160_100
    + 270_300
    + 30_100
    + 606,
    # traffic signs, where a pooling repeats the number of its maps
    "3x48x48-100C7-MP2-150C4-150MP2-250C4-250MP2-300N-43N": 1_543_443,
    # "Deep, Big, Simple Neural Nets", 2010: 1.34, 3.26, 6.69 and 12.11 million weights
    "841-1000-500-10": 1_346_000 + 1_510,
    "841-1500-1000-500-10": 3_266_500 + 3_010,
    "841-2000-1500-1000-500-10": 6_687_000 + 5_010,
    "841-2500-2000-1500-1000-500-10": 12_107_500 + 7_510,
}


@pytest.mark.parametrize(("text", "count"), CIRESAN.items())
def test_ciresan_nets_have_the_published_weights(text, count):
    assert trainable(text, "ciresan") == count


def test_binary_connect_has_fourteen_million_weights():
    """14,022,016 weights, as papers on binary networks count them, and a bias for each channel."""
    biases = 2 * (128 + 256 + 512 + 1024) + 10
    assert trainable(BINARY_CONNECT, "ciresan", "32x32x3") == 14_022_016 + biases


@pytest.mark.parametrize(
    "text",
    [
        "(2\u00d7128C3)\u2212MP2\u2212(2\u00d7256C3)\u2212MP2\u2212(2\u00d7512C3)\u2212MP2\u2212"
        "(2\u00d71024FC)\u221210SVM",
        "2x(128C3)-MP2-2x(256C3)-MP2-2x(512C3)-MP2-2x(1024FC)-10SVM",
        "2*128C3 + MP2 + 2*256C3 + MP2 + 2*512C3 + MP2 + 2*1024FC + 10SVM",
        "128C3-128C3-MP2-256C3-256C3-MP2-512C3-512C3-MP2-1024FC-1024FC-10SVM",
        "Input-128c3-128c3-mp2-(256c3-256c3)-mp2-(512c3-512c3-mp2)-1024-1024-10",
    ],
)
def test_what_papers_write_differently_is_the_same_network(text):
    assert trainable(text, "ciresan", "32x32x3") == trainable(BINARY_CONNECT, "ciresan", "32x32x3")


def test_an_input_may_end_in_its_channels():
    last = read("29x29x1-20C4-MP2-40C5-MP3-150N-10N", "ciresan")
    first = read(MNIST, "ciresan")
    assert last.program == first.program
    assert last.assumptions == (
        "29x29x1 is height x width x channels, since its first two numbers agree",
        *first.assumptions,
    )


def test_repeats_stay_repeats():
    text = "3x32x32-2x(64C3-64C3-MP2)-AP2-GAP-10Softmax"
    assert read(text, "ciresan").text.splitlines()[-1] == (
        "[conv64k3 conv64k3 pool2]*2 avg2   gap fc10"
    )


# ---- Simonyan, Zisserman, "Very Deep Convolutional Networks", 2015, table 1

HEAD = "maxpool FC-4096 FC-4096 FC-1000 soft-max"


def table(*groups):
    return "input (224 x 224 RGB image) " + " maxpool ".join(groups) + " " + HEAD


def same(channels, times):
    return " ".join([f"conv3-{channels}"] * times)


VGG = {
    "A": ([same(64, 1), same(128, 1), same(256, 2), same(512, 2), same(512, 2)], 132_863_336),
    "B": ([same(64, 2), same(128, 2), same(256, 2), same(512, 2), same(512, 2)], 133_047_848),
    "C": (
        [same(64, 2), same(128, 2)] + [f"{same(n, 2)} conv1-{n}" for n in (256, 512, 512)],
        133_638_952,
    ),
    "D": ([same(64, 2), same(128, 2), same(256, 3), same(512, 3), same(512, 3)], 138_357_544),
    "E": ([same(64, 2), same(128, 2), same(256, 4), same(512, 4), same(512, 4)], 143_667_240),
}


@pytest.mark.parametrize("column", VGG)
def test_vgg_has_the_published_parameters(column):
    """Table 2 has 133, 133, 134, 138 and 144 million; torchvision's are the same to the unit."""
    groups, count = VGG[column]
    assert trainable(table(*groups), "vgg") == count


@pytest.mark.parametrize("column", "ABDE")
def test_torchvision_lists_are_the_columns_of_the_table(column):
    groups, count = VGG[column]
    entries = [entry for group in groups for entry in [*group.split(), "'M'"]]
    written = ", ".join(entries).replace("conv3-", "")
    assert trainable(f"[{written}]", "vgg") == count
    assert read(f"[{written}]", "vgg").program == read(table(*groups), "vgg").program


# ---- Baker, Gupta, Naik, Raskar, "Designing Neural Network Architectures", 2017, table A2

METAQNN = {
    "[C(512,5,1), C(256,3,1), C(256,5,1), C(256,3,1), P(5,3), C(512,3,1), C(512,5,1), P(2,2), "
    "SM(10)]": (11_263_754, "11.26"),
    "[C(128,1,1), C(512,3,1), C(64,1,1), C(128,3,1), P(2,2), C(256,3,1), P(2,2), C(512,3,1), "
    "P(3,2), SM(10)]": (2_218_954, "2.2"),
    "[C(128,3,1), C(128,1,1), C(512,5,1), P(2,2), C(128,3,1), P(2,2), C(64,3,1), C(64,5,1), "
    "SM(10)]": (2_456_586, "2.46"),
    "[C(256,3,1), C(256,3,1), P(5,3), C(256,1,1), C(128,3,1), P(2,2), C(128,3,1), SM(10)]": (
        1_126_154,
        "1.13",
    ),
    "[C(64,3,1), C(128,3,1), P(5,3), C(256,3,1), P(3,2), FC(512), FC(128), SM(10)]": (
        1_617_930,
        "1.62",
    ),
}


@pytest.mark.parametrize(("text", "counts"), METAQNN.items())
def test_metaqnn_cifar_networks_have_the_published_millions(text, counts):
    """Those of table A2 hold for images of 28x28, and not for CIFAR's 32x32."""
    exact, published = counts
    assert trainable(text, "metaqnn", "28x28x3") == exact
    digits = len(published.partition(".")[2])
    assert f"{exact / 1e6:.{digits}f}" == published


def test_metaqnn_words_are_what_its_authors_programs_make_of_them():
    text = "[C(64,5,1), C(64,4,1), C(64,5,2), NIN(32), D(1,4), P(3,2), D(1,3), GAP(10), SM(10)]"
    assert read(text, "metaqnn", "32x32x3").text.splitlines()[-2:] == [
        "conv64k5 conv64k4p2 conv64k5s2p2 conv32k1 conv32k1 drop0.125 pool3s2v",
        "drop(1/6) conv10k1 gap fc10",
    ]


# ---- timm, whose own models were counted

EFFICIENTNET_B0 = """[
    ['ds_r1_k3_s1_e1_c16_se0.25'],
    ['ir_r2_k3_s2_e6_c24_se0.25'],
    ['ir_r2_k5_s2_e6_c40_se0.25'],
    ['ir_r3_k3_s2_e6_c80_se0.25'],
    ['ir_r3_k5_s1_e6_c112_se0.25'],
    ['ir_r4_k5_s2_e6_c192_se0.25'],
    ['ir_r1_k3_s1_e6_c320_se0.25'],
]"""
TIMM = {
    "efficientnet_b0": (EFFICIENTNET_B0, 5_288_548),
    "efficientnet_lite0": (
        "act_layer=relu6 ds_r1_k3_s1_e1_c16 ir_r2_k3_s2_e6_c24 ir_r2_k5_s2_e6_c40 "
        "ir_r3_k3_s2_e6_c80 ir_r3_k5_s1_e6_c112 ir_r4_k5_s2_e6_c192 ir_r1_k3_s1_e6_c320",
        4_652_008,
    ),
    "tf_efficientnetv2_b0": (
        "cn_r1_k3_s1_e1_c16_skip er_r2_k3_s2_e4_c32 er_r2_k3_s2_e4_c48 "
        "ir_r3_k3_s2_e4_c96_se0.25 ir_r5_k3_s1_e6_c112_se0.25 ir_r8_k3_s2_e6_c192_se0.25",
        7_139_704,
    ),
    "tf_efficientnetv2_s": (
        "stem_size=24 act_layer=silu, cn_r2_k3_s1_e1_c24_skip, er_r4_k3_s2_e4_c48, "
        "er_r4_k3_s2_e4_c64, ir_r6_k3_s2_e4_c128_se0.25, ir_r9_k3_s1_e6_c160_se0.25, "
        "ir_r15_k3_s2_e6_c256_se0.25",
        21_458_488,
    ),
    "mobilenetv1_100": (
        "num_features=0 act_layer=relu6 dsa_r1_k3_s1_c64 dsa_r2_k3_s2_c128 dsa_r2_k3_s2_c256 "
        "dsa_r6_k3_s2_c512 dsa_r2_k3_s2_c1024",
        4_231_976,
    ),
    "mobilenetv2_100": (
        "act_layer=relu6 ds_r1_k3_s1_c16 ir_r2_k3_s2_e6_c24 ir_r3_k3_s2_e6_c32 "
        "ir_r4_k3_s2_e6_c64 ir_r3_k3_s1_e6_c96 ir_r3_k3_s2_e6_c160 ir_r1_k3_s1_e6_c320",
        3_504_872,
    ),
    "mnasnet_100": (
        "act_layer=relu ds_r1_k3_s1_c16_noskip ir_r3_k3_s2_e3_c24 ir_r3_k5_s2_e3_c40 "
        "ir_r3_k5_s2_e6_c80 ir_r2_k3_s1_e6_c96 ir_r4_k5_s2_e6_c192 ir_r1_k3_s1_e6_c320_noskip",
        4_383_312,
    ),
    "semnasnet_100": (
        "act_layer=relu ds_r1_k3_s1_e1_c16_noskip ir_r2_k3_s2_e6_c24 ir_r3_k5_s2_e3_c40_se0.25 "
        "ir_r4_k3_s2_e6_c80 ir_r2_k3_s1_e6_c112_se0.25 ir_r3_k5_s2_e6_c160_se0.25 "
        "ir_r1_k3_s1_e6_c320",
        3_887_038,
    ),
    "mnasnet_small": (
        "stem_size=8 act_layer=relu ds_r1_k3_s1_c8 ir_r1_k3_s2_e3_c16 ir_r2_k3_s2_e6_c16 "
        "ir_r4_k5_s2_e6_c32_se0.25 ir_r3_k3_s1_e6_c32_se0.25 ir_r3_k5_s2_e6_c88_se0.25 "
        "ir_r1_k3_s1_e6_c144",
        2_030_264,
    ),
    "fbnetc_100": (
        """stem_size=16 num_features=1984 act_layer=relu
        arch_def = [
            # stages of several strings
            ['ir_r1_k3_s1_e1_c16'],
            ['ir_r1_k3_s2_e6_c24', 'ir_r2_k3_s1_e1_c24'],
            ['ir_r1_k5_s2_e6_c32', 'ir_r1_k5_s1_e3_c32', 'ir_r1_k5_s1_e6_c32',
             'ir_r1_k3_s1_e6_c32'],
            ['ir_r1_k5_s2_e6_c64', 'ir_r1_k5_s1_e3_c64', 'ir_r2_k5_s1_e6_c64'],
            ['ir_r3_k5_s1_e6_c112', 'ir_r1_k5_s1_e3_c112'],
            ['ir_r4_k5_s2_e6_c184'],
            ['ir_r1_k3_s1_e6_c352'],
        ]""",
        5_572_200,
    ),
    "EfficientNet of the blocks of mobilenetv3_large_minimal, whose expansions are rounded": (
        "stem_size=16 num_features=0 num_classes=10 act_layer=relu ds_r1_k3_s1_e1_c16 "
        "ir_r1_k3_s2_e4_c24 ir_r1_k3_s1_e3_c24 ir_r3_k3_s2_e3_c40 ir_r1_k3_s2_e6_c80 "
        "ir_r1_k3_s1_e2.5_c80 ir_r2_k3_s1_e2.3_c80 ir_r2_k3_s1_e6_c112 ir_r3_k3_s2_e6_c160 "
        "cn_r1_k1_s1_c960",
        1_422_818,
    ),
    "EfficientNet of rounded channels and several activations": (
        "ir_r1_k3_s2_e4.5_c24_nre ir_r1_k3_s1_e3.67_c24_nre ir_r3_k3_s2_e6_c20_se0.25_nr6",
        1_362_738,
    ),
    "EfficientNet of gates in every kind": (
        "stem_size=20 act_layer=relu dsa_r2_k5_s2_c64_se0.5 er_r2_k3_s1_e4_c64_se0.25_nsw "
        "cn_r3_k3_s1_c64 ir_r2_k7_s1_e2_c64_noskip",
        1_882_700,
    ),
}


@pytest.mark.parametrize(("text", "count"), TIMM.values(), ids=list(TIMM))
def test_block_strings_have_the_parameters_of_timms_models(text, count):
    """Counted in timm 1.0.31: ``sum(p.numel() for p in model.parameters())``."""
    assert trainable(text, "timm") == count


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("efficientnet_b0", "efficientnet_b0"),
        ("mobilenetv1_100", "mobilenet_v1"),
        ("mobilenetv2_100", "mobilenet_v2"),
    ],
)
def test_block_strings_have_the_layers_of_the_network_in_the_zoo(text, name):
    """Which are those of the original, as test_zoo.py holds."""
    figures = [
        network(TIMM[text][0], "timm").at().layers,
        netform.load(ZOO / f"{name}.net").at().layers,
    ]
    weighted = [
        [(row.op, row.output, row.trainable, row.macs) for row in rows if row.trainable]
        for rows in figures
    ]
    assert weighted[0] == weighted[1]


def test_block_strings_become_blocks():
    assert read(EFFICIENTNET_B0, "timm").text == (
        "# the input is 224x224x3\n"
        "# the stem is a 3x3 convolution with stride 2 to 32 channels: stem_size=32\n"
        "# a 1x1 convolution to 1280 channels ends the blocks: num_features=1280\n"
        "# the means of all channels and one layer make the classes: num_classes=1000\n"
        "# the activation is swish where a block names no other: act_layer=swish\n"
        '# convolutions pad "same", as in the networks with names tf_ in timm\n'
        "# squeeze ratios refer to the input channels of a block, as in EfficientNet\n"
        "input 224x224x3\n"
        "post conv=bn.swish dw=bn.swish\n"
        "def DsSe(n, k, s, r) [\n"
        "    dw(k)s(s) mul[gap conv(r*c)k1b1:swish conv(c)k1b1:sigmoid] conv(n)k1:bn\n"
        "]\n"
        "def IrSe(n, k, s, e, r) [\n"
        "    conv(e*c)k1 dw(k)s(s) mul[gap conv(r*c/e)k1b1:swish conv(c)k1b1:sigmoid]\n"
        "    conv(n)k1:bn\n"
        "]\n"
        "conv32k3s2\n"
        "DsSe(16, 3, 1, 0.25)\n"
        "IrSe(24, 3, 2, 6, 0.25) add[IrSe(24, 3, 1, 6, 0.25)]\n"
        "IrSe(40, 5, 2, 6, 0.25) add[IrSe(40, 5, 1, 6, 0.25)]\n"
        "IrSe(80, 3, 2, 6, 0.25) add[IrSe(80, 3, 1, 6, 0.25)]*2\n"
        "IrSe(112, 5, 1, 6, 0.25) add[IrSe(112, 5, 1, 6, 0.25)]*2\n"
        "IrSe(192, 5, 2, 6, 0.25) add[IrSe(192, 5, 1, 6, 0.25)]*3\n"
        "IrSe(320, 3, 1, 6, 0.25)\n"
        "conv1280k1 gap fc1000\n"
    )


# ---- all of them

ASSUMPTIONS = {
    ("ciresan", MNIST): [
        "convolutions have no padding",
        "a pooling moves by its own size",
        "tanh follows every layer with weights but the last; the paper scales it",
        "the softmax of the last layer is left to the loss",
    ],
    ("ciresan", "3x32x32-128C3-MP2-10SVM"): [
        'convolutions pad "same", as in BinaryConnect',
        "a pooling moves by its own size",
        "ReLU follows every layer with weights but the last",
        "there is no batch normalisation, for which the notation has no word",
        "the last layer's support vector machine is a loss, and left out",
    ],
    ("ciresan", "784-1000-10"): [
        "784 values are read as the channels of one pixel",
        "ReLU follows every layer with weights but the last",
        "there is no batch normalisation, for which the notation has no word",
    ],
    ("vgg", "conv3-64 maxpool FC-4096 FC-1000 soft-max"): [
        "the input is 224x224x3",
        'convolutions move by 1 and pad "same"',
        "max pooling is 2x2 with stride 2",
        "ReLU follows every layer with weights but the last",
        "in training, half of the values are dropped after every FC but the last",
        "the soft-max is left to the loss",
    ],
    ("vgg", "64 M"): [
        "the input is 224x224x3",
        'convolutions move by 1 and pad "same"',
        "max pooling is 2x2 with stride 2",
        "ReLU follows every layer with weights but the last",
        "convolutions are 3x3",
        "the head is torchvision's: fc4096 and fc4096, with dropout, and 1000 classes",
        "torchvision's pooling to 7x7 is left out, which does nothing at 224x224",
    ],
    ("metaqnn", "[C(8,3,1), NIN(8), D(1,2), P(2,2), GAP(10), SM(10)]", "32x32x3"): [
        'convolutions pad "same", which is a setting of the authors\' programs',
        "a pooling stays inside the map",
        "NIN is two 1x1 convolutions",
        "GAP is a 1x1 convolution to its channels, and then their means",
        "D(i,n) drops i/(2n) of the values in training",
        "SM is a fully connected layer, whose softmax is left to the loss",
        "ReLU follows every layer with weights but the last",
    ],
    ("timm", "num_features=0 ds_r1_k3_s1_c20", "32x32x3"): [
        "the stem is a 3x3 convolution with stride 2 to 32 channels: stem_size=32",
        "no convolution ends the blocks: num_features=0",
        "the means of all channels and one layer make the classes: num_classes=1000",
        "the activation is swish where a block names no other: act_layer=swish",
        'convolutions pad "same", as in the networks with names tf_ in timm',
        "20 channels become 24, since timm rounds to multiples of 8",
    ],
}


@pytest.mark.parametrize("case", ASSUMPTIONS, ids=str)
def test_every_assumption_is_listed(case):
    notation, text, *image = case
    reading = read(text, notation, *image)
    assert list(reading.assumptions) == ASSUMPTIONS[case]
    comments = [line[2:] for line in reading.text.splitlines() if line.startswith("# ")]
    assert comments == ASSUMPTIONS[case]


@pytest.mark.parametrize("notation", NOTATIONS)
def test_the_example_of_a_notation_is_read(notation):
    assert (
        network(
            NOTATIONS[notation].example, notation, *(["32x32x3"] if notation == "metaqnn" else [])
        )
        .at()
        .params
        > 0
    )


@pytest.mark.parametrize(("notation", "image", "text", "error"), CASES)
def test_the_whole_error(notation, image, text, error):
    with pytest.raises(netform.NetformError) as caught:
        read(text, notation, None if image == "-" else image)
    assert str(caught.value) == error.rstrip("\n")


def test_there_are_many_cases():
    assert len(CASES) == BLOCKS.count("\n    hint: ") > 50


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("text", ["", " \n", "x" * 10_001])
def test_nothing_and_too_much_are_refused(notation, text):
    with pytest.raises(netform.NetformError, match=r"layers are needed|at most 10,000 characters"):
        read(text, notation)


def test_what_dsl_finds_wrong_is_shown_in_the_notation():
    with pytest.raises(netform.NetformError) as caught:
        network("1x8x8-20C4-2x(MP2-40C5)-10N", "ciresan").at()
    assert str(caught.value).splitlines()[2:4] == [
        "    1 | 1x8x8-20C4-2x(MP2-40C5)-10N",
        "                          ^^^^",
    ]


pieces = st.sampled_from(
    ["1x29x29", "32x32x3", "-", "20C4", "MP2", "150N", "10", "2x", "(", ")", "128C3", "10SVM"]
    + ["input (224x224 RGB image)", " ", "conv3-64", "maxpool", "FC-10", "soft-max", "64", "'M'"]
    + ["[", "]", ",", "C(8,3,1)", "P(3,2)", "D(1,3)", "GAP(4)", "FC(5)", "NIN(3)", "SM(10)"]
    + ["ds_r1_k3_s1_c16", "ir_r2_k5_s2_e6_c24_se0.25", "_nre", "cn_r1_k3_s1_c8_skip", "_e2.3"]
    + ["stem_size=16 ", "num_features=0 ", "act_layer=relu ", "# x\n", "\u00d7", "\x1b", "0" * 20]
)


@given(
    st.sampled_from(list(NOTATIONS)),
    st.lists(pieces, max_size=12).map("".join) | st.text(max_size=30),
    st.none() | st.just("32x32x3") | st.text("0123456789xRHW #\n", max_size=9),
)
def test_any_text_ends_in_a_reading_that_parses_back_or_in_an_error(notation, text, image):
    try:
        reading = read(text, notation, image)
    except netform.NetformError as error:
        assert error.hint
        assert error.line is not None
    else:
        assert parse(reading.text) == reading.program


@pytest.mark.parametrize(
    ("text", "notation"),
    [(MNIST, "ciresan"), (table(*VGG["C"][0]), "vgg"), (EFFICIENTNET_B0, "timm")],
)
def test_the_printed_text_is_the_program(text, notation):
    reading = read(text, notation)
    assert parse(reading.text) == reading.program
    assert netform.parse(reading.text).at().params == network(text, notation).at().params


# ---- the command


def test_the_command_prints_a_file():
    result = CliRunner().invoke(cli, ["read", "--as", "ciresan", MNIST])
    assert result.exit_code == 0
    assert result.output == read(MNIST, "ciresan").text
    assert netform.parse(result.output).params == network(MNIST, "ciresan").params


def test_the_command_as_json():
    words = ["read", "--as", "metaqnn", "[SM(10)]", "--input", "8x8x1", "--json"]
    result = CliRunner().invoke(cli, words)
    reading = read("[SM(10)]", "metaqnn", "8x8x1")
    assert json.loads(result.output) == {
        "notation": "metaqnn",
        "text": reading.text,
        "assumptions": list(reading.assumptions),
    }


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--as", "vgg", "conv3-64 LRN"], 1, "<vgg>:1:10: netform has no local response"),
        (["--as", "resnet", "x"], 2, "'resnet' is not one of 'ciresan', 'vgg', 'metaqnn', 'timm'"),
        (["conv3-64"], 2, "Missing option '--as'"),
    ],
)
def test_the_command_tells_what_is_wrong(words, code, told):
    command = [sys.executable, "-m", "netform", "read", *words]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == code
    assert told in result.stderr
    assert result.stdout == ""


def test_the_command_line_knows_every_notation():
    assert tuple(NOTATIONS) == OFFERED
