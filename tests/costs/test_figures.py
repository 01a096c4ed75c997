"""The figures of the published sources, right where they are and corrected where they are not."""

from pathlib import Path

import pytest
from sympy import Rational, Symbol, limit, oo

import netform
from netform.dsl.costs.quantities import QUANTITIES

EXAMPLES = Path(__file__).parents[2] / "examples"
w, B = Symbol("w"), Symbol("B")


def example(name):
    return netform.load(EXAMPLES / f"{name}.net")


@pytest.mark.parametrize(
    ("name", "params", "feature_maps", "macs"),
    [
        ("cifar_vgg", 2_349_258, 169_994, 50_178_048),
        ("vgg16", 138_357_544, 15_237_608, 15_470_264_320),
        ("mnist", 3_274_634, 48_858, 13_883_904),
        ("dogs_cats_1", 4_195_457, 176_257, 7_733_376),
        ("dogs_cats_2", 6_305_401, 921_289, 442_339_800),
        ("digits", 151_306, 7_370, 1_330_432),
    ],
)
def test_totals_of_the_examples(name, params, feature_maps, macs):
    figures = example(name).at()
    assert (figures.params, figures.feature_maps, figures.macs) == (params, feature_maps, macs)


def test_vgg16_by_convolution_group_as_the_lecture_has_it():
    """Conv groups as published; fc6 and fc8 as they truly are (the lecture forgot a pool)."""
    macs = {layer.name: layer.macs for layer in example("vgg16").at().layers}
    groups = [(1, 2), (3, 4), (5, 6, 7), (8, 9, 10), (11, 12, 13)]
    published = [1.94e9, 2.77e9, 4.62e9, 4.62e9, 1.39e9]
    for group, printed in zip(groups, published, strict=True):
        assert sum(macs[f"conv{i}"] for i in group) == pytest.approx(printed, rel=0.005)
    assert (macs["fc1"], macs["fc2"], macs["fc3"]) == (102_760_448, 16_777_216, 4_096_000)


def test_apertures_of_vgg16_as_tensorflows_table_has_them():
    """receptive_field/RECEPTIVE_FIELD_TABLE.md of google-research: size, stride, padding."""
    layers = {layer.name: layer for layer in example("vgg16").layers}
    table = {
        "conv1": (3, 1, 1),
        "pool1": (6, 2, 2),
        "conv3": (10, 2, 4),
        "pool2": (16, 4, 6),
        "conv5": (24, 4, 10),
        "conv6": (32, 4, 14),
        "pool3": (44, 8, 18),
        "pool5": (212, 32, 90),
    }
    for name, (size, jump, padding) in table.items():
        seen = layers[name].aperture
        assert (seen.size[0], seen.jump[0], seen.padding[0]) == (size, jump, padding)


def test_the_spreadsheet_of_the_cifar_network_where_it_is_right():
    """Values per image in units of 1024, and 166 K in all with the input."""
    maps = [layer.feature_map / 1024 for layer in example("cifar_vgg").at().layers]
    kept = [values for values in maps if values]
    assert kept[:9] == [3, 32, 64, 16, 32, 8, 8, 2, 1]
    assert sum(kept) == pytest.approx(166, abs=0.02)


@pytest.mark.parametrize(
    ("phase", "layers"),
    [
        (1, [896, 0, 4_194_432, 0, 129]),
        (2, [2800, 0, 180_200, 0, 540_300, 0, 1_080_400, 0, 1_800_500, 0, 2_700_600, 0, 601]),
    ],
)
def test_dogs_and_cats_layer_by_layer(phase, layers):
    rows = example(f"dogs_cats_{phase}").at().layers
    assert [row.params for row in rows[1:] if not row.is_post] == layers


