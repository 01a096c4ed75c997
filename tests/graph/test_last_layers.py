"""Which layers are the last with weights: brute force over the paths, and what the rule decides."""

import pytest
from hypothesis import assume, given
from sympy import sympify

import netform
from netform.strategies import networks

MOST_PATHS = 3000


def paths(layer):
    """Every path from the image to a layer, backwards."""
    if not layer.inputs:
        yield (layer,)
    for before in layer.inputs:
        for path in paths(before):
            yield (*path, layer)


def last_by_brute_force(network):
    """The layers with weights that are the last such layer of every path on which they lie."""
    last, others = set(), set()
    for number, path in enumerate(paths(network.layers[-1])):
        assume(number < MOST_PATHS)
        weighted = [layer for layer in path if layer.kind.weighted]
        last.update(weighted[-1:])
        others.update(weighted[:-1])
    return last - others


@given(networks())
def test_last_layers_are_those_that_brute_force_finds(network):
    """And only they stay bare and keep their channels at every width, unless they say otherwise."""
    is_trunk = network.program.last is False
    expected = set() if is_trunk else last_by_brute_force(network)
    assert {layer for layer in network.layers if layer.is_final} == expected
    posts = {post.op: post.chain for post in network.program.posts}
    followed = {layer.inputs[0] for layer in network.layers if layer.is_post}
    for layer in network.layers:
        if layer.kind.weighted and layer.written.atom.post is None:
            has_chain = layer not in expected and posts.get(layer.op) != ()
            assert (layer in followed) == has_chain
        if layer in expected and "channels" in vars(type(layer.kind)).get("__slots__", ()):
            assert layer.written.given[0].literal or not layer.kind.channels.degree(0)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("conv16k3 conv16k3 fc10", {"fc1"}),
        ("conv16k3 add[conv16k3 conv16k3:bn] relu", {"conv3"}),
        ("conv16k3 add[conv16k3 conv16k3:bn] relu gap fc10", {"fc1"}),
        ("conv4k3 cat[conv2k1 | conv4k1 conv8k1]", {"conv2", "conv4"}),
        ("conv4k3 cat[conv2k1 | conv4k1 conv8k1] conv2k1", {"conv5"}),
        ("conv4k3 ->a conv4k3 cat[@a | pool2 up2]", {"conv2"}),
        ("conv4k3 mul[gap fc(c):sigmoid]", {"fc1"}),
        ("def F(n) [ add[conv(n)k1] ] F(3) F(3)", {"f2.conv1"}),
        ("add[dw3] relu", {"dw1"}),
        ("pool2 relu", set()),
        ("post last=1 conv4k3 fc2", {"fc1"}),
        ("post last=0 conv4k3 fc2", set()),
    ],
)
def test_last_layers_by_hand(text, names):
    network = netform.parse(f"input 32x32x3 {text}")
    assert {layer.name for layer in network.layers if layer.is_final} == names


def test_a_skip_over_the_last_layer_strips_no_layer_before_it():
    """The norm of conv1 stays."""
    text = "input 32x32x3 post conv=bn.relu conv16k3 add[conv16k3 conv16k3:bn] relu"
    network = netform.parse(text)
    convolutions, norms = 3 * 16 * 9 + 2 * 16 * 16 * 9, 3 * 2 * 16
    assert network.at().trainable == convolutions + norms == 5136
    assert network.at().params == convolutions + 3 * 4 * 16 == 5232


def test_a_trunk_has_no_last_layer_and_scales_as_a_whole():
    chain = "conv16k3 add[conv16k3 conv16k3:bn] relu"
    trunk = netform.parse(f"input 32x32x3 post conv=bn.relu last=0 {chain}")
    convolutions, norms = "432*w + 4608*w**2", "192*w"
    assert (trunk.params - sympify(f"{convolutions} + {norms}")).expand() == 0
    assert trunk.domain() == ["w is a positive multiple of 1/16", "B is a positive integer"]


def test_all_layers_of_a_trunk_may_repeat_a_symbolic_number_of_times():
    trunk = netform.parse("input 8x8x4 let n = 2 post last=0 conv4k3 [conv4k3:bn]*(n)")
    assert str(trunk.formula("trainable", free=["n"])) == "152*n + 148"


def test_a_trunk_is_printed_and_emitted_as_one():
    trunk = netform.parse("input 8x8x4 post last=0 conv4k3")
    assert "post last=0" in str(trunk)
    assert netform.parse(str(trunk)) == trunk != netform.parse("input 8x8x4 conv4k3")
    assert "relu" in trunk.emit()
    assert "Activation" not in netform.parse("input 8x8x4 conv4k3").emit()
