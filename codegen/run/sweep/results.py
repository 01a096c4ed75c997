"""The outcomes of a sweep as files: results.csv in the order of the grid, results.md best first."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ....dsl.settings import Axis
from ....grammar.errors import NetformError
from ...cells import safe_cell
from ...explain.names import markdown
from .outcome import Outcome

MEASURED = (
    "state",
    "params",
    "training_bytes",
    "trained_epochs",
    "best_epoch",
    "validation_accuracy",
    "test_accuracy",
    "seconds",
)

Cell = str | int | float | None


def best_first(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes by their validation accuracy, those without one last; otherwise in their order.

    The test part judges the choice, so it does not influence it.
    """
    return sorted(
        outcomes,
        key=lambda o: -1.0 if o.validation_accuracy is None else o.validation_accuracy,
        reverse=True,
    )


def columns(axes: Sequence[Axis]) -> list[str]:
    """The names of the columns: the axes, and what was measured."""
    return [f"{a.name} (axis)" if a.name in MEASURED else a.name for a in axes] + list(MEASURED)


def cells(outcome: Outcome) -> list[Cell]:
    """The row of an outcome: the values of the axes as written, and what was measured."""
    return [
        *(value for _, value in outcome.run.point.values),
        str(outcome.state),
        outcome.run.params,
        outcome.run.memory,
        outcome.epochs,
        outcome.best_epoch,
        outcome.validation_accuracy,
        outcome.test_accuracy,
        outcome.seconds,
    ]


def write_results(outcomes: Sequence[Outcome], axes: Sequence[Axis], folder: Path) -> None:
    """Write results.csv and results.md; raises NetformError where that cannot be."""
    try:
        _replace(folder / "results.csv", _as_csv(outcomes, axes))
        _replace(folder / "results.md", _as_markdown(outcomes, axes))
    except OSError as error:
        raise NetformError(f"{folder} cannot be written: {error.strerror}") from None


def as_json(name: str, folder: Path, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The outcomes in the order of the grid, as JSON values."""
    return {
        "network": name,
        "folder": str(folder),
        "points": [
            {
                "name": outcome.run.point.name,
                "values": dict(outcome.run.point.values),
                "note": outcome.note,
                **dict(zip(MEASURED, cells(outcome)[-len(MEASURED) :], strict=True)),
            }
            for outcome in outcomes
        ],
    }


def shown(cell: Cell) -> str:
    """A cell for people: whole numbers in groups of three, shares with four places."""
    match cell:
        case None:
            return ""
        case int():
            return f"{cell:,}"
        case float():
            return f"{cell:.4f}"
        case _:
            return cell


def readable(outcome: Outcome) -> list[str]:
    """The row of an outcome for people."""
    *most, seconds = cells(outcome)
    return [*map(shown, most), "" if seconds is None else f"{seconds:,.1f}"]


def _as_csv(outcomes: Sequence[Outcome], axes: Sequence[Axis]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(safe_cell, [*columns(axes), "folder", "note"]))
    for outcome in outcomes:
        row = ["" if cell is None else cell for cell in cells(outcome)]
        row += [outcome.run.folder.name, _first_line(outcome)]
        writer.writerow(map(safe_cell, row))
    return text.getvalue()


def _as_markdown(outcomes: Sequence[Outcome], axes: Sequence[Axis]) -> str:
    heads = [head.replace("_", " ") for head in columns(axes)]
    rules = ["---"] * len(axes) + ["---"] + ["---:"] * (len(MEASURED) - 1)
    rows = [heads, *(readable(outcome) for outcome in best_first(outcomes))]
    lines = ["| " + " | ".join(map(markdown, row)) + " |" for row in rows]
    lines.insert(1, f"| {' | '.join(rules)} |")
    notes = [markdown(f"{o.run.point}: {_first_line(o)}") for o in outcomes if o.note]
    return "\n".join([*lines, *([""] if notes else []), *(f"- {note}" for note in notes)]) + "\n"


def _first_line(outcome: Outcome) -> str:
    return outcome.note.partition("\n")[0]


def _replace(file: Path, text: str) -> None:
    new = file.with_name(f"{file.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(file)
