"""Time whole processes in turn: commands, and the imports alone that they need; prints JSON.

SymPy and Lark are what netform must import to answer at all, so the ratio of the two shows what
netform adds.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
NETFORM = [sys.executable, "-m", "netform"]
NETWORK = "examples/cifar_vgg.net"
COMMANDS = {  # and how many times the imports they may take
    "import netform": ([sys.executable, "-c", "import netform"], 0.3),
    "netform --help": ([*NETFORM, "--help"], 0.6),
    "netform fmt": ([*NETFORM, "fmt", "--check", NETWORK], 0.6),
    "netform devices": ([*NETFORM, "devices"], 0.6),
    "completion": (NETFORM, 0.6),
    "a syntax error": ([*NETFORM, "check", "-e", "input 32x32x3 conv64 k3"], 0.6),
    "netform table": ([*NETFORM, "table", NETWORK], 1.3),
    "netform check": ([*NETFORM, "check", NETWORK], 1.3),
    "netform formula": ([*NETFORM, "formula", NETWORK], 1.3),
    "netform fit": ([*NETFORM, "fit", "examples/zoo/resnet152.net", "--memory", "11GiB"], 2),
}
EXITS_WITH_1 = "a syntax error"
IMPORTS = [sys.executable, "-c", "import sympy, lark"]
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
COMPLETION = {"_NETFORM_COMPLETE": "bash_complete", "COMP_WORDS": "netform ta", "COMP_CWORD": "1"}
PAIRS = 15


def seconds(command: list[str], more: dict[str, str], status: int) -> float:
    """One run from start to exit; raises RuntimeError with its errors where it fails."""
    environment = ENVIRONMENT | more
    started = time.perf_counter()
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
    ended = time.perf_counter()
    if run.returncode != status:
        raise RuntimeError(f"{' '.join(command)} exits with {run.returncode}:\n{run.stderr}")
    return ended - started


def compare(name: str) -> dict[str, Any]:
    """Medians of both, and the median of the ratios pair by pair, which outlives slow moments."""
    command, target = COMMANDS[name]
    more = COMPLETION if name == "completion" else {}
    status = 1 if name == EXITS_WITH_1 else 0

    def pair() -> tuple[float, float]:
        return seconds(command, more, status), seconds(IMPORTS, {}, 0)

    pair()  # writes the bytecode and the grammar's tables
    pairs = [pair() for _ in range(PAIRS)]
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
