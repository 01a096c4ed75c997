"""A sweep under way: a live table on a terminal, lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import click
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from netform.codegen.run.sweep import Outcome, State
from netform.codegen.run.sweep.results import best_first
from netform.dsl.settings import Axis
from netform.grammar.errors import printable
from netform.terminal.tables import LITERAL, running_table

Report = Callable[[Sequence[Outcome]], None]

_AROUND = 8  # lines of the terminal that are not rows of the table


@contextlib.contextmanager
def progress(axes: Sequence[Axis]) -> Iterator[Report]:
    """A function that shows the states of the runs of a sweep on standard error."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    console = Console(stderr=True, **LITERAL)
    with Live(console=console, transient=True, auto_refresh=False) as live:
        yield lambda outcomes: live.update(_board(outcomes, axes, console.height), refresh=True)


def _board(outcomes: Sequence[Outcome], axes: Sequence[Axis], height: int) -> Group:
    """What runs, what has failed, and the best, in as many rows as there is room for."""
    busy = [o for o in outcomes if o.state is State.RUNNING]
    failed = [o for o in outcomes if o.state is State.FAILED]
    ended = [o for o in best_first(outcomes) if o.state in (State.FINISHED, State.STOPPED)]
    rows = [*busy, *failed, *ended][: max(3, height - _AROUND)]
    return Group(running_table(rows, axes), Text(counts(outcomes), style="dim"))


def counts(outcomes: Sequence[Outcome]) -> str:
    """How many points there are of each state, in words."""
    found = Counter(outcome.state for outcome in outcomes)
    words = [f"{found[state]:,} {state}" for state in State if found[state]]
    return f"{len(outcomes):,} points: {', '.join(words)}"


def _lines() -> Report:
    """A function that prints every change of a state in a line."""
    before: dict[str, State] = {}

    def report(outcomes: Sequence[Outcome]) -> None:
        if not before:
            click.echo(counts(outcomes), err=True)
        for outcome in outcomes:
            name = outcome.run.point.name
            if before.get(name, outcome.state) is not outcome.state:
                click.echo(f"{outcome.run.point}: {_in_words(outcome)}", err=True)
            before[name] = outcome.state

    return report


def _in_words(outcome: Outcome) -> str:
    if outcome.state is State.RUNNING:
        gone = f" on after epoch {outcome.epochs}" if outcome.epochs else ""
        return f"runs{gone}"
    accuracy = outcome.validation_accuracy
    words = [f"{outcome.epochs} epochs"] if outcome.epochs else []
    words += [f"validation {accuracy:.4f}"] if accuracy is not None else []
    words += [f"test {outcome.test_accuracy:.4f}"] if outcome.test_accuracy is not None else []
    return ", ".join([str(outcome.state), *words])


def problems(outcomes: Sequence[Outcome]) -> list[str]:
    """The points that were left out, and the runs that failed, with their last output."""
    words = []
    for outcome in outcomes:
        if outcome.state is State.LEFT_OUT:
            words.append(f"{outcome.run.point} is left out: {outcome.note}")
        if outcome.state is State.FAILED:
            first, *others = outcome.note.splitlines()
            words.append(f"{outcome.run.point} failed: {first}")
            words += [f"    {line}" for line in others]
            words.append(f"    the whole output is in {outcome.run.folder / 'output.txt'}")
    return [printable(line) for line in words]
