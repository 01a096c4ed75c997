"""What became of a run, read from its folder.

A folder keeps the program, what the program writes (its log, models and summary), what it printed
(output.txt), and point.json: the point, the options it was started with, and how it ended.
"""

from __future__ import annotations

import csv
import enum
import json
import math
import os
import re
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ....grammar.short_repr import ShortRepr
from ..run_folder import read_json
from .points import Run

LINES_SHOWN = 5  # of what a failed program printed

_KILLED = 128  # statuses above it are signals
_KILL = 9
_BYTES_READ = 100_000  # of what a failed program printed
_FIGURES = ("epochs", "best_epoch", "validation_accuracy", "test_accuracy", "seconds")
_CHATTER = re.compile(r"[IW]\d{4} \d\d:\d\d:|WARNING: All log messages before absl")  # TensorFlow's


class State(enum.StrEnum):
    """The state of a run. ASHA stops a run if others are better.

    An interrupted run has begun, and its sweep was ended or killed before it was.
    """

    WAITING = "waiting"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    LEFT_OUT = "left out"


UNDER_WAY = (State.WAITING, State.RUNNING, State.INTERRUPTED)  # it has not ended yet


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
    state = State.RUNNING if is_running else _state(run, record)
    summary = _summary(run)
    if state is State.FINISHED and summary is not None:
        figures = [_number(summary, name) for name in _FIGURES]
        return Outcome(run, state, int(figures[0]), *figures[1:])
    if state is State.FINISHED:  # the summary was removed, or is damaged
        state = State.LEFT_OUT if run.left_out else State.INTERRUPTED
    notes = {State.LEFT_OUT: run.left_out, State.FAILED: str((record or {}).get("note"))}
    epochs = read_log(run)
    best = max(epochs, key=lambda epoch: (epoch.accuracy, -epoch.loss), default=None)  # the first
    number, accuracy = (best.number, best.accuracy) if best else (None, None)
    return Outcome(run, state, len(epochs), number, accuracy, note=notes.get(state, ""))


def _state(run: Run, record: Mapping[str, Any] | None) -> State:
    """The state of a run that is not running, by what was recorded."""
    state = (record or {}).get("state")
    if state == State.FINISHED:
        return State.FINISHED
    if run.left_out:
        return State.LEFT_OUT
    if state in (State.FAILED, State.STOPPED):
        return State(state)
    return State.WAITING if record is None else State.INTERRUPTED


def _summary(run: Run) -> dict[str, Any] | None:
    """The summary of a run; None where there is none that tells its epochs."""
    summary = read_json(run.folder / "summary.json")
    return summary if summary is not None and _number(summary, "epochs") else None


def _number(summary: Mapping[str, Any], name: str) -> Any:
    """A figure of a summary; None where it has none."""
    found = summary.get(name)
    is_number = isinstance(found, (int, float)) and math.isfinite(found)
    return found if is_number else None


def begin(run: Run) -> None:
    """Record in the folder that a run starts or continues."""
    _write(run, State.RUNNING)


def stop(run: Run) -> None:
    """Note that a run was stopped, since others do better."""
    _write(run, State.STOPPED)


def fail(run: Run, why: str) -> None:
    """Note why a run failed."""
    _write(run, State.FAILED, why)


def end(run: Run, status: int) -> None:
    """Note how the program of a run has ended: with a summary, or it has failed."""
    if status == 0 and _summary(run) is not None:
        _write(run, State.FINISHED)
        return
    lines = _last_lines(run.folder / "output.txt")
    why = f"its program {_in_words(status)}{_reason(lines)}"
    fail(run, "\n".join([why, *lines[-LINES_SHOWN:]]))


def _in_words(status: int) -> str:
    if status <= _KILLED:
        return f"ended with status {status}"
    number = status - _KILLED
    name = next((f" ({sign.name})" for sign in signal.Signals if sign == number), "")
    memory = ", as a system does that is short of memory" if number == _KILL else ""
    return f"was killed by signal {number}{name}{memory}"


def _reason(lines: Sequence[str]) -> str:
    """The error that a program has printed: that of its last traceback, or else its last line.

    >>> _reason(["Traceback (most recent call last):", "  File ...", "ValueError: no", "bye"])
    ': ValueError: no'
    """
    begins = [at for at, line in enumerate(lines) if line.startswith("Traceback ")]
    if begins:
        outside = (line for line in lines[begins[-1] + 1 :] if not line.startswith(" "))
        error = next(outside, "")
    else:
        error = lines[-1] if lines else ""
    return f": {error.strip()}" if error.strip() else ""


class LoggedEpoch(NamedTuple):
    """An epoch, counted from 1, with its accuracy and loss on the validation part."""

    number: int
    accuracy: float
    loss: float


def read_log(run: Run) -> list[LoggedEpoch]:
    """The epochs of a run, as far as its program has logged them."""
    try:
        text = (run.folder / "log.csv").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return []
    whole = text[: text.rfind("\n") + 1]  # the last line may be on its way
    found = []
    for row in csv.DictReader(whole.splitlines()):
        try:
            epoch, accuracy = int(row["epoch"]) + 1, float(row["val_accuracy"])
            loss = float(row["val_loss"])
        except (KeyError, TypeError, ValueError):
            continue
        found.append(LoggedEpoch(epoch, accuracy if math.isfinite(accuracy) else 0.0, loss))
    return found


def _record(run: Run) -> dict[str, Any] | None:
    """The content of point.json, if the run was started with the same program and options."""
    record = read_json(run.folder / "point.json")
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


def _last_lines(file: Path) -> list[str]:
    """What a program has printed at its end, without TensorFlow's own lines."""
    try:
        with open(file, "rb") as output:
            output.seek(max(0, output.seek(0, os.SEEK_END) - _BYTES_READ))
            text = output.read().decode("utf-8", errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip() and not _CHATTER.match(line)]
