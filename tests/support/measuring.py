"""What an action takes: seconds of a processor and memory, measured in a process of its own."""

import os
import resource
import traceback
from typing import NamedTuple

LONGEST = 60  # seconds, after which the process is ended
LARGEST = 4 * 2**30  # bytes


class Measured(NamedTuple):
    """Seconds, MB beyond those that this process has, and the first line of what came of it."""

    seconds: float
    megabytes: int
    end: str


def measured(action, *arguments, longest=LONGEST):
    """The seconds and the MB that an action takes; this process must have imported what it needs."""
    reading, writing = os.pipe()
    before = _resident()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            resource.setrlimit(resource.RLIMIT_CPU, (longest, longest))
            resource.setrlimit(resource.RLIMIT_AS, (LARGEST, LARGEST))
            try:
                end = str(action(*arguments))
            except BaseException:
                end = "FAULT " + traceback.format_exc()[-1500:].replace("\n", " / ")
            line = next(iter(end.splitlines()), "")
            os.write(writing, line[:2000].encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        end = pipe.read()
    _, status, used = os.wait4(child, 0)
    if os.WIFSIGNALED(status):
        end = f"FAULT ended by signal {os.WTERMSIG(status)}"
    return Measured(used.ru_utime + used.ru_stime, max(0, used.ru_maxrss // 1024 - before), end)


def _resident():
    """The MB of this process, which its children begin with."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() // 2**20
