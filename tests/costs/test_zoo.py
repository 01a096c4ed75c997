"""The networks of the field in examples/zoo: their figures are the published ones, to the unit.

The head of a file says at which sides R its figures equal those of an original. test_originals.py
builds the originals in PyTorch; those of Keras are built here.
"""

import gc
import re
import shutil
from collections import Counter
from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import CliRunner
from sympy import Rational, Symbol

import netform
from netform.cli import cli
from support import keras_models, zoo

EXAMPLES = zoo.ZOO.parent
w, g = Symbol("w"), Symbol("g")

# Trained parameters and multiply-adds of convolutions and matrix products, for one image.
FIGURES = {
    # Counted by hooks on torchvision 0.28.0, PyTorch 2.13.0, on the meta device: parameters(),
    # and for every Conv2d and Linear its outputs times the weights that make one. The parameters
    # are num_params in the metadata of torchvision's weights too, where heads are left in.
    "alexnet": (61_100_840, 714_188_480),
    "vgg11": (132_863_336, 7_609_090_048),
    "vgg13": (133_047_848, 11_308_466_176),
    "vgg16": (138_357_544, 15_470_264_320),
    "vgg19": (143_667_240, 19_632_062_464),
    "googlenet_bn": (6_624_904, 1_498_376_192),  # without the auxiliary heads
    "resnet18": (11_689_512, 1_814_073_344),
    "resnet34": (21_797_672, 3_663_761_408),
    "resnet50": (25_557_032, 4_089_184_256),
    "resnet101": (44_549_160, 7_801_405_440),
    "resnet152": (60_192_808, 11_513_626_624),
    "resnext50": (25_028_904, 4_230_479_872),
    "densenet121": (7_978_856, 2_834_161_664),
    "densenet169": (14_149_480, 3_359_843_328),
    "mobilenet_v2": (3_504_872, 300_774_272),
    "squeezenet": (1_235_496, 349_151_936),
    "inception_v3": (23_834_568, 5_713_216_096),  # at 299x299, without the auxiliary head
    "efficientnet_b0": (5_288_548, 385_814_752),
    "convnext_t": (28_589_128, 4_455_531_264 + 2_145_024),  # see test_a_scale_is_one_multiply_add
    # torchvision's too, with the strides of the first blocks moved from conv2 to conv1
    "resnet50_v1": (25_557_032, 3_857_973_248),
    # the same hooks on timm 1.0.31
    "mobilenet_v1": (4_231_976, 568_740_352),
    "se_resnet50": (28_088_024, 4_091_699_200),
    "inception_v4": (42_679_816, 12_253_974_624),
    # the same hooks on modules written for this in PyTorch; the first is Caffe's bvlc_googlenet
    # without its auxiliary heads
    "googlenet": (6_998_552, 1_582_671_872),
    "unet": (31_030_658, 192_384_335_872),
    "resnet20_cifar": (269_722, 40_551_040),
    "resnet56_cifar": (853_018, 125_485_696),
    "inception_v4_cifar": (1_511_722, 332_025_600),
}


@pytest.fixture(autouse=True)
def _among_the_examples(monkeypatch):
    """Files are used from inside the working directory, and the zoo uses examples/blocks."""
    monkeypatch.chdir(EXAMPLES)


def load(name):
    return netform.load(Path("zoo") / f"{name}.net")


def test_every_network_of_the_zoo_has_its_figures_here():
    assert {path.stem for path in (EXAMPLES / "zoo").glob("*.net")} == FIGURES.keys()


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_the_published_ones(name):
    figures = load(name).at()
    assert (figures.trainable, figures.macs) == FIGURES[name]


