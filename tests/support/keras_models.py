"""Real Keras models of networks, built by the emitted programs, and what TensorFlow counts."""

import contextlib
import math
import types
from pathlib import Path
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from tensorflow.compat.v1 import profiler
from tensorflow.python.framework import ops
from tensorflow.python.framework.convert_to_constants import (
    convert_variables_to_constants_v2_as_graph,
)
from tensorflow.python.framework.func_graph import func_graph_from_py_func

from support.programs import module_of

# the operations that multiply and add: convolutions and matrix products
_PRODUCTS = {"Conv2D", "DepthwiseConv2dNative", "Conv2DBackpropInput", "MatMul"}


def build(network):
    keras.utils.clear_session(free_memory=False)  # a collection would take most of the time
    return module_of(network.emit()).build_model()


EPOCHS, STEPS_PER_EPOCH = 3, 10  # of a training whose schedule is asked for


class _Compiled(Exception):
    """Raised where a program would begin to fit."""


def compiled(network):
    """The model of a network and its optimizer, as its program compiles them."""
    keras.utils.clear_session(free_memory=False)
    module = module_of(network.emit())
    model = module.build_model()
    training = mock.MagicMock(labels=np.zeros(1, int))
    training.__len__.return_value = STEPS_PER_EPOCH
    args = types.SimpleNamespace(out=Path("never begun"), seed=0, epochs=EPOCHS)
    fitting = mock.patch.object(keras.Model, "fit", side_effect=_Compiled)
    with fitting, contextlib.suppress(_Compiled):
        names = ["class_names"] if network.data.source == "folder" else []
        module.train_model(model, args, {}, training, None, None, *names)
    return model, model.optimizer


def keras_layer(model, layer):
    """The Keras layer whose output is that of a netform layer; None where an activation is fused."""
    name = layer.name.replace(".", "_")
    names = {found.name: found for found in model.layers}
    return names.get(f"{name}_crop", names.get(name))


def wiring(model, known):
    """The names of the known layers that feed every known layer, in order.

    Layers between them, such as padding and flattening, are skipped.
    """

    def sources(node):
        found = []
        for before in node.parent_nodes:
            name = before.operation.name
            found += [name] if name in known else sources(before)
        return found

    return {
        layer.name: sources(layer._inbound_nodes[0])
        for layer in model.layers
        if layer.name in known
    }


def tensorflow_flops(model):
    """What TensorFlow's profiler counts for the convolutions and matrix products of one image.

    The sum over the graph of the statistics that the profiler itself sums. Inner functions run
    as written, since Keras hides a grouped convolution from the profiler inside one.
    """
    spec = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32)
    tf.config.run_functions_eagerly(True)
    try:
        graph = func_graph_from_py_func("model", lambda x: model(x, training=False), [spec], {})
    finally:
        tf.config.run_functions_eagerly(False)
    products = [op for op in graph.get_operations() if op.type in _PRODUCTS]
    counts = [ops.get_stats_for_node_def(graph, op.node_def, "flops").value for op in products]
    return int(sum(counts))


def products(model):
    """Op, output and multiply-adds of each layer that multiplies and adds, by its kernel and output.

    In the order of the layers, those of models inside it too. A dense layer over the pixels of a
    map is a 1x1 convolution.
    """
    found = []
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            found += products(layer)
        elif hasattr(layer, "kernel"):
            found.append(_product(layer))
    return found


def _product(layer):
    output, kernel = layer.output.shape[1:], layer.kernel.shape
    match layer:
        case keras.layers.Dense():
            op, weights = "fc" if len(output) == 1 else "conv", kernel[0]
        case keras.layers.DepthwiseConv2D():
            op, weights = "dw", kernel[0] * kernel[1]
        case keras.layers.Conv2D(groups=groups):
            is_dw = groups == layer.input.shape[-1] > 1
            op, weights = "dw" if is_dw else "conv", math.prod(kernel[:-1])
        case _:
            raise AssertionError(f"no count for {type(layer).__name__}")
    return op, (1,) * (3 - len(output)) + output, math.prod(output) * weights


def profiled(model):
    """What TensorFlow's profiler prints for one image, as its users run it.

    Without the normalisation of images that the emitted programs begin with.
    """
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            model = keras.Model(layer.output, model.output)
    call = tf.function(lambda image: model(image, training=False))
    concrete = call.get_concrete_function(tf.TensorSpec((1, *model.input_shape[1:])))
    _, constant = convert_variables_to_constants_v2_as_graph(concrete)
    with tf.Graph().as_default() as graph:
        tf.graph_util.import_graph_def(constant, name="")
        options = profiler.ProfileOptionBuilder.float_operation()
        silent = profiler.ProfileOptionBuilder(options).with_empty_output().build()
        return profiler.profile(graph, options=silent, cmd="op").total_float_ops


def seen_by(model, position):
    """Per axis, the first and last image pixel with a gradient to one output pixel; or None."""
    image = tf.ones((1, *model.input_shape[1:]))

    @tf.function  # eager mode would compute the gradients of the weights too
    def gradient_of_pixel(image):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(image)
            output = model(image, training=False)[0]
            if len(output.shape) == 1:  # the pixel of a global pool is a vector
                output = output[tf.newaxis, tf.newaxis]
            pixel = tf.reduce_sum(output[position])
        return tape.gradient(pixel, image)

    gradient = gradient_of_pixel(image)
    if gradient is None:
        return None
    seen = np.abs(gradient.numpy()[0]).sum(axis=-1) > 0
    if not seen.any():
        return None
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    return (int(rows[0]), int(rows[-1])), (int(columns[0]), int(columns[-1]))


def make_linear(model):
    """Every weight positive and every bias zero; sums stay of the order of one."""
    for layer in model.layers:
        weights = layer.get_weights()
        if weights:
            kernel, *biases = weights
            fan_in = max(1, int(np.prod(kernel.shape[:-1])))
            layer.set_weights([np.full_like(kernel, 1 / fan_in), *map(np.zeros_like, biases)])
