"""Run a command that ends when the process that asked for it does, however that ends.

    python supervisor.py COMMAND...

The process that asked holds a pipe to our standard input. When it closes, which the system sees
to, our process group is killed, with all that the command has started. Where we are killed first,
as Ray does with the children of a worker, Linux kills the command. This file is run as a script
and needs nothing but Python.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any

_PR_SET_PDEATHSIG = 1  # of linux/prctl.h


def start(
    command: Sequence[str], kept_open: Sequence[int] = (), **options: Any
) -> subprocess.Popen[bytes]:
    """Start a supervised command, in its own session, with files that it keeps open.

    ``options`` are those of Popen. Raises OSError on Windows, which has no process groups.
    """
    if sys.platform == "win32":
        raise OSError("training from the command line needs Linux or macOS; run the program itself")
    return subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, *command],
        stdin=subprocess.PIPE,
        start_new_session=True,
        pass_fds=kept_open,
        **options,
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a supervised process and all that it has started, and wait until it has ended."""
    with contextlib.suppress(ProcessLookupError):  # it has ended by itself
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        process.stdin.close()


def main() -> None:
    """Run the command of our arguments, and end with its status."""
    ours = os.getpid()

    def end_with_us() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != ours:  # we have been killed in between
                os._exit(1)

    # files stay open, so that the sweep stays locked until the command has ended too
    process = subprocess.Popen(
        sys.argv[1:], stdin=subprocess.DEVNULL, close_fds=False, preexec_fn=end_with_us
    )
    threading.Thread(target=_end_with_the_pipe, daemon=True).start()
    status = process.wait()
    os._exit(status if status >= 0 else 128 - status)


def _end_with_the_pipe() -> None:
    os.read(sys.stdin.fileno(), 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main()
