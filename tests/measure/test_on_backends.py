"""netform measure on PyTorch and JAX. Run by make test-long in an environment that has them."""

import pytest

import netform
from netform.codegen.measure.largest import largest
from netform.codegen.measure.measuring import measure
from netform.codegen.measure.request import Request

pytest.importorskip("torch")

pytestmark = pytest.mark.long

NETWORK = netform.parse("input 16x16x3 conv16k3 pool2 conv32k3:bn.relu add[conv(c)k3] fc64 fc10")


def test_a_plain_network_keeps_what_the_torch_profile_says():
    found = measure(Request(NETWORK, "torch", [2, 7], device="cpu"))
    for batch in (2, 7):
        account = NETWORK.account("torch", B=batch)
        parts = found.parts["torch", batch]
        assert parts["activations"] == account.figure(account.parts["activations"])
        assert parts["gradients"] == account.figure(account.parts["gradients"])
    kept = [r for r in found.records if (r.profile, r.mode) == ("torch", "training")]
    assert all(abs(record.error) < 0.1 for record in kept)
    peaks = [r for r in found.records if r.profile == "torch" and r.mode.endswith("peak")]
    assert len(peaks) == 4
    assert all(abs(record.error) < 30 for record in peaks)


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_a_peak_is_more_than_the_parameters_and_grows_with_the_batch(backend):
    pytest.importorskip(backend)
    found = measure(Request(NETWORK, backend, [2, 32], device="cpu"))
    emitted = {"torch": "keras-torch", "jax": "jax"}[backend]
    few, many = (
        r.measured for r in found.records if (r.profile, r.mode) == (emitted, "training_peak")
    )
    assert 12 * NETWORK.at().params < few < many
    assert found.images_per_second[emitted, 2] > 0


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_the_largest_batch_by_trial_grows_with_the_memory(backend):
    pytest.importorskip(backend)
    asked = Request(NETWORK, backend, [1], device="cpu")
    small, large = (largest(asked, memory << 20) for memory in (20, 40))
    assert small.is_exact
    assert 1 <= small.batch < large.batch
    assert {trial.fits for trial in small.trials} == {True, False}


def test_a_card_that_is_not_here_is_told():
    with pytest.raises(netform.NetformError, match="PyTorch finds no such card"):
        measure(Request(NETWORK, "torch", [1], device="gpu:99"))
