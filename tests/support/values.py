"""Emitted models with random weights, and their values against the references, on any backend."""

import functools
import os

os.environ.setdefault(  # compiling takes JAX most of the time
    "XLA_FLAGS", "--xla_backend_optimization_level=0"
)

import keras
import numpy as np
import pytest

from support.programs import module_of
from support.reference import outputs, pads_unevenly

CLOSE = 1e-5  # of the largest value: float32 against float64
NUDGE = 1e-6  # of a pixel: what float32 may do to it several times over


def build(network):
    """The emitted model with random weights, each output of the order of one."""
    keras.utils.clear_session(free_memory=False)  # a collection would take most of the time
    model = module_of(network.emit()).build_model()
    rng = np.random.default_rng(0)
    for variable in model.variables:
        values = rng.normal(size=variable.shape)
        if len(variable.shape) > 1:
            values /= np.sqrt(np.prod(variable.shape[:-1]))
        if variable.name == "moving_variance":
            values = 0.5 + np.abs(values)
        variable.assign(values.astype("float32"))
    return model


def image_of(network, count=2):
    """Images with values of both signs."""
    shape = (*network.layers[0].output.sizes, network.at().layers[0].output[-1])
    return np.random.default_rng(1).normal(size=(count, *shape)).astype("float32")


def assert_values(network, shown=None):
    """The values behind every layer that the model names are those of the references.

    ``shown`` gives the values of a model's tensors for an image, other than at once.
    """
    model = build(network)
    places = keras_names(network, model)
    last = {place: layer for layer, place in places.items() if place is not None}
    layers = [model.get_layer(name) for name in last]
    image = image_of(network)
    weights = {name: layer.get_weights() for name, layer in _own(network, model).items()}
    expected, nudged = (
        outputs(network, pixels, lambda layer: weights.get(layer.name, []))
        for pixels in (image.astype(float), _nudged(image))
    )
    found = (shown or at_once)(model, [layer.output for layer in layers], image)
    for values, layer in zip(found, last.values(), strict=True):
        change = np.abs(nudged[layer] - expected[layer]).max(initial=0)
        assert_close(values, expected[layer], f"{layer.name} ({layer.text})", 10 * change)
    return model


def _nudged(image):
    """The image a little changed. Norms of nearly equal values amplify what float32 rounds."""
    signs = np.random.default_rng(2).choice([-NUDGE, NUDGE], image.shape)
    return image.astype(float) * (1 + signs)


def at_once(model, tensors, image):
    """The values of some tensors of a model in inference."""
    found = keras.Model(model.input, tensors)(image, training=False)
    return [keras.ops.convert_to_numpy(values) for values in keras.tree.flatten(found)]


def assert_close(values, expected, name, more=0.0):
    """Equal up to float32, and ``more``; a map of one pixel may be a vector in Keras."""
    values = np.asarray(values, float)
    extents = [shape[1:-1] for shape in (values.shape, expected.shape)]
    assert extents[0] == extents[1] or np.prod(extents[0] or 1) == np.prod(extents[1] or 1) == 1, (
        f"{name}: {values.shape} is not {expected.shape}"
    )
    expected = expected.reshape(values.shape)
    bound = CLOSE * max(1, np.abs(expected).max(initial=0)) + more
    np.testing.assert_allclose(values, expected, rtol=0, atol=bound, err_msg=name)


def keras_names(network, model):
    """The Keras layer behind which every layer's values are; an activation may be inside another.

    The name of the image is None.
    """
    names = {layer.name for layer in model.layers}
    separator = "." if any("." in name for name in names) else "_"
    found = {}
    for layer in network.layers:
        name = layer.name.replace(".", separator)
        own = [each for each in (f"{name}{separator}crop", name) if each in names]
        inside = found[layer.inputs[0]] if layer.inputs else None
        found[layer] = own[0] if own and layer.inputs else inside
    return found


@functools.cache
def repeats_edges():
    """Whether Keras pads an average by copies of the edge, as it does on PyTorch up to 3.15.

    https://github.com/keras-team/keras/pull/23233 mends it.
    """
    found = keras.ops.average_pool(np.array([[[1.0], [4.0]]], "float32"), 3, 2, "same")
    return keras.ops.convert_to_numpy(found).item() != 2.5


def is_refused_by_pytorch(kind, sizes):
    """Whether PyTorch refuses an average: on three axes, its kernel fits the map without padding."""
    if keras.backend.backend() != "torch" or len(sizes) < 3 or kind.padding is not None:
        return False
    return any(k > n for k, n in zip(kind.kernel, sizes, strict=True))


def is_wrong_in_keras(network):
    """Whether Keras fails on this backend, or has a fault that changes what the network computes."""
    averages = [(layer.kind, layer.input.sizes) for layer in network.layers if layer.op == "avg"]
    return any(
        (repeats_edges() and pads_unevenly(kind, sizes)) or is_refused_by_pytorch(kind, sizes)
        for kind, sizes in averages
    )


def skip_where_keras_is_wrong(network):
    if is_wrong_in_keras(network):
        pytest.skip("Keras averages copies of the edge on this backend")


def _own(network, model):
    """The Keras layer with a layer's weights, by the layer's name."""
    layers = {layer.name: layer for layer in model.layers}
    separator = "." if any("." in name for name in layers) else "_"
    places = {layer.name: layer.name.replace(".", separator) for layer in network.layers[1:]}
    return {name: layers[place] for name, place in places.items() if place in layers}
