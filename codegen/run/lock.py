"""One training, or one sweep, at a time in a folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from ...grammar.errors import NetformError

_PATIENCE = 5.0  # seconds in which the processes of one that was killed end


@contextlib.contextmanager
def held(folder: Path) -> Iterator[int]:
    """Hold the folder of a run or sweep; yields the lock, a file that its programs keep open too.

    The system frees it when the last process that has it open ends. Raises NetformError where
    another holds the folder.
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
        os.close(lock)


def _take(lock: int, folder: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise NetformError(
                    f"another training runs in {folder}",
                    hint="wait until it has ended, or give another folder with --out",
                ) from None
            time.sleep(0.1)
