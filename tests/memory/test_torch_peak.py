"""The peak of a step on PyTorch is near what its profiler reports on a CPU.

Run by make test-long in an environment of its own, which has PyTorch.
"""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import netform
from netform.dsl.memory.request import Request
from netform.dsl.memory.torch_workspace import works
from netform.strategies import networks

torch = pytest.importorskip("torch")
torch_graph = pytest.importorskip("support.torch_graph")
torch_peak = pytest.importorskip("support.torch_peak")

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
NETWORKS = (
    *("alexnet", "convnext_t", "densenet121", "efficientnet_b0", "googlenet"),
    *("inception_v4_cifar", "mobilenet_v1", "mobilenet_v2", "resnet18", "resnet20_cifar"),
    *("resnet34", "resnet50", "resnet56_cifar", "resnext50", "se_resnet50", "squeezenet"),
    "vgg11",
)
WORST = 8  # percent


def percent_above(network, mode, batch):
    """The signed error of the prediction."""
    account = network.account("torch", mode, B=batch, optimizer="adam")
    measured = getattr(torch_peak, mode)(network, batch)
    return 100 * (account.figure(account.total) / measured - 1)


@pytest.mark.parametrize("batch", [1, 2, 7])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_peak_of_training_is_near_the_profilers(name, batch, monkeypatch):
    monkeypatch.chdir(ROOT)
    network = netform.load(f"examples/zoo/{name}.net")
    assert abs(percent_above(network, "training_peak", batch)) < WORST


@pytest.mark.parametrize("batch", [1, 2, 7])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_peak_of_inference_is_near_the_profilers(name, batch, monkeypatch):
    monkeypatch.chdir(ROOT)
    network = netform.load(f"examples/zoo/{name}.net")
    assert abs(percent_above(network, "inference_peak", batch)) < WORST


@example(netform.parse("input 8x8x1 dw3 conv4k3"), 1, "float32")  # one channel is one group
@given(networks(ranks=(1, 2)), st.sampled_from([1, 2]), st.sampled_from(["float32", "float64"]))
def test_pytorch_computes_a_convolution_itself_where_it_has_columns(network, batch, dtype):
    account = network.account("torch", "training_peak", B=batch, dtype=dtype)
    request = Request(account.network, "training_peak", dtype, "adam", 0, batch)
    for layer, work in works(request).items():
        names = {name for name, _ in (*work.output.before, *work.output.beside)}
        try:
            own = "Slow" in backend(layer, batch, getattr(torch, dtype))
        except torch_graph.Unlike:
            continue
        assert own == bool(names & {"columns", "columns of a group"})


def backend(layer, batch, dtype):
    """What PyTorch says that it takes for a convolution; it has no word for some of oneDNN."""
    images = torch.zeros(batch, *torch_graph.shape_of(layer.input), dtype=dtype)
    module = torch_graph.module_of(layer).to(dtype)
    if isinstance(module, torch.nn.Sequential):
        pad, module = module
        images = pad(images)
    return str(
        torch._C._select_conv_backend(
            images,
            module.weight,
            None,
            module.stride,
            module.padding,
            module.dilation,
            module.transposed,
            module.output_padding,
            module.groups,
            None,
        )
    )


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "text",
    [
        "input 10x10x8 conv24k3 conv24k3",
        "input 10x10x8 conv24k5 conv24k1",
        "input 10x10x8 conv24k3 conv24k3d2",
        "input 10x10x8 conv24k3 deconv24k3s2 deconv24k2s2",
        "input 40x8 conv24k3 conv24k3",
        "input 6x6x6x8 conv24k3 conv24k3",
        "input 10x10x8 conv24k3 conv32k3g2 conv32k3g4",
        "input 10x10x8 conv24k3 dw3 dw3s2",
    ],
)
def test_the_peak_of_every_convolution_is_near_the_profilers(text, batch, dtype):
    network = netform.parse(f"{text} fc10")
    for mode in ("inference_peak", "training_peak"):
        account = network.account("torch", mode, B=batch, optimizer="adam", dtype=dtype)
        measured = getattr(torch_peak, mode)(network, batch, getattr(torch, dtype))
        error = 100 * (account.figure(account.total) / measured - 1)
        assert abs(error) < WORST, mode
