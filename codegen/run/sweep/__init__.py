"""Sweeps: every point of a grid trained in its own process and run folder.

    points    the points of a grid -> runs: programs, folders, and the memory they need
    local     runs them here, several at a time
    cluster   runs them on Ray
    outcome   what became of a run, read from its folder
    results   the outcomes as files

Everything that is known of a run is in its folder, so a sweep that is started again continues.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

from ....dsl.settings import Axis
from ....grammar.errors import NetformError
from ..lock import locked
from ..run_folder import check_folder
from ..training_run import check_keras
from .local import run_here
from .outcome import UNDER_WAY, Outcome, State, outcome_of
from .points import Run, runs_of
from .results import write_results

__all__ = ["Outcome", "Run", "State", "runs_of", "sweep"]


def sweep(
    runs: Sequence[Run],
    axes: Sequence[Axis],
    folder: Path,
    show: Callable[[Sequence[Outcome]], None],
    engine: str = "local",
    jobs: int | None = None,
    gpus: Fraction | None = None,
    asha: bool = False,
) -> tuple[Outcome, ...]:
    """Train what is not trained yet, and write the results into the folder of the sweep.

    The results are written whenever a run ends, too. ``show`` gets the state of all runs, several times a second. ``engine`` is local, with one job
    at a time unless ``jobs`` is larger, or ray, with as many as the cluster has room for;
    ``gpus`` (of each run) and ``asha`` (stop weak runs early) are for Ray. Raises NetformError
    where the folder belongs to another sweep, or on Ctrl-C, after all processes have ended.
    """
    check_keras()
    with locked(folder) as lock:
        for run in runs:
            if run.program:
                check_folder(run.program, run.file)
        show = _writing(show, axes, folder)
        try:
            if engine == "ray":
                from .cluster import run_on_ray

                run_on_ray(runs, jobs, gpus, asha, show)
            else:
                run_here(runs, jobs or 1, lock, show)
        except KeyboardInterrupt:
            hint = "start it again to continue; finished points are kept"
            raise NetformError("the sweep was interrupted", hint=hint) from None
        finally:
            outcomes = tuple(outcome_of(run) for run in runs)
            write_results(outcomes, axes, folder)
    return outcomes


def _writing(
    show: Callable[[Sequence[Outcome]], None], axes: Sequence[Axis], folder: Path
) -> Callable[[Sequence[Outcome]], None]:
    """``show``, which also writes the results where another run has ended."""
    ended: list[State] = []

    def report(outcomes: Sequence[Outcome]) -> None:
        nonlocal ended
        now = [outcome.state for outcome in outcomes]
        before, ended = ended, [state for state in now if state not in UNDER_WAY]
        if ended != before:
            write_results(outcomes, axes, folder)
        show(outcomes)

    return report