@pytest.mark.parametrize("name", FIGURES)
def test_comments_of_a_file_are_true(name):
    network, comment = load(name), zoo.head(name)
    params, macs = re.findall(r"# ([\d,]+) parameters trained, ([\d,]+) multiply-adds", comment)[0]
    figures = network.at()
    assert (params, macs) == (f"{figures.trainable:,}", f"{figures.macs:,}")
    for size, where in re.findall(r"aperture (\d+) (before the mean|at the last pool)", comment):
        place = before_gap(network) if where == "before the mean" else last(network, "pool")
        assert place.aperture.size == (int(size),) * 2


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_in_a_file_deserves_a_warning(name):
    result = CliRunner().invoke(cli, ["check", f"zoo/{name}.net"])
    assert (result.exit_code, result.stderr) == (0, "")


def test_files_are_in_canonical_form():
    files = [str(path) for folder in ("zoo", "blocks") for path in Path(folder).glob("*.net")]
    assert CliRunner().invoke(cli, ["fmt", "--check", *files]).output == ""


# ---- at every side

ORIGINALS = zoo.originals()


@pytest.mark.parametrize("name", ORIGINALS)
def test_figures_equal_the_original_at_the_sides_that_the_head_claims_and_at_no_other(name):
    original, by_side = ORIGINALS[name]
    claim, network = zoo.claims(name)[original], load(name)
    for side, theirs in by_side.items():
        ours = zoo.figures(network, side, claim.without)
        if theirs is None or claim.holds(side):
            assert ours == theirs, side
        else:
            assert ours != theirs, side


def test_originals_are_tried_at_odd_and_even_sides_inside_and_outside_of_every_claim():
    for name, (original, by_side) in ORIGINALS.items():
        claim = zoo.claims(name)[original]
        assert {97, 129, 200, 331} < by_side.keys()
        inside = [side for side, theirs in by_side.items() if theirs and claim.holds(side)]
        assert inside
        if claim.first:
            assert {claim.first - 1, claim.first, claim.last, claim.last + 1} < by_side.keys()
        elif not claim.divisor:
            assert len(inside) > 12


def test_every_file_claims_an_original_but_our_own_design():
    claimed = {name: set(zoo.claims(name)) for name in FIGURES}
    of_pytorch = {name: {original} for name, (original, _) in ORIGINALS.items()}
    of_keras = {name: {"Keras"} for name, *_ in KERAS_OWN}
    for name in FIGURES:
        assert claimed[name] == of_pytorch.get(name, set()) | of_keras.get(name, set())
    assert [name for name in FIGURES if not claimed[name]] == ["inception_v4_cifar"]
    assert "Our own design." in zoo.head("inception_v4_cifar")


@pytest.mark.parametrize(
    "line",
    [
        "# equals torchvision",
        "# equals torchvision at some sides R",
        "# equals torchvision where R is from 224 to 255, or more",
        "# equals Keras where R is divisible by 16 or 17",
    ],
)
def test_a_claim_that_no_test_reads_is_an_error(line):
    with pytest.raises(AssertionError, match="a claim that no test reads"):
        zoo.claim(line)


def test_a_claim_is_of_the_sides_that_it_names():
    sides = range(220, 260)
    for words, expected in {
        "at every side R": list(sides),
        "where R is from 224 to 227: a reason": [224, 225, 226, 227],
        "where R is divisible by 16": [224, 240, 256],
        "where R or R + 1 is divisible by 16: a reason": [223, 224, 239, 240, 255, 256],
    }.items():
        claim = zoo.claim(f"# equals Keras without dw1b0 {words}")
        assert (claim.original, claim.without) == ("Keras", "dw1b0")
        assert [side for side in sides if claim.holds(side)] == expected


# ---- the aperture


def last(network, op):
    return [layer for layer in network.layers if layer.op == op][-1]


def before_gap(network):
    ops = [layer.op for layer in network.layers]
    return network.layers[ops.index("gap") - 1]


