"""Measures the memory of a training step and of inference, as XLA's buffer assignment tells it.

    KERAS_BACKEND=jax python docs/measured/xla_memory.py NETWORK SIDE BATCH...

The program that netform writes for the network is built by Keras on JAX and compiled for the
CPU as ``fit`` and ``predict`` compile it, with the state donated; nothing is computed. Prints a
line of JSON for every batch: bytes of arguments, outputs, what of these is the same memory, and
temporary buffers.
"""

import json
import re
import sys
import types
from pathlib import Path

import jax
import keras
import numpy as np

import netform

ROOT = Path(__file__).parents[2]


def network_at(name, side):
    """A network of the zoo with another side of its images."""
    text = (ROOT / "examples" / "zoo" / f"{name}.net").read_text()
    return netform.parse(re.sub(r"(?m)^input \d+x\d+", f"input {side}x{side}", text))


def compiled_model(network):
    """The Keras model of the emitted program, compiled, and the shape of an image."""
    program = types.ModuleType("program")
    exec(compile(network.emit(), "program", "exec"), program.__dict__)  # netform wrote it
    model = program.build_model()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.001), loss, metrics=["accuracy"])
    model.optimizer.build(model.trainable_variables)
    return model, program.SHAPE


def figures(step):
    """Bytes that XLA assigns to a lowered function."""
    found = step.compile().memory_analysis()
    sizes = {
        "arguments": found.argument_size_in_bytes,
        "outputs": found.output_size_in_bytes,
        "aliased": found.alias_size_in_bytes,
        "temporary": found.temp_size_in_bytes,
    }
    measured = sizes["arguments"] + sizes["outputs"] - sizes["aliased"] + sizes["temporary"]
    return {"measured": measured, **sizes}


def steps(model, shape, batch):
    """The compiled functions of a training step and of inference, by mode."""
    images, labels = np.zeros((batch, *shape), "float32"), np.zeros((batch,), "int32")
    model._symbolic_build(data_batch=(images, labels))
    kinds = ("trainable", "non_trainable", "optimizer", "metrics")
    state = model._get_jax_state(**{f"{kind}_variables": True for kind in kinds})
    train = jax.jit(model.train_step, donate_argnums=0)
    yield "training_peak", train.lower(state, (images, labels))
    yield "inference_peak", jax.jit(model.predict_step).lower(state[:2], (images,))


def main():
    """Print the figures of a network at every batch that was asked for."""
    name, side, *batches = sys.argv[1], *map(int, sys.argv[2:])
    model, shape = compiled_model(network_at(name, side))
    for batch in batches:
        for mode, step in steps(model, shape, batch):
            head = {"network": name, "side": side, "batch": batch, "profile": "jax", "mode": mode}
            head |= {"optimizer": "adam", "dtype": "float32"}
            print(json.dumps(head | figures(step)), flush=True)


if __name__ == "__main__":
    main()
