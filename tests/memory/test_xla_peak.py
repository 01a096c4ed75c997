"""The peak of a step on JAX is what XLA assigns to its buffers on a CPU, but for single numbers.

Run by make test-long in an environment of its own, which has JAX.
"""

import pytest

import netform
from netform.codegen.measure.measuring import measure
from netform.codegen.measure.request import Request

pytest.importorskip("jax")

pytestmark = pytest.mark.long

TEXTS = (
    "input 32x32x3 conv32k3:bn.relu conv32k3:bn.relu gap fc10",
    "input 32x32x3 conv32k3 pool2 conv32k3 gap fc10",
    "input 32x32x3 conv32k3:swish conv32k3:gelu gap fc10",
    "input 32x32x3 conv32k3 cat[conv32k3 | conv16k1] conv32k3 gap fc10",
    "input 32x32x3 conv32k3 add[conv32k3 | conv32k1] conv32k3 gap fc10",
    "input 32x32x3 conv32k3s2 conv64k3s2 fc256 fc10",
    "input 2x2x64 conv64k3 conv64k3 gap fc10",
)


@pytest.mark.parametrize("text", TEXTS)
def test_the_peaks_are_what_xla_assigns(text):
    found = measure(Request(netform.parse(text), "jax", [16], device="cpu"))
    assert {record.mode for record in found.records} == {"inference_peak", "training_peak"}
    for record in found.records:
        assert abs(record.error) < 0.5, record