@pytest.mark.parametrize(
    ("name", "op", "size", "jump"),
    [
        # receptive_field/RECEPTIVE_FIELD_TABLE.md of google-research: size, effective stride
        ("alexnet", "pool", 195, 32),
        ("vgg11", "pool", 150, 32),
        ("vgg16", "pool", 212, 32),
        ("inception_v3", "gap", 1311, 32),
        ("inception_v4", "gap", 2071, 32),
        ("mobilenet_v1", "gap", 315, 32),
        ("resnet50_v1", "gap", 483, 32),
        # with the stride in the 3x3, as in torchvision
        ("resnet50", "gap", 427, 32),
        ("resnet101", "gap", 971, 32),
        ("resnet152", "gap", 1451, 32),
    ],
)
def test_apertures_are_the_published_ones(name, op, size, jump):
    network = load(name)
    aperture = (before_gap(network) if op == "gap" else last(network, op)).aperture
    assert (aperture.size, aperture.jump) == ((size, size), (jump, jump))


@pytest.mark.parametrize(
    ("name", "size", "trained", "macs"),
    [
        ("ResNet50", 483, 25_557_032, 3_857_973_248),
        ("ResNet101", 1027, 44_549_160, 7_570_194_432),
        ("ResNet152", 1507, 60_192_808, 11_282_415_616),
    ],
)
def test_residual_networks_with_the_stride_in_the_first_1x1(resnet_v1, name, size, trained, macs):
    """The sizes stand in the same table; the counts come from torchvision, strides moved."""
    network = resnet_v1(name)
    assert before_gap(network).aperture.size == (size, size)
    assert (network.at().trainable, network.at().macs) == (trained, macs)


@pytest.fixture
def resnet_v1(tmp_path, monkeypatch):
    """Makes resnet50_v1.net as deep as Keras' network of a name."""

    def deepened(name):
        second, third = {"ResNet50": (4, 6), "ResNet101": (4, 23), "ResNet152": (8, 36)}[name]
        shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
        monkeypatch.chdir(tmp_path)
        file = Path("zoo", "resnet50_v1.net")
        text = file.read_text(encoding="utf-8")
        text = text.replace("(128, 4)", f"(128, {second})").replace("(256, 6)", f"(256, {third})")
        file.write_text(text, encoding="utf-8")
        return netform.load(file)

    return deepened


# ---- formulas


def test_mobilenet_in_its_width():
    network = load("mobilenet_v1")
    assert network.trainable == 3139584 * w**2 + 1091392 * w + 1000
    widths = [1, Rational(3, 4), Rational(1, 2), Rational(1, 4)]
    counts = [network.at(w=width).trainable for width in widths]
    assert counts == [4_231_976, 2_585_560, 1_331_592, 470_072]


@pytest.mark.parametrize(("width", "trained"), [("1/2", 1_968_680), ("3/4", 2_636_424)])
def test_mobilenet_v2_rounds_its_widths(width, trained):
    """torchvision's mobilenet_v2(width_mult=...) makes every channel count a multiple of 8."""
    assert load("mobilenet_v2").at(w=Rational(width), rounding="divisor8").trainable == trained


def test_densenet_in_its_growth():
    """torchvision's DenseNet(growth_rate=..., block_config=(6, 12, 24, 16)), and the formula."""
    trained = load("densenet121").formula("trainable", free=["g"])
    assert trained == (51957 * g**2 + 326084 * g + 192192) / 8
    counts = [trained.subs(g, growth) for growth in (16, 24, 32, 48)]
    assert counts == [2_338_816, 4_743_180, 7_978_856, 16_944_144]


def test_a_scale_is_one_multiply_add():
    """torchvision multiplies by ConvNeXt's layer scale outside of any layer that hooks count."""
    scales = [layer for layer in load("convnext_t").at().layers if layer.text.startswith("dw1")]
    sides_and_channels = [(56, 96)] * 3 + [(28, 192)] * 3 + [(14, 384)] * 9 + [(7, 768)] * 3
    assert [layer.output for layer in scales] == [(n, n, c) for n, c in sides_and_channels]
    assert sum(layer.macs for layer in scales) == 2_145_024
    assert all(layer.trainable == layer.output[-1] for layer in scales)


# ---- Keras


