"""Measures a training step on TensorFlow: the peak of a card's allocator, and the time.

TensorFlow keeps no statistics of what it allocates on a processor.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from . import in_child
from .in_child import NoCardError, Tell


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
        tell({"batch": batch, "figures": figures, "parts": {}, "seconds": seconds})


def _limit_processor(model: Any, memory: int) -> None:
    tf.linalg.matmul(tf.zeros((256, 256)), tf.zeros((256, 256)))  # starts the threads
    values = [variable.value for variable in model.variables]
    held = sum(value.shape.num_elements() * value.dtype.size for value in values)
    in_child.limit_process(memory, held)
