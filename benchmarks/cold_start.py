"""Time whole processes in turn: a table on the command line, and its imports alone; prints JSON.

SymPy and Lark are what netform must import to answer at all, so the ratio of the two says what
netform adds; the target is 1.5 at most.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
TABLE = [sys.executable, "-m", "netform", "table", "examples/cifar_vgg.net"]
IMPORTS = [sys.executable, "-c", "import sympy, lark"]
PAIRS = 15
TARGET = 1.5


def seconds(command: list[str]) -> float:
    """One run from start to exit; raises RuntimeError with what it wrote where it fails."""
    started = time.perf_counter()
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    ended = time.perf_counter()
    if run.returncode:
        raise RuntimeError(f"{' '.join(command)} exits with {run.returncode}:\n{run.stderr}")
    return ended - started


def compare() -> dict[str, Any]:
    """Medians of both, and the median of the ratios pair by pair, which outlives slow moments."""
    seconds(TABLE), seconds(IMPORTS)  # writes the bytecode and the grammar's tables
    pairs = [(seconds(TABLE), seconds(IMPORTS)) for _ in range(PAIRS)]
    table, imports = (1000 * statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    return {
        "table_ms": round(table, 1),
        "imports_ms": round(imports, 1),
        "ratio": round(ratio, 3),
        "target": TARGET,
        "pairs": PAIRS,
    }


if __name__ == "__main__":
    print(json.dumps(compare(), indent=2))
