"""Measures a training step on JAX: what XLA assigns to its buffers, and a card's allocator.

``memory_analysis`` tells the bytes of arguments, outputs and temporary buffers of the compiled
step; what is donated counts once. On a CPU inference is compiled without YNNPACK, which takes whole
networks into operations of its own, and tells nobody what memory is inside these.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax

from . import in_child
from .in_child import NoCardError, Tell

_VISIBLE = {"xla_cpu_experimental_ynn_fusion_type": ""}
_KINDS = ("trainable", "non_trainable", "optimizer", "metrics")


def measure(task: Mapping[str, Any], path: Path, tell: Tell) -> None:
    """Tell the device, and what a step takes at every batch."""
    program = in_child.program(path)
    if task["memory"]:
        program.limit_memory()
    device = jax.devices()[0]
    is_card = device.platform in ("gpu", "cuda", "rocm")
    if task["needs_card"] and not is_card:
        raise NoCardError("JAX finds no such card")
    model = program.compiled_model()
    model.optimizer.build(model.trainable_variables)
    name = device.device_kind if is_card else "cpu"
    tell({"device": name, "versions": {"jax": jax.__version__}})
    for batch in task["batches"]:
        images, labels = program.random_batch(batch)
        model._symbolic_build(data_batch=(images, labels))
        state = model._get_jax_state(**{f"{kind}_variables": True for kind in _KINDS})
        state = jax.tree.map(jax.numpy.copy, state)  # a step takes it away
        compiled = jax.jit(model.train_step, donate_argnums=0).lower(state, (images, labels))
        step = _Step(compiled.compile(), state, (images, labels))
        if task["memory"]:
            if not is_card:
                held = sum(array.nbytes for array in jax.tree.leaves(state))
                in_child.limit_process(task["memory"], held + images.nbytes + labels.nbytes)
            step()
            step()
            tell({"batch": batch, "fits": True})
            continue
        infer = jax.jit(model.predict_step).lower(state[:2], (images,))
        infer = infer.compile(compiler_options=None if is_card else _VISIBLE)
        figures = [
            ["inference_peak", _assigned(infer), "jax memory_analysis"],
            ["training_peak", _assigned(step.compiled), "jax memory_analysis"],
        ]
        step()
        seconds = in_child.seconds_of(step, task["steps"] - 1)
        if is_card:
            peak = device.memory_stats()["peak_bytes_in_use"]
            figures.append(["training_peak", peak, "jax memory_stats"])
        tell({"batch": batch, "figures": figures, "parts": {}, "seconds": seconds})


class _Step:
    """A compiled step; what it returns is what the next one takes."""

    def __init__(self, compiled: Any, state: Any, data: Any) -> None:
        self.compiled, self.state, self.data = compiled, state, data

    def __call__(self) -> None:
        _, self.state = self.compiled(self.state, self.data)
        jax.block_until_ready(self.state)


def _assigned(compiled: Any) -> int:
    """The bytes of a compiled function: arguments, outputs, temporary buffers."""
    found = compiled.memory_analysis()
    ends = found.argument_size_in_bytes + found.output_size_in_bytes
    return int(ends - found.alias_size_in_bytes + found.temp_size_in_bytes)
