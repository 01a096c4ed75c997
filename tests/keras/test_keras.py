"""Theorems that hold netform against Keras and TensorFlow."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import netform
from netform.dsl.algebra.polynomials import value_at
from netform.dsl.costs.memory import SLOTS
from netform.grammar import tree
from netform.strategies import networks
from support import keras_models
from support.examples import FEW

NAMES = (
    (Path(__file__).parents[1] / "fixtures" / "names.txt").read_text(encoding="utf-8").splitlines()
)


def emitted(network):
    """The network if a program can be written for it; what Keras cannot train is no example."""
    try:
        network.emit()
    except netform.NetformError:
        assume(False)
    return network


@given(networks())
@FEW
def test_parameters_and_shapes_are_what_keras_builds(network):
    model = keras_models.build(emitted(network))
    figures = network.at()
    assert model.count_params() == figures.params
    assert sum(np.prod(v.shape, dtype=int) for v in model.trainable_variables) == figures.trainable
    for layer, row in zip(network.layers[1:], figures.layers[1:], strict=True):
        built = keras_models.keras_layer(model, layer)
        if built is not None:
            shape = built.output.shape[1:]
            assert (*(1,) * (3 - len(shape)), *shape) == row.output
            assert built.count_params() == row.params or built.name.endswith("_crop")
    assert np.prod(model.output_shape[1:]) == np.prod(figures.layers[-1].output)


BY_SHAPE = [name for name, slots in SLOTS.items() if slots.sums or slots.spares_matrices]
BY_COUNT = [name for name in SLOTS if name not in BY_SHAPE]
MORE = st.sampled_from(["", "ema=0.9", "split=2", "ema=0.9 split=4"])
FEWER = settings(max_examples=FEW.max_examples * 2 // 5)


@given(networks(), st.sampled_from(BY_COUNT), MORE)
@FEWER
def test_slots_are_what_the_optimizer_of_keras_keeps(network, optimizer, more):
    """All its values but single numbers, such as the count of steps."""
    assert_kept(network, optimizer, more.replace("ema=0.9", "") if "free" in optimizer else more)


@pytest.mark.parametrize("optimizer", BY_SHAPE)
@given(network=networks(ranks=(1, 2, 3)), more=MORE)
@FEWER
def test_slots_by_shape_are_what_the_optimizer_of_keras_keeps(optimizer, network, more):
    assert_kept(network, optimizer, more)


@pytest.mark.parametrize("optimizer", BY_SHAPE)
@pytest.mark.parametrize(
    "text",
    [
        "input 9x9x4 conv6k3x2g2 dw3m2 dw3s2x1m2 deconv5k2s2 conv4k3:ln fc7 bn fc3",
        "input 6x6x6x2 dw3m3 conv4k2g2 deconv3k2 gap fc4 fc2",
        "input 12x3 dw3m2 conv6k3g3 deconv4k3 fc6 fc5 cat[fc2 | fc3]",
    ],
)
def test_slots_of_every_kernel(text, optimizer):
    assert_kept(netform.parse(text), optimizer, "split=2")


def assert_kept(network, optimizer, more):
    said = f"opt={optimizer} batch=8 {more}".split()
    given = tuple(tree.Setting(key, value) for key, value in (pair.split("=") for pair in said))
    network = emitted(netform.Network(replace(network.program, train=given)))
    model, found = keras_models.compiled(network)
    found.build(model.trainable_variables)
    kept = sum(int(np.prod(v.shape)) for v in found.variables if len(v.shape))
    totals = network.totals
    slots = SLOTS[optimizer].values(totals) + totals.trainable * network.train.copies
    assert kept == value_at(slots, network.at().point)
    bytes_ = network.at().memory("training", optimizer=optimizer, copies=network.train.copies)
    assert bytes_ - network.at().memory("training", optimizer="sgd") == 4 * kept


@given(networks())
@FEW
def test_multiply_adds_are_what_tensorflow_counts(network):
    # TensorFlow counts outputs * kernel / strides for an up-convolution, which holds for same
    # padding only, and pads the map of a dilated convolution to a multiple of the dilation, work
    # that is its own; test_every_product_adds_one holds both
    assume(not any(letters(atom) & set("d") for atom in atoms(network)))
    assume(not any(a.op == "deconv" and letters(a) & set("vp") for a in atoms(network)))
    model = keras_models.build(emitted(network))
    assert keras_models.tensorflow_flops(model) == 2 * network.at().macs == network.at().flops


@given(networks())
@FEW
def test_every_layer_is_fed_by_the_layers_that_feed_it_in_the_network(network):
    assert_wired(emitted(network))


@pytest.mark.parametrize("text", NAMES, ids=lambda text: text[:60])
def test_names_that_hide_others_change_no_program(text):
    """Taps, parameters and blocks may be called anything, and each keeps its own tensor."""
    network = netform.parse(text)
    assert keras_models.build(network).count_params() == network.at().params
    assert_wired(network)


def assert_wired(network):
    model = keras_models.build(network)
    names = {layer.name for layer in model.layers}
    separator = "." if any("." in name for name in names) else "_"

    def shown(layer):
        """The Keras layer in which a layer is: an activation may be inside the one before it."""
        name = layer.name.replace(".", separator)
        for found in (f"{name}{separator}crop" if separator == "." else f"{name}_crop", name):
            if found in names:
                return found
        return shown(layer.inputs[0]) if layer.inputs else None

    expected = {}
    for layer in network.layers[1:]:
        if shown(layer) not in (shown(before) for before in layer.inputs):
            feeding = [shown(before) for before in layer.inputs]
            expected[shown(layer)] = [name for name in feeding if name is not None]
    assert keras_models.wiring(model, set(expected)) == expected


def atoms(network):
    definitions = network.program.definitions
    chains = [network.program.chain, *(definition.body.chain for definition in definitions)]
    found = [item for chain in chains for item in tree.items(chain)]
    return [item for item in found if isinstance(item, tree.Atom)]


def letters(atom):
    return {modifier.letter for modifier in atom.modifiers}


@pytest.mark.parametrize(
    "text",
    [
        "deconv4k3s2v",
        "deconv2k4s2v",
        "deconv3k2x3s2v",
        "deconv3k3d2v",
        "conv4k3v",
        "conv4k2d3v",
        "conv6k3d2vg3",
        "dw3d2vm2",
        "dw2vs3",
    ],
)
def test_every_product_adds_one(text):
    """With ones everywhere and no padding, every product adds one to the sum of all outputs."""
    network = netform.parse(f"input 7x8x3 {text}")
    model = keras_models.build(network)
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([np.ones_like(kernel), bias])
    outputs = model.predict(np.ones((1, 7, 8, 3)), verbose=0)
    assert outputs.sum() == network.at().macs


# ---- the aperture


def linear(network):
    """The network without what hides a gradient: norms, activations; max pools as average pools."""
    program = network.program
    definitions = tuple(
        replace(
            definition, body=replace(definition.body, chain=linear_chain(definition.body.chain))
        )
        for definition in program.definitions
    )
    return netform.Network(
        replace(
            tree.Program(program.input, linear_chain(program.chain)),
            lets=program.lets,
            definitions=definitions,
        )
    )


def linear_chain(chain):
    return tuple(linear_item(item) for item in chain)


def linear_item(item):
    match item:
        case tree.Atom(op=op) if op in HIDING:
            return tree.Atom("id")
        case tree.Atom():
            post = () if item.op in {"conv", "deconv", "dw", "fc"} else None
            return replace(item, op=SWAPS.get(item.op, item.op), post=post)
        case tree.Group():
            return replace(item, chain=linear_chain(item.chain))
        case tree.Merge():
            return replace(item, branches=tuple(map(linear_chain, item.branches)))
        case tree.Repeat() | tree.Remat():
            return replace(item, part=linear_item(item.part))
        case tree.Call():
            arguments = [linear_item(a) if isinstance(a, tree.Group) else a for a in item.arguments]
            return replace(item, arguments=tuple(arguments))
        case _:
            return item


SWAPS = {"pool": "avg", "gmp": "gap"}
HIDING = {"bn", "ln", "relu", "sigmoid", "tanh", "softmax", "swish", "gelu", "drop"}


@given(networks())
@FEW
def test_the_aperture_is_the_extent_of_the_gradient(network):
    network = emitted(linear(network))
    # what multiplies a zero has no gradient, though the pixel sees it
    makes_zeros = any(a.op in ("pad", "deconv") or letters(a) & set("p") for a in atoms(network))
    assume(not (makes_zeros and any(layer.op == "mul" for layer in network.layers)))
    local = [layer for layer in network.layers[1:] if layer.output.extents]
    assume(local)
    layer = local[-1]
    model = keras_models.build(network)
    keras_models.make_linear(model)
    until = keras.Model(model.inputs, keras_models.keras_layer(model, layer).output)
    height, width = layer.output.extents
    for position in {(0, 0), (height - 1, width - 1), (height // 2, width // 2), (height // 3, 0)}:
        seen = network.sees(layer.name, position)
        assert keras_models.seen_by(until, position) == (None if None in seen else seen)
