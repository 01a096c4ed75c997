"""Runs on a Ray cluster, through Ray Tune: the same folders, on a file system that all nodes see."""

from __future__ import annotations

import functools
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from ....dsl.settings import LARGEST_COUNT
from ....grammar.errors import NetformError, printable
from .. import supervisor
from ..lock import locked
from ..run_folder import place
from . import outcome, process
from .outcome import UNDER_WAY, Outcome, State, outcome_of
from .points import Run

_PAUSE = 0.2  # seconds between two looks at the log of a run
_SCRATCH = ".ray"  # a folder of Ray's own, of no use afterwards
_PATIENCE = 10  # seconds in which a cluster answers
_PASSED_ON = ("KERAS_", "TF_", "XLA_")  # variables that a run on another node has too

# Ray prints nothing, sends nothing, and leaves Ctrl-C to us
_VARIABLES = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_TRAIN_ENABLE_V2_MIGRATION_WARNINGS": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
}


@dataclass(frozen=True, slots=True)
class _Job:
    """What a node needs to know to train a run."""

    run: Run
    is_ahead: bool
    where: Path
    variables: Mapping[str, str]
    gpus: Fraction


def run_on_ray(
    runs: Sequence[Run],
    jobs: int | None,
    gpus: Fraction | None,
    asha: bool,
    show: Callable[[Sequence[Outcome]], None],
) -> None:
    """Train the runs that are not finished on the cluster at RAY_ADDRESS, or a local one.

    Up to ``jobs`` at a time, each with a share of a GPU or several; left out, with one where the
    cluster has any. ``asha`` stops runs that do badly (asynchronous successive halving, Li and
    others, 2018); those that have ended before count in it too. Raises NetformError where there
    is no Ray, no cluster, or no such GPU.
    """
    for name, value in _VARIABLES.items():
        os.environ.setdefault(name, value)
    try:
        import ray
        from ray import tune
    except ImportError:
        raise NetformError("this sweep needs Ray", hint="pip install 'netform[ray]'") from None
    outcomes = [outcome_of(run) for run in runs]
    settled = {State.FINISHED, State.LEFT_OUT} | ({State.STOPPED} if asha else set())
    ahead = [at for at, found in enumerate(outcomes) if found.state not in settled]
    show(outcomes)
    if not ahead:
        return
    for at in ahead:
        place(runs[at].program, runs[at].file)
        outcomes[at] = replace(outcomes[at], state=State.WAITING, note="")
    scratch = runs[0].folder.absolute().parent / _SCRATCH
    connected = ray.is_initialized()
    if not connected:
        _connect(ray)
    try:
        jobs_of = _jobs(outcomes, ahead, asha, _share(ray.cluster_resources(), gpus))
        look = functools.partial(_look, runs=runs, outcomes=outcomes, ahead=ahead, show=show)
        for result in _tuner(tune, jobs_of, jobs, asha, scratch, look).fit():
            at = result.config["at"]
            if at in ahead and outcome_of(runs[at]).state in UNDER_WAY:
                _settle(runs[at], result.error)
    finally:
        if not connected:
            ray.shutdown()
        shutil.rmtree(scratch, ignore_errors=True)
    for at in ahead:
        outcomes[at] = outcome_of(runs[at])
    show(outcomes)


def _jobs(
    outcomes: Sequence[Outcome], ahead: Sequence[int], asha: bool, gpus: Fraction
) -> dict[int, _Job]:
    """The runs to train; for ASHA also the finished ones, because it needs their epochs."""
    variables = {n: v for n, v in os.environ.items() if n.startswith(_PASSED_ON)}
    return {
        at: _Job(
            replace(found.run, folder=found.run.folder.absolute()),
            at in ahead,
            Path.cwd(),
            variables,
            gpus,
        )
        for at, found in enumerate(outcomes)
        if at in ahead or (asha and found.epochs)
    }


