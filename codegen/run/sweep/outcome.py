"""What became of a run, read from its folder.

A folder keeps the program, what the program writes (its log, models and summary), what it printed
(output.txt), and point.json: the point, the options it was started with, and how it ended.
"""

from __future__ import annotations

import csv
import enum
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....grammar.short_repr import ShortRepr
from .points import Run

LINES_SHOWN = 5  # of what a failed program printed

_KILLED = 128  # statuses above it are signals
_CHATTER = re.compile(r"[IW]\d{4} \d\d:\d\d:|WARNING: All log messages before absl")  # TensorFlow's


class State(enum.StrEnum):
    """The state of a run. ASHA stops a run if others are better."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class Outcome(ShortRepr):
    """The state and results of a run: accuracies are of its best epoch so far, counted from 1.

    ``note`` is why a run was left out or failed.
    """

    run: Run
    state: State
    epochs: int = 0
    best_epoch: int | None = None
    validation_accuracy: float | None = None
    test_accuracy: float | None = None
    seconds: float | None = None
    note: str = ""


def outcome_of(run: Run, is_running: bool = False) -> Outcome:
    """The outcome in the folder of a run; only its engine knows whether it is running."""
    if not run.program:
        return Outcome(run, State.LEFT_OUT, note=run.left_out)
    record = _record(run)
    summary = _json(run.folder / "summary.json")
    if record is not None and summary is not None and not is_running:
        return Outcome(
            run,
            State.FINISHED,
            summary.get("epochs", 0),
            summary.get("best_epoch"),
            summary.get("validation_accuracy"),
            summary.get("test_accuracy"),
            summary.get("seconds"),
        )
    epochs = read_log(run)
    best, accuracy = max(epochs, key=lambda epoch: (epoch[1], -epoch[0]), default=(None, None))
    state, note = (State.RUNNING, "") if is_running else _state(run, record)
    return Outcome(run, state, len(epochs), best, accuracy, note=note)


def _state(run: Run, record: Mapping[str, Any] | None) -> tuple[State, str]:
    """The state of a run that has no summary and is not running, and why it is in it."""
    if run.left_out:
        return State.LEFT_OUT, run.left_out
    state = (record or {}).get("state")
    if state == State.FAILED:
        return State.FAILED, str((record or {}).get("note"))
    return (State.STOPPED if state == State.STOPPED else State.WAITING), ""


def begin(run: Run) -> None:
    """Record in the folder that a run starts or continues."""
    (run.folder / "summary.json").unlink(missing_ok=True)
    _write(run, State.RUNNING)


def stop(run: Run) -> None:
    """Note that a run was stopped, since others do better."""
    _write(run, State.STOPPED)


def fail(run: Run, why: str) -> None:
    """Note why a run failed."""
    _write(run, State.FAILED, why)


def end(run: Run, status: int) -> None:
    """Note how the program of a run has ended: with a summary, or it has failed."""
    if status == 0 and _json(run.folder / "summary.json") is not None:
        return
    killed = status > _KILLED and f"was killed by signal {status - _KILLED}"
    fail(
        run,
        f"its program {killed or f'ended with status {status}'}\n{_last_lines(run.folder / 'output.txt')}".rstrip(),
    )


def read_log(run: Run) -> list[tuple[int, float]]:
    """Epochs, from 1, and their validation accuracy, as far as the program has logged them."""
    try:
        text = (run.folder / "log.csv").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return []
    whole = text[: text.rfind("\n") + 1]  # the last line may be on its way
    found = []
    for row in csv.DictReader(whole.splitlines()):
        try:
            epoch, accuracy = int(row["epoch"]) + 1, float(row["val_accuracy"])
        except (KeyError, TypeError, ValueError):
            continue
        found.append((epoch, accuracy if math.isfinite(accuracy) else 0.0))
    return found


def _record(run: Run) -> dict[str, Any] | None:
    """The content of point.json, if the run was started with the same program and options."""
    record = _json(run.folder / "point.json")
    same = record is not None and record.get("options") == list(run.options) and run.file.exists()
    return record if same else None


def _write(run: Run, state: State, note: str = "") -> None:
    record = {
        "point": dict(run.point.values),
        "options": list(run.options),
        "state": state,
        "note": note,
    }
    new = run.folder / "point.json.new"
    new.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    new.replace(run.folder / "point.json")


def _json(file: Path) -> dict[str, Any] | None:
    """A JSON object from a file; None if there is none, or only a part of it."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _last_lines(file: Path) -> str:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    messages = [line for line in lines if line.strip() and not _CHATTER.match(line)]
    return "\n".join(messages[-LINES_SHOWN:])
