"""Lowered convolutions: the matrices are those that windows cut from real arrays."""

import json
from math import prod
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

import netform
from netform.dsl.kinds.deconv import Deconv
from netform.grammar.errors import NetformError
from netform.strategies import networks
from support.commands import json_of, netform_command
from support.examples import FEW

ROOT = Path(__file__).parents[2]


def im2col(image, kernel, stride=1, padding=0, dilation=1):
    """The matrix of an image of H, W, C: a row for every place of the window."""
    padded = np.pad(image, [(padding, padding), (padding, padding), (0, 0)])
    span = [dilation * (k - 1) + 1 for k in kernel]
    seen = sliding_window_view(padded, span, axis=(0, 1))[::stride, ::stride]
    seen = seen[..., ::dilation, ::dilation]  # rows, columns, channels, and the window
    return seen.reshape(seen.shape[0] * seen.shape[1], -1)


@pytest.mark.parametrize(
    ("layer", "options"),
    [
        ("conv8k5v", {"kernel": (5, 5)}),
        ("conv8k3p1", {"kernel": (3, 3), "padding": 1}),
        ("conv8k3s2v", {"kernel": (3, 3), "stride": 2}),
        ("conv8k7s2p3", {"kernel": (7, 7), "stride": 2, "padding": 3}),
        ("conv8k3d2v", {"kernel": (3, 3), "dilation": 2}),
        ("conv8k1x7v", {"kernel": (1, 7)}),
        ("conv8k3g2p1", {"kernel": (3, 3), "padding": 1}),
        ("conv8k1s2v", {"kernel": (1, 1), "stride": 2}),
        ("conv8k1p1", {"kernel": (1, 1), "padding": 1}),
        ("dw3p1", {"kernel": (3, 3), "padding": 1}),
    ],
)
def test_a_matrix_has_a_row_for_every_window_and_a_column_for_all_under_it(layer, options):
    lowering = netform.parse(f"input 23x17x4 {layer}").lowering()
    (found,) = lowering.layers
    matrix = im2col(np.zeros((23, 17, 4), np.float32), **options)
    assert (lowering.figure(found.rows), lowering.figure(found.columns)) == matrix.shape
    assert lowering.largest == matrix.nbytes


def test_one_filter_over_a_grey_image():
    net = netform.parse("input 224x224x1 conv1k5")
    assert net.lowering().as_json() == {
        "images": "image",
        "layers": [{"name": "conv1", "rows": 50_176, "columns": 25, "bytes": 5_017_600}],
        "largest": 5_017_600,
    }
    assert net.lowering("batch", B=7, dtype="float64").largest == 7 * 2 * 5_017_600
    assert net.lowering(dtype="mixed_float16").largest == 5_017_600 // 2


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [
        ("input 9x9x6 conv4k1 fc10", 0),
        ("input 9x9x6 deconv4k2s2", 4 * 9 * 9 * 2 * 2 * 4),
        ("input 12x3 conv4k3", 4 * 12 * 3 * 3),
        ("input 4x6x8x2 conv4k3", 4 * 4 * 6 * 8 * 27 * 2),
        ("input 8x8x3 pool2 fc10", 0),
    ],
)
def test_what_is_lowered(text, bytes_):
    assert netform.parse(text).lowering().largest == bytes_


@FEW
@given(networks())
def test_rows_times_columns_times_filters_are_the_multiply_adds(network):
    lowering = network.lowering()
    for found in lowering.layers:
        if found.layer.op == "conv" and found.layer.kind.groups == 1:
            product = found.rows * found.columns * found.layer.output.channels
            assert lowering.figure(product) == lowering.figure(found.layer.cost.macs)
        if isinstance(found.layer.kind, Deconv):
            product = found.rows * found.columns * found.layer.input.channels
            assert lowering.figure(product) == lowering.figure(found.layer.cost.macs)


@FEW
@given(networks(), st.integers(1, 9))
def test_formulas_have_the_value_of_the_numbers(network, batch):
    assume(not network.open)
    at = network.lowering("batch", B=batch)
    formula = network.lowering("batch", free=["B"]).largest
    assert at.largest == (formula if isinstance(formula, int) else formula.subs("B", batch))


def test_a_formula_is_the_largest_of_polynomials_and_none_below_others():
    net = netform.load(ROOT / "examples" / "zoo" / "resnet50.net")
    formula = net.lowering("batch", free=["B", "R"]).largest
    assert str(formula).count("*B*") == len(formula.args) == 5  # of 20 matrices
    for side, batch in ((224, 1), (63, 5), (600, 2)):
        there = net.having(R=side).lowering("batch", B=batch)
        symbols = {symbol.name: symbol for symbol in formula.free_symbols}
        assert formula.subs({symbols["B"]: batch, symbols["R"]: side}) == there.largest


def test_the_command_has_the_matrices_beside_the_account():
    words = ["memory", ROOT / "examples" / "cifar_vgg.net", "--set", "B=4"]
    plain, found = json_of(*words), json_of(*words, "--lowering", "batch")
    assert found.pop("lowering")["largest"] == 4 * 4 * 32 * 32 * 9 * 32
    assert json.dumps(found) == json.dumps(plain)
    printed = netform_command(*words, "--lowering", "image").stdout
    assert "convolution lowering (im2col), one image at a time" in printed
    assert ["conv1", "conv32k3", "1,024", "27", "110,592"] in map(str.split, printed.splitlines())
    assert "1,179,648 bytes (1.12 MiB); not part of the account" in printed
    assert "cuDNN chooses its own way" in printed


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"images": "imag"}, "no lowering is called imag"),
        ({"dtype": "float"}, "no data type is called float"),
        ({"B": 0}, "B is a positive whole number"),
        ({"w": "1/3"}, "conv1"),
        ({"free": ["q"]}, "no symbol of this network is called q"),
    ],
)
def test_what_cannot_be_lowered_is_refused(wrong, told):
    with pytest.raises(NetformError, match=told):
        netform.parse("input 8x8x1 conv4k3 fc10").lowering(**wrong)


@pytest.mark.long
@pytest.mark.parametrize("options", [{"padding": 2}, {"stride": 2}, {"padding": 1, "stride": 3}])
def test_pytorch_on_a_cpu_without_onednn_allocates_the_matrix_of_the_batch(options):
    torch = pytest.importorskip("torch")
    padding = f"p{options['padding']}" if "padding" in options else "v"
    net = netform.parse(f"input 20x24x4 conv6k5s{options.get('stride', 1)}{padding}")
    image, weights = torch.randn(3, 4, 20, 24), torch.randn(6, 4, 5, 5)
    cpu = [torch.profiler.ProfilerActivity.CPU]
    with torch.no_grad(), torch.backends.mkldnn.flags(enabled=False):
        torch.nn.functional.conv2d(image, weights, **options)
        with torch.profiler.profile(activities=cpu, profile_memory=True) as profile:
            out = torch.nn.functional.conv2d(image, weights, **options)
    events = profile.profiler.kineto_results.events()
    allocated = [event.nbytes() for event in events if event.name() == "[memory]"]
    matrix = net.lowering("batch", B=3).largest
    assert [size for size in allocated if size > 0] == [matrix, 4 * prod(out.shape)]
