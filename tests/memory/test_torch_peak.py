"""The peak of a step on PyTorch is near what its profiler reports on a CPU.

Run by make test-long in an environment of its own, which has PyTorch.
"""

from pathlib import Path

import pytest

import netform

torch = pytest.importorskip("torch")
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


@pytest.mark.parametrize("batch", [2, 7])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_peak_of_inference_is_near_the_profilers(name, batch, monkeypatch):
    """Not of one image: ResNet-20 and ResNet-56 then take up to 27 % more."""
    monkeypatch.chdir(ROOT)
    network = netform.load(f"examples/zoo/{name}.net")
    assert abs(percent_above(network, "inference_peak", batch)) < WORST
