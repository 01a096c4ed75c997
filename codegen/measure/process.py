"""The process that measures: what it is given, what it tells, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...dsl.graph.definitions import standing_alone
from ...grammar.errors import NetformError, printable
from ...grammar.printer import show
from ..keras.emit import emit_model
from ..run import supervisor
from ..run.training_run import environment
from .request import PLAIN, Request

_CHILD = f"{__package__}.child"
_LONGEST = 300  # characters of what a process says
# every large tensor is a mapping of its own, which is given back when it is freed
_TRIAL = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_ARENA_MAX": "1"}


@dataclass(frozen=True, slots=True)
class Ending:
    """What a process has told, entry by entry, and how it ended.

    ``kind`` is "done", "memory", "time", "card" or "error"; ``message`` what it last said.
    """

    kind: str
    entries: Sequence[Mapping[str, Any]]
    message: str = ""


def run(request: Request, profile: str, batches: Sequence[int], memory: int = 0) -> Ending:
    """Run a process that measures a profile's model at some batches.

    With ``memory``, in bytes, it only tries whether they fit. However this ends, no process is left
    behind. Raises NetformError where the model cannot be written, or at Ctrl-C.
    """
    with tempfile.TemporaryDirectory(prefix="netform-measure-") as name:
        folder = Path(name)
        task = _task(request, profile, batches, memory, folder)
        (folder / "task.json").write_text(json.dumps(task), encoding="utf-8")
        command = [sys.executable, "-P", "-m", _CHILD, str(folder)]
        with open(folder / "output.txt", "wb") as output:
            process = supervisor.start(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_variables(request, memory, folder),
            )
            try:
                status: int | None = process.wait(request.seconds)
            except subprocess.TimeoutExpired:
                status = None
            except KeyboardInterrupt:
                raise NetformError("the measurement was interrupted") from None
            finally:
                supervisor.end(process)
        return _ending(folder, status)


def _task(
    request: Request, profile: str, batches: Sequence[int], memory: int, folder: Path
) -> dict[str, Any]:
    """What the process is told; the model is written where Keras builds it."""
    network = request.network
    train = replace(
        network.train, optimizer=request.optimizer_name, policy=request.dtype, memory=memory
    )
    if profile not in PLAIN:
        source = emit_model(network, train, request.w)
        (folder / "model_program.py").write_text(source, encoding="utf-8")
    return {
        "backend": request.backend,
        "is_plain": profile in PLAIN,
        "text": show(standing_alone(network.program)),
        "values": {name: str(value) for name, value in network.values.items()},
        "w": str(request.w),
        "batches": list(batches),
        "steps": request.steps,
        "optimizer": request.optimizer_name,
        "dtype": request.dtype,
        "needs_card": (request.device or "").startswith("gpu"),
        "memory": memory,
    }


def _variables(request: Request, memory: int, folder: Path) -> dict[str, str]:
    """The environment of the process: the backend, the device, and how memory is taken."""
    device = request.device or ""
    chosen = {}
    if device == "cpu":
        chosen = {
            "CUDA_VISIBLE_DEVICES": "-1",
            "JAX_PLATFORMS": "cpu",
            "KERAS_TORCH_DEVICE": "cpu",
        }
    elif device:
        number = device.partition(":")[2]
        chosen = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": number}
    taking = _TRIAL if memory else {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
    if request.backend == "tensorflow" and not memory:  # which tells its buffers by files alone
        dump = f"--xla_dump_to={folder}/xla --xla_dump_hlo_as_text --xla_dump_hlo_pass_re=NONE"
        chosen["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {dump}"
    return environment() | chosen | taking | {"KERAS_BACKEND": request.backend}


def _ending(folder: Path, status: int | None) -> Ending:
    """What a process told before it ended with a status; None where its time was over."""
    told = folder / "told.jsonl"
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    entries = [json.loads(line) for line in lines if line.endswith("}")]
    if status is None:
        return Ending("time", entries)
    if entries and "failed" in entries[-1]:
        *rest, last = entries
        return Ending(last["failed"], rest, printable(last["message"])[:_LONGEST])
    if status > 128:
        name = signal.Signals(status - 128).name if status < 128 + 65 else f"signal {status - 128}"
        return Ending("memory", entries, f"it was ended by {name}")
    if status:
        output = (folder / "output.txt").read_text(encoding="utf-8", errors="replace")
        said = [line for line in output.splitlines() if line.strip()]
        message = said[-1] if said else f"it ended with status {status}"
        return Ending("error", entries, printable(message)[:_LONGEST])
    return Ending("done", entries)


def failure(ending: Ending, what: str, seconds: float) -> NetformError:
    """The error of a process that has not done its work."""
    match ending.kind:
        case "time":
            return NetformError(
                f"{what} did not end within {seconds:g} seconds",
                hint="take a smaller batch with --set B=1, or more time with --timeout",
            )
        case "memory":
            why = f": {ending.message}" if ending.message else ""
            return NetformError(
                f"{what} has run out of memory{why}", hint="take a smaller batch with --set B=1"
            )
        case "card":
            return NetformError(ending.message, hint="measure on the processor with --device cpu")
        case _:
            return NetformError(f"{what} failed: {ending.message}")
