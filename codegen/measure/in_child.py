"""What the processes that measure share: the program of the model, the clock and the limit."""

from __future__ import annotations

import sys
import time
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Tell = Callable[[Mapping[str, Any]], None]


class NoCardError(Exception):
    """The wanted card is not here, or the backend cannot use it."""


def program(path: Path) -> Any:
    """The program of a compiled model, as a module."""
    module = types.ModuleType("model_program")
    source = path.read_text(encoding="utf-8")
    exec(compile(source, str(path), "exec"), module.__dict__)  # netform has written it
    return module


def seconds_of(step: Callable[[], Any], steps: int) -> float | None:
    """The least time of some steps, each of which waits for the device; None without a step."""
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return min(times, default=None)


def limit_process(memory: int, held: int) -> None:
    """Let the process take ``memory`` bytes more than now; ``held`` of them are in use already.

    What is counted is the data of the process. Raises OSError where the system has no such limit.
    """
    if sys.platform != "linux":
        raise OSError("the largest batch on a processor is found on Linux only")
    import resource  # which only POSIX has

    with open("/proc/self/status", encoding="ascii") as file:
        (used,) = (int(line.split()[1]) << 10 for line in file if line.startswith("VmData"))
    most = max(0, used - held + memory)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
