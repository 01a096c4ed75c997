"""Time whole processes in turn: commands, and the imports alone that they need; prints JSON.

SymPy and Lark are what netform must import to answer at all, so the ratio of the two says what
netform adds.
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
NETFORM = [sys.executable, "-m", "netform"]
COMMANDS = {  # and how many times the imports they may take
    "table": ([*NETFORM, "table", "examples/cifar_vgg.net"], 1.5),
    "fit": ([*NETFORM, "fit", "examples/zoo/resnet152.net", "--memory", "11GiB"], 2),
}
IMPORTS = [sys.executable, "-c", "import sympy, lark"]
PAIRS = 15


def seconds(command: list[str]) -> float:
    """One run from start to exit; raises RuntimeError with what it wrote where it fails."""
    started = time.perf_counter()
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    ended = time.perf_counter()
    if run.returncode:
        raise RuntimeError(f"{' '.join(command)} exits with {run.returncode}:\n{run.stderr}")
    return ended - started


def compare(name: str) -> dict[str, Any]:
    """Medians of both, and the median of the ratios pair by pair, which outlives slow moments."""
    command, target = COMMANDS[name]
    seconds(command), seconds(IMPORTS)  # writes the bytecode and the grammar's tables
    pairs = [(seconds(command), seconds(IMPORTS)) for _ in range(PAIRS)]
    whole, imports = (1000 * statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    return {
        "command": name,
        "command_ms": round(whole, 1),
        "imports_ms": round(imports, 1),
        "ratio": round(ratio, 3),
        "target": target,
        "pairs": PAIRS,
    }


if __name__ == "__main__":
    print(json.dumps([compare(name) for name in COMMANDS], indent=2))
