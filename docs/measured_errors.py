"""The errors of memory's predictions, from the files of docs/measured: a table, and what is shipped."""

import json
from collections import defaultdict
from pathlib import Path

from netform.codegen.measure.records import Record, Spread, read, spreads

LARGEST = "largest"  # whose figures are batches


def measured(folder: Path) -> dict[str, list[Record]]:
    """The records of all files, by the name of their device."""
    found = defaultdict(list)
    for path in sorted(folder.glob("*.json")):
        head, records = read(path)
        found[head["device"]] += records
    return found


def rows(folder: Path) -> list[tuple[str, ...]]:
    """The head of the table of errors, and a row for each profile, mode and device."""
    head = ("profile", "mode", "measured on", "networks", "figures", "median", "worst")
    found = spreads(measured(folder))
    return [head, *(row(spread) for spread in found)]


def row(spread: Spread) -> tuple[str, ...]:
    """The row of a spread."""
    name = f"`{spread.profile}`", f"`{spread.mode}`", spread.device
    counts = str(spread.networks), str(spread.records)
    return (*name, *counts, f"{spread.median:+.2f} %", f"{spread.worst:+.2f} %")


def shipped(folder: Path) -> str:
    """The file that the install reads: for each profile and mode its errors on one device.

    A card comes before a processor, and then what more networks were measured on.
    """
    best: dict[tuple[str, str], Spread] = {}
    for spread in spreads(measured(folder)):
        of = spread.profile, spread.mode
        if spread.mode != LARGEST and (of not in best or rank(best[of]) < rank(spread)):
            best[of] = spread
    found: dict[str, dict[str, object]] = defaultdict(dict)
    for (profile, mode), spread in sorted(best.items()):
        count = f"{spread.networks} network{'s' if spread.networks > 1 else ''}"
        count += " of PyTorch" if profile == "textbook" else ""
        found[profile][mode] = {
            "median": spread.median,
            "worst": spread.worst,
            "measured_on": f"{count} on {spread.device}",
        }
    return json.dumps(found, indent=2) + "\n"


def rank(spread: Spread) -> tuple[bool, int]:
    """What a spread is worth beside another."""
    return spread.device != "cpu", spread.networks
