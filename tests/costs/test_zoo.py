"""The networks of the field in examples/zoo: their figures are the published ones, to the unit."""

import gc
import re
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import CliRunner
from sympy import Rational, Symbol

import netform
from netform.cli import cli
from support import keras_models

EXAMPLES = Path(__file__).parents[2] / "examples"
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


def zoo(name):
    return netform.load(Path("zoo") / f"{name}.net")


def test_every_network_of_the_zoo_has_its_figures_here():
    assert {path.stem for path in (EXAMPLES / "zoo").glob("*.net")} == FIGURES.keys()


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_the_published_ones(name):
    figures = zoo(name).at()
    assert (figures.trainable, figures.macs) == FIGURES[name]


@pytest.mark.parametrize("name", FIGURES)
def test_comments_of_a_file_are_true(name):
    network = zoo(name)
    comment = (EXAMPLES / "zoo" / f"{name}.net").read_text(encoding="utf-8").partition("\ninput")[0]
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
    network = zoo(name)
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
    network = zoo("mobilenet_v1")
    assert network.trainable == 3139584 * w**2 + 1091392 * w + 1000
    widths = [1, Rational(3, 4), Rational(1, 2), Rational(1, 4)]
    counts = [network.at(w=width).trainable for width in widths]
    assert counts == [4_231_976, 2_585_560, 1_331_592, 470_072]


@pytest.mark.parametrize(("width", "trained"), [("1/2", 1_968_680), ("3/4", 2_636_424)])
def test_mobilenet_v2_rounds_its_widths(width, trained):
    """torchvision's mobilenet_v2(width_mult=...) makes every channel count a multiple of 8."""
    assert zoo("mobilenet_v2").at(w=Rational(width), rounding="divisor8").trainable == trained


def test_densenet_in_its_growth():
    """torchvision's DenseNet(growth_rate=..., block_config=(6, 12, 24, 16)), and the formula."""
    trained = zoo("densenet121").formula("trainable", free=["g"])
    assert trained == (51957 * g**2 + 326084 * g + 192192) / 8
    counts = [trained.subs(g, growth) for growth in (16, 24, 32, 48)]
    assert counts == [2_338_816, 4_743_180, 7_978_856, 16_944_144]


def test_a_scale_is_one_multiply_add():
    """torchvision multiplies by ConvNeXt's layer scale outside of any layer that hooks count."""
    scales = [layer for layer in zoo("convnext_t").at().layers if layer.text.startswith("dw1")]
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
    network = zoo(name)
    model = keras_models.build(network)
    figures = network.at()
    assert (model.count_params(), trained(model)) == (figures.params, figures.trainable)
    assert np.prod(model.output_shape[1:]) == np.prod(figures.layers[-1].output)
    assert keras_models.tensorflow_flops(model) == figures.flops


def channels(network, op):
    """Output channels of all layers of an op."""
    return sum(layer.output[-1] for layer in network.at().layers if layer.op == op)


def keras_own(name):
    keras.utils.clear_session(free_memory=False)
    return getattr(keras.applications, name)(weights=None)


@pytest.mark.usefixtures("quick_weights")
@pytest.mark.parametrize(
    ("name", "theirs", "difference"),
    [
        ("vgg16", "VGG16", lambda ours: 0),
        ("vgg19", "VGG19", lambda ours: 0),
        ("densenet121", "DenseNet121", lambda ours: 0),
        pytest.param("densenet169", "DenseNet169", lambda ours: 0, marks=pytest.mark.long),
        ("mobilenet_v1", "MobileNet", lambda ours: 0),
        ("mobilenet_v2", "MobileNetV2", lambda ours: 0),
        ("convnext_t", "ConvNeXtTiny", lambda ours: 0),
        # a layer of means, variances and a count normalises the three channels of the image
        ("efficientnet_b0", "EfficientNetB0", lambda ours: 3 + 3 + 1),
        # batch norms without a scale
        ("inception_v3", "InceptionV3", lambda ours: -channels(ours, "bn")),
    ],
)
def test_costs_are_those_of_keras_own_networks(name, theirs, difference):
    model, network = keras_own(theirs), zoo(name)
    figures = network.at()
    assert model.count_params() == figures.params + difference(network)
    # Keras multiplies by a layer scale outside of any matrix product
    scales = sum(layer.macs for layer in figures.layers if layer.text.startswith("dw1"))
    assert keras_models.tensorflow_flops(model) == 2 * (figures.macs - scales)


@pytest.mark.usefixtures("quick_weights")
@pytest.mark.parametrize(
    "name",
    [
        "ResNet50",
        pytest.param("ResNet101", marks=pytest.mark.long),
        pytest.param("ResNet152", marks=pytest.mark.long),
    ],
)
def test_costs_are_those_of_keras_own_residual_networks(resnet_v1, name):
    """Keras gives every convolution a bias, though a norm follows."""
    model, network = keras_own(name), resnet_v1(name)
    assert model.count_params() == network.at().params + channels(network, "conv")
    assert keras_models.tensorflow_flops(model) == network.at().flops
