"""One training, or one sweep, at a time in a folder."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import lock_descriptor

from ...grammar.errors import NetformError

_PATIENCE = 5.0  # seconds in which the processes of a killed training end


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Lock the folder of a run or sweep; yields the lock, a file that its programs keep open too.

    The system frees the lock when the last process that has the file open ends. Raises
    NetformError where another training has locked the folder.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise NetformError(f"{folder} cannot be written: {error.strerror}") from None
    try:
        _take(lock, folder)
        yield lock
    finally:
        os.close(lock)  # no unlocking: programs that still run keep the folder locked


def _take(lock: int, folder: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not lock_descriptor(lock, blocking=False):
        if time.monotonic() > deadline:
            raise NetformError(
                f"another training runs in {folder}",
                hint="wait until it has ended, or give another folder with --out",
            )
        time.sleep(0.1)
