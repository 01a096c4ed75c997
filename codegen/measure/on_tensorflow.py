"""Measures a training step on TensorFlow: the peak of a card's allocator, and the time.

TensorFlow keeps no statistics of what it allocates on a processor. There the step is also compiled
with XLA, as Keras does it on a card, and what XLA assigns to its buffers is read from its files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from . import in_child
from .in_child import NoCardError, Tell

_BUFFERS = "*one_step_on_data*-buffer-assignment.txt"


def measure(task: Mapping[str, Any], path: Path, tell: Tell) -> None:
    """Tell the device, and what a step takes at every batch."""
    cards = tf.config.list_physical_devices("GPU")
    if task["needs_card"] and not cards:
        raise NoCardError("TensorFlow finds no such card")
    program = in_child.program(path)
    if task["memory"]:
        program.limit_memory()
    name = tf.config.experimental.get_device_details(cards[0])["device_name"] if cards else "cpu"
    model = program.compiled_model()
    tell({"device": name, "versions": {"tensorflow": tf.__version__}})
    for batch in task["batches"]:
        images, labels = program.random_batch(batch)

        def step(images: Any = images, labels: Any = labels) -> None:
            model.train_on_batch(images, labels)

        if task["memory"]:
            if not cards:
                _limit_processor(model, task["memory"])
            step()
            step()
            tell({"batch": batch, "fits": True})
            continue
        step()
        figures = []
        if cards:
            tf.config.experimental.reset_memory_stats("GPU:0")
            step()
            peak = tf.config.experimental.get_memory_info("GPU:0")["peak"]
            figures.append(["training_peak", peak, "tf get_memory_info"])
        seconds = in_child.seconds_of(step, task["steps"] - 1)
        if not cards:
            found = _assigned(model, step, path.parent / "xla")
            figures.append(["training_peak", found, "XLA's buffer assignment"])
        tell({"batch": batch, "figures": figures, "parts": {}, "seconds": seconds})


def _assigned(model: Any, step: Callable[[], None], dumped: Path) -> int:
    """The bytes of all buffers of the step that XLA compiles."""
    before = set(dumped.glob(_BUFFERS))
    interpreted, model.jit_compile = model.jit_compile, True
    model.make_train_function(force=True)
    step()
    model.jit_compile = interpreted
    model.make_train_function(force=True)
    (file,) = set(dumped.glob(_BUFFERS)) - before
    sizes = re.findall(r"^allocation \d+: size (\d+)", file.read_text("utf-8"), re.MULTILINE)
    return sum(map(int, sizes))


def _limit_processor(model: Any, memory: int) -> None:
    tf.linalg.matmul(tf.zeros((256, 256)), tf.zeros((256, 256)))  # starts the threads
    values = [variable.value for variable in model.variables]
    held = sum(value.shape.num_elements() * value.dtype.size for value in values)
    in_child.limit_process(memory, held)
