"""Time all formulas of ResNet-152 with w, B, H and W free; prints JSON.

From text to every quantity as an expression in four symbols. The formulas are compared with the
known counts at 224 x 224, and against a network of another size.
"""

from __future__ import annotations

import json
import statistics
import time
from typing import Any

from networks import NETWORKS
from sympy import Expr

import netform
from netform.dsl.costs.quantities import QUANTITIES

NETWORK = "ResNet-152"
FREE = ("w", "B", "H", "W")
RUNS = 30
TARGET_MS = 50


def formulas(text: str) -> dict[str, Expr]:
    network = netform.parse(text)
    return {quantity: network.formula(quantity, free=FREE) for quantity in QUANTITIES}


def time_formulas() -> dict[str, Any]:
    known = NETWORKS[NETWORK]
    milliseconds = []
    for _ in range(RUNS):
        started = time.perf_counter()
        found = formulas(known.text)
        milliseconds.append(1000 * (time.perf_counter() - started))
    macs = found["macs"].subs({"w": 1, "H": 224, "W": 224})
    assert macs == known.macs, f"{macs:,} is not {known.macs:,}"
    there = netform.parse(known.text).at(H=193, W=257).macs
    assert found["macs"].subs({"w": 1, "H": 193, "W": 257}) == there
    return {
        "network": NETWORK,
        "free": list(FREE),
        "quantities": len(found),
        "first_ms": round(milliseconds[0], 2),
        "median_ms": round(statistics.median(milliseconds[1:]), 2),
        "target_ms": TARGET_MS,
        "runs": RUNS,
    }


if __name__ == "__main__":
    print(json.dumps(time_formulas(), indent=2))
