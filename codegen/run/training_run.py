"""Run a program in its run folder, where a second run continues."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...grammar.errors import NetformError
from . import supervisor
from .lock import locked
from .run_folder import place, read_json


def run(
    program: str, name: str, folder: Path, options: Sequence[str], quiet: bool
) -> dict[str, Any]:
    """Write the program into its run folder and run it there with this Python; returns its summary.

    The folder keeps the program, the log, the best model, the state to continue from and the
    summary. A run that is refused or fails leaves what is there. ``quiet`` sends what the program prints to standard error. Raises NetformError where
    the folder belongs to another program, another training runs in it, or the run fails.
    """
    check_keras()
    file = folder / f"{name}.py"
    with locked(folder) as lock:
        place(program, file)
        process = supervisor.start(  # a program left alone would train beside the next
            command_of(file, folder, options),
            kept_open=[lock],
            stdout=sys.stderr if quiet else None,
            env=environment(),
        )
        try:
            status = process.wait()
        except KeyboardInterrupt:
            raise NetformError(
                "training was interrupted", hint="run it again to continue"
            ) from None
        finally:
            supervisor.end(process)
    summary = read_json(folder / "summary.json")  # of an earlier run, where this one has failed
    if status or summary is None:
        raise NetformError(
            f"the training program ended with status {status}",
            hint=f"its output is above; the program is {file}",
        )
    return summary


def check_keras() -> None:
    """Raise NetformError where there is no Keras to train with."""
    if importlib.util.find_spec("keras") is None:
        raise NetformError("training needs Keras", hint="pip install 'netform[train]'")


def command_of(file: Path, folder: Path, options: Sequence[str]) -> list[str]:
    """The words that run a program in its run folder with this Python."""
    # -P keeps the run folder off the path, where a program called keras.py would hide Keras
    return [sys.executable, "-P", str(file), "--out", str(folder), *options]


def environment() -> dict[str, str]:
    """The variables that a program runs with: this process's, and a quiet TensorFlow."""
    return {"TF_CPP_MIN_LOG_LEVEL": "3"} | os.environ
