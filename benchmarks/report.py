"""Run all benchmarks and show them as one table.

    python benchmarks/report.py --peers .venv-bench/bin/python

Runs in netform's environment; the peers run in theirs. netform is timed before and after the
peers, since machines drift, and the ratios are to the slower of the two.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
WIDTH = 120  # of the table where there is no terminal

Rows = dict[str, dict[str, Any]]


def results(python: str, script: str) -> dict[str, Any]:
    """What a benchmark prints, run by an interpreter; its errors are shown as they come."""
    run = subprocess.run(
        [python, str(HERE / script)], stdout=subprocess.PIPE, text=True, check=True
    )
    loaded: dict[str, Any] = json.loads(run.stdout)
    return loaded


def warm_table(rows: Rows, netform_ms: float) -> Table:
    table = Table(title="Counting VGG-16 in a warm process, milliseconds")
    for heading in ("tool", "version", "on"):
        table.add_column(heading, no_wrap=True)
    for heading in ("first", "median", "count only", "x netform", "reports"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, row in rows.items():
        table.add_row(name, *_cells(row, netform_ms))
    return table


def _cells(row: dict[str, Any], netform_ms: float) -> tuple[str, ...]:
    if "median_ms" not in row:
        return "", "[red]fails[/]"
    sums = [f"{row[word]:,} {word}" for word in ("macs", "flops") if row.get(word) is not None]
    return (
        re.split(r"[-+]|\.post", row["version"])[0],
        row["device"],
        f"{row['first_ms']:,.0f}",
        f"{row['median_ms']:,.1f}",
        f"{row['counting_ms']:,.1f}",
        f"{row['median_ms'] / netform_ms:,.1f}",
        *(sums or ["params only"]),
    )


def remarks(rows: Rows) -> list[str]:
    """Why a tool does not count on a device."""
    return [
        f"{name} does not count on {device}: {why}"
        for name, row in rows.items()
        for device, why in row.get("refused", {}).items()
    ]


def verdict(cold: dict[str, Any]) -> str:
    met = "met" if cold["ratio"] <= cold["target"] else "missed"
    return (
        f"Cold start, whole processes: netform table {cold['table_ms']:.0f} ms,"
        f" import sympy, lark {cold['imports_ms']:.0f} ms, ratio {cold['ratio']:.2f}"
        f" (median of {cold['pairs']} pairs; target at most {cold['target']}: {met})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", default=".venv-bench/bin/python", metavar="PYTHON")
    arguments = parser.parse_args()
    if not Path(arguments.peers).exists():
        parser.error(f"{arguments.peers} is no file; make the peers' environment (README.md)")

    before = results(sys.executable, "vgg16.py")
    peers = results(arguments.peers, "peers.py")
    after = results(sys.executable, "vgg16.py")
    cold = results(sys.executable, "cold_start.py")

    rows: Rows = before | {"netform, after the peers": after["netform"]} | peers
    slower = max(run["netform"]["median_ms"] for run in (before, after))
    terminal = Console()
    console = terminal if terminal.is_terminal else Console(width=WIDTH)
    console.print(warm_table(rows, slower))
    console.print("Every count above was checked to find 138,357,544 parameters.", highlight=False)
    for line in (*remarks(rows), verdict(cold)):
        console.print(line, markup=False, highlight=False)


if __name__ == "__main__":
    main()
