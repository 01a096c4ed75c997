"""A batch that fit names by the torch profile takes no more on PyTorch than the memory given.

Run by make test-long in an environment of its own, which has PyTorch.
"""

from pathlib import Path

import pytest

import netform
from netform.dsl.questions.fit import fit

torch = pytest.importorskip("torch")
torch_peak = pytest.importorskip("support.torch_peak")

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
NETWORKS = ("densenet121", "googlenet", "mobilenet_v2", "resnet18", "resnet20_cifar", "squeezenet")


@pytest.mark.parametrize("purpose", ["training", "inference"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_safe_batch_fits_what_was_given(name, purpose, monkeypatch):
    monkeypatch.chdir(ROOT)
    network = netform.load(f"examples/zoo/{name}.net")
    account = network.account("torch", f"{purpose}_peak", B=8, optimizer="adam")
    memory = account.figure(account.total)
    found = fit(network, memory, purpose=purpose, profile="torch", optimizer="adam")
    assert found.full.value == 8
    batch = int(found.safe.value)
    measured = getattr(torch_peak, f"{purpose}_peak")(network, batch)
    print(f"{name}, {purpose}: batch {batch} leaves {1 - measured / memory:.1%} unused")
    assert measured <= memory
