"""Sweeps that are begun as processes of their own, and looked at while they run."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support import pretend

PRETEND = Path(pretend.__file__)
NET = "input 8x8x1 train batch=64|128 epochs=3 let {0} = 0 sweep {0}=0|1 fc10"
GATED = "input 8x8x1 train batch=64|128|256 epochs=6 let gate = 0 sweep gate=1 fc10"


def begin(folder, text=GATED, script=(PRETEND,), more=()):
    words = ["sweep", "-e", text, "--out", folder, "--jobs", "2", *more]
    return subprocess.Popen(
        [sys.executable, *map(str, (*script, *words))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(PRETEND.parents[1])},
    )


def wait_until(what):
    deadline = time.monotonic() + 120
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def epochs_logged(folder):
    return sum(len(file.read_text().splitlines()) - 1 for file in folder.glob("*/log.csv"))


def processes_of(folder):
    """Processes whose command names the folder of a sweep."""
    found = []
    for status in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = status.read_bytes().decode().split("\0")
        except OSError:
            continue
        found += [words] if any(word.startswith(f"{folder}/") for word in words) else []
    return found


needs_proc = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="no /proc")
