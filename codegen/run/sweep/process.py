"""The process of a run: it leads its own group, and ends when we do."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .. import supervisor
from ..training_run import command_of, environment
from .points import Run

# frameworks take all of a card's memory at once, unless they are limited
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
    command = command_of(run.file, run.folder, run.options)
    sharing = _SHARING if shares_card else {}
    with open(run.folder / "output.txt", "wb") as output:
        return supervisor.start(
            command,
            kept_open,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"PYTHONUNBUFFERED": "1"} | sharing | environment() | dict(variables or {}),
            cwd=where,
        )