def _tuner(
    tune: Any,
    jobs_of: Mapping[int, _Job],
    jobs: int | None,
    asha: bool,
    scratch: Path,
    look: Callable[[set[int]], None],
) -> Any:
    gpus = next(iter(jobs_of.values())).gpus
    chosen: dict[str, Any] = {}
    if asha:
        # the last epoch ends a run by itself, so the scheduler's own end is after it
        most = 1 + max(job.run.epochs or LARGEST_COUNT for job in jobs_of.values())
        scheduler = tune.schedulers.ASHAScheduler(max_t=most, grace_period=1)
        chosen = {"metric": "val_accuracy", "mode": "max", "scheduler": scheduler}

    class Watch(tune.Callback):  # type: ignore[misc]
        """Looks at the runs whenever Ray has."""

        def on_step_end(self, iteration: int, trials: Sequence[Any], **info: Any) -> None:
            look({trial.config["at"] for trial in trials if trial.status == "RUNNING"})

    trained = tune.with_parameters(_train, jobs=jobs_of)
    return tune.Tuner(
        tune.with_resources(trained, {"cpu": 1, "gpu": float(gpus)}),
        param_space={"at": tune.grid_search(list(jobs_of))},
        tune_config=tune.TuneConfig(max_concurrent_trials=jobs, reuse_actors=False, **chosen),
        run_config=tune.RunConfig(
            name=scratch.name, storage_path=str(scratch.parent), verbose=0, callbacks=[Watch()]
        ),
    )


def _connect(ray: Any) -> None:
    address = os.environ.get("RAY_ADDRESS") or "local"
    local = {"include_dashboard": False} if address == "local" else {}
    try:
        host = re.fullmatch(r"(?:ray://)?\[?(.+?)\]?:([0-9]{1,5})", address)
        if host:  # Ray itself tries for minutes
            socket.create_connection((host[1], int(host[2])), _PATIENCE).close()
        ray.init(address=address, log_to_driver=False, logging_level="ERROR", **local)
    except (OSError, OverflowError, RuntimeError, ValueError) as error:
        why = str(error).strip().partition("\n")[0]
        raise NetformError(
            f"no Ray cluster answers at {printable(address)}: {printable(why)}",
            hint="set RAY_ADDRESS to that of a cluster, or to nothing for one of this machine",
        ) from None


def _share(resources: Mapping[str, float], gpus: Fraction | None) -> Fraction:
    """The GPUs of every run: as asked for, or one where there are any."""
    there = Fraction(resources.get("GPU", 0))
    if gpus is None:
        return min(there, Fraction(1))
    if gpus > there:
        raise NetformError(
            f"a run is to have {gpus} GPUs, but the cluster has {there}",
            hint="leave out --gpus-per-run, or start Ray where it sees the GPUs",
        )
    return gpus


def _look(
    running: set[int],
    runs: Sequence[Run],
    outcomes: list[Outcome],
    ahead: Sequence[int],
    show: Callable[[Sequence[Outcome]], None],
) -> None:
    for at in ahead:
        if at in running or outcomes[at].state is State.RUNNING:
            now = outcome_of(runs[at], at in running)
            # a run that has just ended reports its state a moment later
            outcomes[at] = replace(now, state=State.RUNNING) if now.state in UNDER_WAY else now
    show(outcomes)


def _settle(run: Run, error: Exception | None) -> None:
    """Records a run as stopped or lost when its worker reported no exit status."""
    if error is None:
        outcome.stop(run)
    else:
        why = str(error).strip().rpartition("\n")[2]
        outcome.fail(run, f"Ray lost it: {why}")


def _train(config: Mapping[str, int], jobs: Mapping[int, _Job]) -> None:
    """Train a run on a node, and report its epochs; a run that has ended reports its log."""
    job = jobs[config["at"]]
    if not job.is_ahead:
        _report(job.run, 0)
        return
    with locked(job.run.folder) as lock:  # a node may still end what a killed sweep has left
        outcome.begin(job.run)
        one = process.start(job.run, job.gpus < 1, job.variables, [lock], job.where)
        try:
            _follow(job.run, one)
        except SystemExit:  # so Ray stops weak runs
            outcome.stop(job.run)
            raise
        finally:
            supervisor.end(one)


def _follow(run: Run, one: subprocess.Popen[bytes]) -> None:
    """Report the epochs of a program until it has ended; raises RuntimeError where it failed."""
    reported = 0
    while (status := one.poll()) is None:
        # after the last epoch comes the test, which nothing should stop
        reported = _report(run, reported, run.epochs - 1 if run.epochs else None)
        time.sleep(_PAUSE)
    outcome.end(run, status)
    if status:
        raise RuntimeError(f"the program ended with status {status}")
    _report(run, reported)


def _report(run: Run, reported: int, most: int | None = None) -> int:
    """Report the epochs of the log beyond those reported, up to a number of them."""
    from ray import tune

    epochs = outcome.read_log(run)[:most]
    for epoch in epochs[reported:]:
        tune.report({"val_accuracy": epoch.accuracy})
    return max(reported, len(epochs))
