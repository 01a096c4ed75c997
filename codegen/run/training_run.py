"""Run a program in its run folder, where a second run continues."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...grammar.errors import NetformError
from . import supervisor
from .lock import locked


def run(
    program: str, name: str, folder: Path, options: Sequence[str], quiet: bool
) -> dict[str, Any]:
    """Write the program into its run folder and run it there with this Python; returns its summary.

    The folder keeps the program, the log, the best model, the state to continue from and the
    summary. ``quiet`` sends what the program prints to standard error. Raises NetformError where
    the folder belongs to another program, another training runs in it, or the run fails.
    """
    check_keras()
    file = folder / f"{name}.py"
    summary = folder / "summary.json"
    with locked(folder) as lock:
        place(program, file)
        summary.unlink(missing_ok=True)
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
    if status or not summary.exists():
        raise NetformError(
            f"the training program ended with status {status}",
            hint=f"its output is above; the program is {file}",
        )
    found: dict[str, Any] = json.loads(summary.read_text())
    return found


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


def check_folder(program: str, file: Path) -> None:
    """Raise NetformError where the folder of a file belongs to another program."""
    others = [path for path in file.parent.glob("*.py") if path != file]
    if others or (file.exists() and file.read_text(encoding="utf-8") != program):
        raise NetformError(
            f"{file.parent} contains the run of another program",
            hint="give another folder with --out, or remove that one",
        )


def place(program: str, file: Path) -> None:
    """Write a program into its run folder; raises NetformError where that cannot be."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        check_folder(program, file)
        whole = file.with_name(f"{file.name}.new")  # a program that is cut short is another one
        whole.write_text(program, encoding="utf-8")
        whole.replace(file)
    except OSError as error:
        raise NetformError(f"{file.parent} cannot be written: {error.strerror}") from None
