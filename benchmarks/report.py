"""Run all benchmarks and show them as tables.

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

from networks import NETWORKS
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
WIDTH = 120  # of a table where there is no terminal
TARGETS = {"ResNet-152": 10}  # times that the fastest peer takes

Rows = dict[str, dict[str, Any]]


def results(python: str, script: str, *arguments: str) -> Any:
    """What a benchmark prints, run by an interpreter; its errors are shown as they come."""
    command = [python, str(HERE / script), *arguments]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(run.stdout)


def warm_rows(network: str, python: str) -> tuple[Rows, float]:
    """All tools on one network, the peers by their interpreter; netform's slower median."""
    before = results(sys.executable, "formulas.py", network)
    peers = results(python, "peers.py", network)
    after = results(sys.executable, "formulas.py", network)
    slower = max(run["netform"]["median_ms"] for run in (before, after))
    return before | {"netform, after the peers": after["netform"]} | peers, slower


def warm_table(network: str, rows: Rows, netform_ms: float) -> Table:
    table = Table(title=f"Counting {network} in a warm process, milliseconds")
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


def linear_table(runs: list[dict[str, Any]]) -> Table:
    table = Table(title="Ever longer texts in a warm process, from text to all formulas")
    table.add_column("text", no_wrap=True)
    for heading in ("layers", "first, ms", "median, ms", "per layer, us"):
        table.add_column(heading, justify="right", no_wrap=True)
    for run in runs:
        times = f"{run['first_ms']:,.0f}", f"{run['median_ms']:,.0f}"
        per_layer = 1000 * run["median_ms"] / run["layers"]
        table.add_row(run["text"], f"{run['layers']:,}", *times, f"{per_layer:.0f}")
    return table


def remarks(network: str, rows: Rows, netform_ms: float) -> list[str]:
    """What every tool found, how far the fastest peer is, and why one does not count."""
    known = NETWORKS[network]
    kept = f", and {known.statistics:,} statistics with Keras" if known.statistics else ""
    counting = {
        name: row["median_ms"]
        for name, row in rows.items()
        if not name.startswith("netform") and (row.get("macs") or row.get("flops"))
    }
    refusals = [
        f"{name} does not count on {device}: {why}"
        for name, row in rows.items()
        for device, why in row.get("refused", {}).items()
    ]
    return [
        f"Every count above was checked to find {known.trainable:,} parameters{kept}.",
        *([fastest(counting, netform_ms, TARGETS.get(network))] if counting else []),
        *refusals,
    ]


def fastest(counting: dict[str, float], netform_ms: float, target: float | None) -> str:
    name = min(counting, key=counting.__getitem__)
    times = counting[name] / netform_ms
    met = "met" if target and times >= target else "missed"
    aim = f" (target at least {target}: {met})" if target else ""
    return f"The fastest peer, {name}, takes {times:.1f} times as long as netform{aim}."


def verdict(cold: dict[str, Any]) -> str:
    met = "met" if cold["ratio"] <= cold["target"] else "missed"
    return (
        f"Cold start, whole processes: {cold['command']} {cold['command_ms']:.0f} ms,"
        f" import sympy, lark {cold['imports_ms']:.0f} ms, ratio {cold['ratio']:.2f}"
        f" (median of {cold['pairs']} pairs; target at most {cold['target']}: {met})"
    )


def symbols_verdict(run: dict[str, Any]) -> str:
    met = "met" if run["median_ms"] <= run["target_ms"] else "missed"
    return (
        f"All {run['quantities']} formulas of {run['network']} in {', '.join(run['free'])}, from "
        f"text: {run['median_ms']:.1f} ms (first {run['first_ms']:.0f} ms; target at most "
        f"{run['target_ms']}: {met})"
    )


def grid_verdict(run: dict[str, Any]) -> str:
    met = "met" if run["median_ms"] <= run["target_ms"] else "missed"
    return (
        f"A grid of {run['points']:,} figures of {run['network']}, exact in {run['dtype']}: "
        f"{run['median_ms']:.1f} ms (first {run['first_ms']:.0f} ms; target at most "
        f"{run['target_ms']}: {met}); one figure alone takes {run['one_by_one_ms']:.2f} ms"
    )


def peak_verdict(run: dict[str, Any]) -> str:
    parts = []
    for name, target in run["targets_ms"].items():
        met = "met" if run[f"{name}_ms"] <= target else "missed"
        parts.append(f"{name} {run[f'{name}_ms']:.1f} ms (target at most {target}: {met})")
    return (
        f"The peak of a training step of {run['network']}, {run['events']:,} events, time of the "
        f"processor: {', '.join(parts)}; as JSON {run['json_ms']:.1f} ms"
    )


def throughput_table(runs: list[dict[str, Any]]) -> Table:
    table = Table(
        title="Training: the emitted program against a minimal Keras loop, images a second"
    )
    table.add_column("network", no_wrap=True)
    for heading in ("batch", "emitted", "loop", "emitted, ms a step", "loop, ms", "ratio"):
        table.add_column(heading, justify="right", no_wrap=True)
    for run in runs:
        speeds = run["emitted_images_per_second"], run["written_images_per_second"]
        times = run["emitted_ms_per_step"], run["written_ms_per_step"]
        cells = *(f"{speed:,}" for speed in speeds), *(f"{ms:.1f}" for ms in times)
        table.add_row(run["network"], str(run["batch"]), *cells, f"{run['ratio']:.2f}")
    return table


def pipeline_table(runs: list[dict[str, Any]]) -> Table:
    table = Table(title="Training against itself on one stored batch of 128, milliseconds a batch")
    for heading in ("network", "images"):
        table.add_column(heading, no_wrap=True)
    columns = {"making_ms": "making", "step_ms": "step", "stored_step_ms": "stored step"}
    columns |= {"waiting_ms": "waiting"}
    for heading in (*columns.values(), "ratio"):
        table.add_column(heading, justify="right", no_wrap=True)
    for run in runs:
        cells = (f"{run[column]:.2f}" for column in columns)
        table.add_row(run["network"], run["images"], *cells, f"{run['ratio']:.2f}")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", default=".venv-bench/bin/python", metavar="PYTHON")
    arguments = parser.parse_args()
    if not Path(arguments.peers).exists():
        parser.error(f"{arguments.peers} is no file; make the peers' environment (README.md)")

    terminal = Console()
    console = terminal if terminal.is_terminal else Console(width=WIDTH)
    for network in NETWORKS:
        rows, netform_ms = warm_rows(network, arguments.peers)
        console.print(warm_table(network, rows, netform_ms))
        for line in remarks(network, rows, netform_ms):
            console.print(line, markup=False, highlight=False)
    console.print(linear_table(results(sys.executable, "linear.py")))
    console.print(throughput_table(results(sys.executable, "throughput.py")))
    console.print(pipeline_table(results(sys.executable, "pipeline.py")))
    symbols = results(sys.executable, "symbols.py")
    console.print(symbols_verdict(symbols), markup=False, highlight=False)
    console.print(grid_verdict(results(sys.executable, "grid.py")), markup=False, highlight=False)
    console.print(peak_verdict(results(sys.executable, "peak.py")), markup=False, highlight=False)
    for cold in results(sys.executable, "cold_start.py"):
        console.print(verdict(cold), markup=False, highlight=False)


if __name__ == "__main__":
    main()
