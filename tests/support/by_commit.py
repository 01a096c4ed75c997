"""Another part of what is rare at every commit, so that all of it is tried in time."""

import functools
import random
import subprocess
from pathlib import Path


def drawn(things, count):
    """Some of many things, by the commit that is tested."""
    return random.Random(_commit()).sample(list(things), count)


def is_drawn(name, share):
    """Whether a name is among a share of all names, by the commit that is tested."""
    return random.Random(f"{_commit()} {name}").random() < share


@functools.cache
def _commit():
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
