"""From the points of a grid to runs: each with its program, its folder and its memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ....dsl.network import Network
from ....dsl.questions.sweep_points import (
    GridPoint,
    MemoryLimit,
    check_not_swept,
    network_at,
    training_memory,
    why_left_out,
)
from ....grammar.errors import NetformError
from ....grammar.short_repr import ShortRepr
from ...target import safe_name, target


@dataclass(frozen=True, slots=True)
class Run(ShortRepr):
    """One point of a sweep, and what it takes to train it.

    ``options`` are words for its program, ``epochs`` how many it trains at most, 0 where its
    length is in steps, ``memory`` the bytes that it needs.
    ``left_out`` is why it is not trained, if so; a point without a valid network has no program
    and no figures.
    """

    point: GridPoint
    folder: Path
    name: str
    program: str = ""
    options: tuple[str, ...] = ()
    epochs: int = 0
    params: int | None = None
    memory: int | None = None
    left_out: str = ""

    @property
    def file(self) -> Path:
        """The program's place."""
        return self.folder / f"{self.name}.py"


def runs_of(
    network: Network,
    points: Iterable[GridPoint],
    folder: Path,
    options: Mapping[str, Any],
    w: Any = 1,
    rounding: str | None = None,
    limit: MemoryLimit | None = None,
    profile: str = "textbook",
    mode: str | None = None,
) -> tuple[Run, ...]:
    """The runs of a sweep, in the order of its points, with folders inside the sweep's.

    ``options`` are those of a training program, such as ``epochs`` and ``batch``, and replace the
    file's; None is not given. Points that do not fit ``limit`` are left out, as are points without
    a valid network. ``profile`` and ``mode`` count the memory. Raises NetformError if no point has
    a network.
    """
    given = {name: value for name, value in options.items() if value is not None}
    for name in given:
        check_not_swept(network.axes, [name], f"--{name}")
    check_not_swept(network.axes, network.values, "--set")
    runs: list[Run] = []
    wrong: list[NetformError] = []
    for point in points:
        try:
            there = network_at(network, point)
            batch = given.get("batch", there.train.batch)
            memory = training_memory(there, batch, w, rounding, profile, mode)
            run = _run(there, point, folder, given, w, rounding, memory)
            runs.append(replace(run, left_out=why_left_out(memory, limit)))
        except NetformError as error:
            wrong.append(error)
            place = folder / point.name
            runs.append(Run(point, place, safe_name(network.name), left_out=error.message))
    if wrong and len(wrong) == len(runs):
        raise wrong[0]
    return tuple(runs)


def _run(
    network: Network,
    point: GridPoint,
    folder: Path,
    given: Mapping[str, Any],
    w: Any,
    rounding: str | None,
    memory: int,
) -> Run:
    steps = network.train.steps
    if steps and "epochs" in given:
        raise NetformError(
            f"training takes {steps:,} steps, so it cannot take a number of epochs",
            hint="leave --epochs out",
        )
    batch = given.get("batch", network.train.batch)
    return Run(
        point,
        folder / point.name,
        safe_name(network.name),
        target().write(network, w, rounding),
        tuple(f"--{name}={value}" for name, value in given.items()),
        0 if steps else given.get("epochs", network.train.epochs),
        network.at(w, batch, rounding).params,
        memory,
    )
