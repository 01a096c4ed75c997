"""Runs on this machine, several at a time."""

from __future__ import annotations

import subprocess
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from .. import supervisor
from ..run_folder import place
from . import outcome, process
from .outcome import Outcome, State, outcome_of
from .points import Run

_PAUSE = 0.2  # seconds between two looks at what is running


def run_here(
    runs: Sequence[Run], jobs: int, lock: int, show: Callable[[Sequence[Outcome]], None]
) -> None:
    """Train the runs that are not finished, ``jobs`` at a time, each in its own process.

    However this ends, by Ctrl-C or an error, no process is left behind; where this process is
    killed, they end with it.
    """
    outcomes = [outcome_of(run) for run in runs]
    ended = (State.FINISHED, State.LEFT_OUT)
    ahead = deque(at for at, found in enumerate(outcomes) if found.state not in ended)
    for at in ahead:  # what has failed or was stopped gets another chance
        outcomes[at] = replace(outcomes[at], state=State.WAITING, note="")
    running: dict[int, subprocess.Popen[bytes]] = {}
    try:
        show(outcomes)
        while ahead or running:
            while ahead and len(running) < jobs:
                at = ahead.popleft()
                place(runs[at].program, runs[at].file)
                outcome.begin(runs[at])
                running[at] = process.start(runs[at], jobs > 1, kept_open=[lock])
            for at, one in list(running.items()):
                status = one.poll()
                if status is not None:
                    supervisor.end(one)
                    outcome.end(runs[at], status)
                    del running[at]
                outcomes[at] = outcome_of(runs[at], at in running)
            show(outcomes)
            if running:
                time.sleep(_PAUSE)
    finally:
        for one in running.values():
            supervisor.end(one)
