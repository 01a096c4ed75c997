"""Time the peak of a training step of ResNet-152, as PyTorch keeps it: at a batch, and as a formula.

Prints JSON. The network is parsed beforehand and asked once before, since the process is warm.
Times are of the processor, which a busy machine disturbs less than the clock. The formula is
compared with the figure at some batches, to the byte.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from networks import NETWORKS

import netform

NETWORK = "ResNet-152"
BATCH = 32
CHECKED = (1, 2, 7, 32, 256)
RUNS = 30
TARGETS_MS = {"number": 20, "formula": 100}


def time_peaks() -> dict[str, Any]:
    network = netform.parse(NETWORKS[NETWORK].text)

    def at(batch: int) -> Any:
        account = network.account("torch", "training_peak", B=batch)
        return account.figure(account.total)

    def formula() -> Any:
        account = network.account("torch", "training_peak", free=["B"])
        return account.figure(account.total)

    def as_json() -> Any:
        return network.account("torch", "training_peak", free=["B"]).as_json()

    largest = formula()
    for batch in CHECKED:
        assert largest.subs("B", batch) == at(batch), batch
    account = network.account("torch", "training_peak", B=BATCH)
    return {
        "network": NETWORK,
        "batch": BATCH,
        "events": len(account.timeline.events),
        "polynomials": len(network.account("torch", "training_peak", free=["B"]).peak.moments),
        "number_ms": milliseconds(lambda: at(BATCH)),
        "formula_ms": milliseconds(formula),
        "json_ms": milliseconds(as_json),
        "targets_ms": TARGETS_MS,
        "runs": RUNS,
    }


def milliseconds(action: Callable[[], object]) -> float:
    """The median time of the processor."""
    found = []
    for _ in range(RUNS):
        started = time.process_time()
        action()
        found.append(1000 * (time.process_time() - started))
    return round(statistics.median(found), 2)


if __name__ == "__main__":
    print(json.dumps(time_peaks(), indent=2))
