"""The folder of a run: where it is, whose it is, and what is in it.

A folder belongs to the program that has trained in it. Before the first epoch is saved it belongs
to nobody, so that a program that has failed at once can be replaced.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from ...dsl.graph.definitions import standing_alone
from ...dsl.network import Network
from ...grammar import tree
from ...grammar.errors import NetformError
from ...grammar.printer import show
from ..target import safe_name

RUNS = Path("runs")
_TRAINED = ("last.keras", "best.keras", "summary.json")
_OURS = b"By netform."  # in the docstring of every program
_DIGITS = 8  # of a digest, which keeps networks without a file apart


def folder_of(
    network: Network, has_file: bool, w: Fraction = Fraction(1), rounding: str | None = None
) -> Path:
    """The run folder of a network unless another is given: runs/NAME.

    A network without a file has a digest in the name: of its text, without the values of a
    sweep's axes, so that a sweep with more of them continues.
    """
    name = safe_name(network.name)
    if has_file:
        return RUNS / name
    axes = {axis.name for axis in network.axes}
    program = replace(
        standing_alone(network.program),
        data=_emptied(network.program.data, axes),
        train=_emptied(network.program.train, axes),
        sweeps=_emptied(network.program.sweeps, axes),
    )
    known = repr((show(program), sorted(network.values.items()), str(w), rounding))
    return RUNS / f"{name}-{hashlib.sha256(known.encode()).hexdigest()[:_DIGITS]}"


def _emptied(settings: Iterable[tree.Setting], axes: set[str]) -> tuple[tree.Setting, ...]:
    return tuple(replace(s, value="") if s.key in axes else s for s in settings)


def check_folder(program: str, file: Path) -> None:
    """Raise NetformError where the folder of a file has the run of another program."""
    content = file.read_bytes() if file.exists() else None
    if content == program.encode():
        return
    has_run = any((file.parent / name).exists() for name in _TRAINED)
    if has_run or (content is not None and _OURS not in content):
        raise NetformError(
            f"{file.parent} contains the run of another program",
            hint="give another folder with --out, or remove that one",
        )


def place(program: str, file: Path) -> None:
    """Write a program into its run folder; raises NetformError where that cannot be."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        check_folder(program, file)
        if file.exists() and file.read_bytes() == program.encode():
            return
        whole = file.with_name(f"{file.name}.new")  # a program that is cut short is another one
        whole.write_bytes(program.encode())
        whole.replace(file)
    except OSError as error:
        raise NetformError(f"{file.parent} cannot be written: {error.strerror}") from None


def read_json(file: Path) -> dict[str, Any] | None:
    """A JSON object from a file; None if there is none, or only a part of it."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
