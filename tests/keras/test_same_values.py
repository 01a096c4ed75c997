"""Random networks as netform emits them, against the NumPy references along netform's graph.

    KERAS_BACKEND=jax pytest tests/keras/test_same_values.py

holds another backend to the same networks, weights and images: all agree with one judge, and so
with each other.
"""

from hypothesis import assume, given, settings

import netform
from netform.strategies import networks
from support.values import assert_values, is_wrong_in_keras

HALF = settings(max_examples=settings.default.max_examples // 2)
QUARTER = settings(max_examples=settings.default.max_examples // 4)


@given(networks())
@HALF
def test_a_network_computes_what_its_references_compute(network):
    assert_values(emitted(network))


@given(networks(ranks=(1, 3), max_layers=5))
@QUARTER
def test_a_network_of_another_rank_computes_what_its_references_compute(network):
    assert_values(emitted(network))


def emitted(network):
    """The network if a program can be written for it; what Keras cannot do is no example."""
    try:
        network.emit()
    except netform.NetformError:
        assume(False)
    assume(not is_wrong_in_keras(network))
    return network
