"""The process of a run: it leads a group of its own, and ends when we do."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..run import command_of, environment
from . import leash
from .plan import Run

# frameworks take all of a card's memory at once, unless told otherwise
_SHARING = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}


def start(
    run: Run,
    shares_card: bool,
    variables: Mapping[str, str] | None = None,
    kept_open: Sequence[int] = (),
    where: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start the program of a run in its folder; what it prints goes to output.txt there.

    ``shares_card`` is whether others train beside it, ``where`` the working directory.
    """
    python = [sys.executable, "-I", "-S", str(leash.__file__)]
    command = command_of(run.file, run.folder, run.options)
    sharing = _SHARING if shares_card else {}
    with open(run.folder / "output.txt", "wb") as output:
        return subprocess.Popen(
            [*python, *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"PYTHONUNBUFFERED": "1"} | sharing | environment() | dict(variables or {}),
            cwd=where,
            start_new_session=True,
            pass_fds=kept_open,
        )


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it has started, and wait until it has ended."""
    with contextlib.suppress(ProcessLookupError):  # it has ended by itself
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        process.stdin.close()