def test_a_quarter_is_only_the_limit():
    """Half the width: the input, the biases and the class count do not scale with it."""
    ratio = example("cifar_vgg").ratio("params", w=Rational(1, 2))
    assert ratio.exact == Rational(590_442, 2_349_258)
    assert ratio.exact > ratio.limit == Rational(1, 4)
    assert ratio.formula.subs(w, 1) == ratio.exact
    assert limit(ratio.formula, w, oo) == ratio.limit


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_ratios_agree_with_sympys_own_limit(quantity):
    network = example("cifar_vgg")
    ratio = network.ratio(quantity, w=Rational(3, 4), B=128)
    if quantity == "non_trainable":
        assert ratio is None
        return
    formula = network.formula(quantity)
    direct = (formula.subs(w, w * Rational(3, 4)) / formula).subs(B, 128)
    assert ratio.exact == direct.subs(w, 1)
    assert (ratio.formula - formula.subs(w, w * Rational(3, 4)) / formula).simplify() == 0
    assert limit(direct, w, oo) == ratio.limit


def test_textbook_memory_of_the_cifar_network():
    """Outputs, error signals (the image has none), parameters, gradients and two slots of Adam."""
    network = example("cifar_vgg")
    maps, params = 169_994, 2_349_258
    assert network.at(B=128).memory("inference") == 4 * (128 * maps + params)
    adam = 4 * (128 * (2 * maps - 3072) + 4 * params)
    assert network.at(B=128).memory("training") == adam
    assert network.at(B=128).memory("training", optimizer="sgd") == adam - 4 * 2 * params
    mixed = 2 * 128 * (2 * maps - 3072) + 4 * 4 * params
    assert network.at(B=128).memory("training", dtype="mixed_float16") == mixed
    assert network.memory("training").subs({w: 1, B: 128}) == adam


def test_mobilenet_as_a_chain_in_its_width():
    """MobileNet-v1 in Keras' applications and in torch-scan: trainable parameters by width."""
    pairs = [(1, 64), (2, 128), (1, 128), (2, 256), (1, 256), (2, 512), *[(1, 512)] * 5]
    blocks = " ".join(f"dw3s{s} conv{n}k1" for s, n in [*pairs, (2, 1024), (1, 1024)])
    text = f"input 224x224x3 post conv=bn.relu6 dw=bn.relu6 conv32k3s2 {blocks} gap fc1000"
    network = netform.parse(text)
    assert network.trainable == 3139584 * w**2 + 1091392 * w + 1000
    assert network.at().macs == 568_740_352
    widths = [1, Rational(3, 4), Rational(1, 2), Rational(1, 4)]
    counts = [network.at(w=width).trainable for width in widths]
    assert counts == [4_231_976, 2_585_560, 1_331_592, 470_072]


MOBILENET_GRID = {  # multiply-adds in millions, by width and resolution, as TF-Slim's page prints them
    "1": {224: 569, 192: 418, 160: 291, 128: 186},
    "3/4": {224: 317, 192: 233, 160: 162, 128: 104},
    "1/2": {224: 150, 192: 110, 160: 77, 128: 49},
    "1/4": {224: 41, 192: 34, 160: 21, 128: 14},
}
WRONG_CELLS = {  # and what is true: all of the width 3/4, and one of 1/4
    ("3/4", 224): 325_400_448,
    ("3/4", 192): 239_273_472,
    ("3/4", 160): 166_396_800,
    ("3/4", 128): 106_770_432,
    ("1/4", 192): 30_212_608,
}


def test_the_published_grid_of_mobilenet_but_for_five_cells():
    formula = netform.load(EXAMPLES / "zoo" / "mobilenet_v1.net").formula("macs", free=["w", "R"])
    wrong = {}
    for width, row in MOBILENET_GRID.items():
        for resolution, printed in row.items():
            macs = formula.subs({"w": Rational(width), "R": resolution})
            if abs(macs - printed * 10**6) > 510_000:  # 149.497 million is printed as 150
                wrong[width, resolution] = macs
    assert wrong == WRONG_CELLS
    assert formula.subs({"w": Rational(1, 4), "R": 224}) == 41_030_272