@pytest.fixture
def quick_weights(monkeypatch):
    """Zeros for weights, since to draw a VGG's 140 million would take most of the time.

    The models are gone at the end: each is a circle of references, and some have half a gigabyte.
    """
    zeros = keras.initializers.Zeros.__call__
    for drawn in ("VarianceScaling", "RandomNormal", "TruncatedNormal"):
        monkeypatch.setattr(getattr(keras.initializers, drawn), "__call__", zeros)
    yield
    gc.collect()


def trained(model):
    return sum(np.prod(v.shape, dtype=int) for v in model.trainable_variables)


@pytest.mark.usefixtures("quick_weights")
@pytest.mark.parametrize("name", FIGURES)
def test_keras_builds_what_the_figures_say(name):
    network = load(name)
    model = keras_models.build(network)
    figures = network.at()
    assert (model.count_params(), trained(model)) == (figures.params, figures.trainable)
    assert np.prod(model.output_shape[1:]) == np.prod(figures.layers[-1].output)
    assert keras_models.tensorflow_flops(model) == figures.flops


def channels(network, op):
    """Output channels of all layers of an op."""
    return sum(layer.output[-1] for layer in network.at().layers if layer.op == op)


def keras_own(name, side):
    keras.utils.clear_session(free_memory=False)
    return getattr(keras.applications, name)(weights=None, input_shape=(side, side, 3))


# A file, Keras' network, and how many parameters that has more.
KERAS_OWN = [
    ("vgg16", "VGG16", lambda ours: 0),
    ("vgg19", "VGG19", lambda ours: 0),
    ("densenet121", "DenseNet121", lambda ours: 0),
    ("densenet169", "DenseNet169", lambda ours: 0),
    ("mobilenet_v1", "MobileNet", lambda ours: 0),
    ("mobilenet_v2", "MobileNetV2", lambda ours: 0),
    ("convnext_t", "ConvNeXtTiny", lambda ours: 0),
    # a layer of means, variances and a count normalises the three channels of the image
    ("efficientnet_b0", "EfficientNetB0", lambda ours: 3 + 3 + 1),
    # batch norms without a scale
    ("inception_v3", "InceptionV3", lambda ours: -channels(ours, "bn")),
    # every convolution has a bias, though a norm follows
    *[
        ("resnet50_v1", name, lambda ours: channels(ours, "conv"))
        for name in ("ResNet50", "ResNet101", "ResNet152")
    ],
]
RARE = {"DenseNet169", "ResNet101", "ResNet152"}


def at_sides(cases):
    """Each case at the side 97, at two that a narrower claim names, and in make test-long at more."""
    for name, theirs, difference in cases:
        quick = [127, 128] if zoo.claims(name)["Keras"].divisor else []
        for side in [97, *quick, 129, 200, 331]:
            rare = theirs in RARE or side not in (97, *quick)
            marks = [pytest.mark.long] if rare else []
            yield pytest.param(name, theirs, difference, side, marks=marks, id=f"{theirs}-{side}")


@pytest.mark.usefixtures("quick_weights")
@pytest.mark.parametrize(("name", "theirs", "difference", "side"), list(at_sides(KERAS_OWN)))
def test_layers_are_those_of_keras_own_networks(resnet_v1, name, theirs, difference, side):
    """Each layer with its output and its multiply-adds, at the sides of the claim and at no other."""
    network = resnet_v1(theirs) if name == "resnet50_v1" else load(name)
    network, model = network.having(R=side), keras_own(theirs, side)
    assert model.count_params() == network.at().params + difference(network)
    products = keras_models.products(model)
    assert keras_models.tensorflow_flops(model) == 2 * sum(macs for _, _, macs in products)
    if theirs == "MobileNet":  # its last layer is a 1x1 convolution, where the paper has "FC"
        op, *last = products.pop()
        assert op == "conv"
        products.append(("fc", *last))
    claim = zoo.claims(name)["Keras"]
    layers = zoo.counted(network.at().layers, claim.without)
    ours = Counter((layer.op, layer.output, layer.macs) for layer in layers if layer.macs)
    if claim.holds(side):
        assert ours == Counter(products)
    else:
        assert ours != Counter(products)
