"""Time a million figures of ResNet-152: its training memory on 1,000 batches and 1,000 widths.

Prints JSON. The network is built beforehand; the time is all that ``netform.grid`` does, its
checks that the network exists at every point among it. A sample of the figures is compared with
the network's own, one by one.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from fractions import Fraction
from typing import Any

from networks import NETWORKS

import netform

NETWORK = "ResNet-152"
BATCHES = range(1, 1001)
WIDTHS = [Fraction(i, 64) for i in range(1, 1001)]
RUNS = 30
CHECKED = 100  # figures
TARGET_MS = 50


def time_grid() -> dict[str, Any]:
    network = netform.parse(NETWORKS[NETWORK].text)
    milliseconds = []
    for _ in range(RUNS):
        started = time.perf_counter()
        found = netform.grid(network, "memory_training", B=BATCHES, w=WIDTHS)
        milliseconds.append(1000 * (time.perf_counter() - started))
    drawn = random.Random(1)
    one_by_one = []
    for _ in range(CHECKED):
        i, j = drawn.randrange(len(BATCHES)), drawn.randrange(len(WIDTHS))
        started = time.perf_counter()
        there = network.at(w=WIDTHS[j], B=BATCHES[i]).memory("training")
        one_by_one.append(1000 * (time.perf_counter() - started))
        assert found.values[i, j] == there, f"{found.values[i, j]:,} is not {there:,}"
    return {
        "network": NETWORK,
        "points": found.values.size,
        "dtype": str(found.values.dtype),
        "first_ms": round(milliseconds[0], 2),
        "median_ms": round(statistics.median(milliseconds[1:]), 2),
        "one_by_one_ms": round(statistics.median(one_by_one), 3),
        "target_ms": TARGET_MS,
        "runs": RUNS,
    }


if __name__ == "__main__":
    print(json.dumps(time_grid(), indent=2))
