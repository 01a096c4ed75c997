"""Many trainings: the grid that a network spans."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netform.commands.arguments import Point, network_of, width_of
from netform.commands.options import network_options, point_options, profile_options
from netform.commands.output import print_json
from netform.commands.parameter_types import Exact, Memory
from netform.grammar.errors import printable

if TYPE_CHECKING:
    from netform.codegen.run.sweep.outcome import Outcome
    from netform.network import Network


@click.command()
@network_options
@point_options
@click.option(
    "--jobs", type=click.IntRange(1), help="Points trained at a time.  [default: 1; all on Ray]"
)
@click.option("--random", "draw", type=click.IntRange(1), help="Train this many random points.")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    help="Seed of the random points, the weights and the order of the images.",
)
@click.option(
    "--device", metavar="NAME", help="Leave out points that do not fit this card: gtx970."
)
@click.option(
    "--memory", type=Memory(), help="Leave out points that do not fit this memory: 11GiB."
)
@profile_options
@click.option("--epochs", type=click.IntRange(1), help="Number of epochs, instead of the file's.")
@click.option("--batch", type=click.IntRange(1), help="Images per step, instead of the file's.")
@click.option(
    "--data",
    type=click.Path(exists=True),
    help="Images to train on, instead of the file's: an .npz file or a folder.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The folder of all runs.  [default: runs/NAME, with a digest after -e]",
)
@click.option("--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True)
@click.option(
    "--gpus-per-run",
    "gpus",
    type=Exact(),
    help="On Ray: the GPUs of each run, 2 or a share such as 1/4.",
)
@click.option("--asha", is_flag=True, help="On Ray: stop weak runs early.")
def sweep(
    file: str | None,
    text: str | None,
    as_json: bool,
    point: Point,
    rounding: str | None,
    jobs: int | None,
    draw: int | None,
    device: str | None,
    memory: Fraction | None,
    profile: str,
    mode: str | None,
    out: Path | None,
    engine: str,
    gpus: Fraction | None,
    asha: bool,
    **options: Any,
) -> None:
    """Train every point of a grid, each in its own folder. Run the command again to continue.

    The axes are settings with several values, such as batch=64|128, and the lets that sweep names.

    \b
        netform sweep examples/sweeps/digits.net --jobs 2
        netform sweep examples/sweeps/digits.net --random 4 --seed 1 --epochs 5
        netform sweep examples/sweeps/digits.net --device gtx970
        netform sweep examples/sweeps/digits.net --device gtx970 --profile torch
        netform sweep examples/sweeps/digits.net --engine ray --gpus-per-run 1/4 --asha

    Finished points are skipped. With --device or --memory, points that need more memory by the
    textbook model are left out. A framework needs even more, so they could not run. With --profile,
    these are the points whose peak by the profile does not fit with its margin.
    """
    from netform.codegen.run import sweep as sweeps
    from netform.codegen.run.run_folder import folder_of
    from netform.dsl.questions.sweep_points import all_points, memory_limit, random_points
    from netform.terminal.progress import progress

    _check_options(engine, gpus, asha, device, memory)
    data = options.pop("data")
    network = network_of(file, text, point)
    network = network if data is None else network.reading(data)
    folder = out or folder_of(network, file is not None, width_of(point), rounding)
    seed = options["seed"] or 0
    points = random_points(network.axes, draw, seed) if draw else all_points(network.axes)
    limit = memory_limit(device, memory, gpus, profile, mode)
    at = width_of(point), rounding
    runs = sweeps.runs_of(network, points, folder, options, *at, limit, profile, mode)
    with progress(network.axes) as show:
        outcomes = sweeps.sweep(runs, network.axes, folder, show, engine, jobs, gpus, asha)
    _report(outcomes, network, folder, as_json)


def _report(outcomes: Sequence[Outcome], network: Network, folder: Path, as_json: bool) -> None:
    """Draw the effects of the axes, and print the results; end with code 1 where a run failed."""
    from netform.codegen.run.sweep import State
    from netform.codegen.run.sweep.results import as_json as results_json
    from netform.plots.sweep_plot import draw_effects
    from netform.terminal.progress import problems

    drew = draw_effects(outcomes, network.axes, network.name, folder / "results.svg")
    if as_json:
        print_json(results_json(network.name, folder, outcomes))
    else:
        from netform.terminal.tables import console, put, results_table

        put(console(), results_table(outcomes, network.axes))
        files = "results.csv, results.md" + (", results.svg" if drew else "")
        click.echo(f"{files} and all runs are in {printable(str(folder))}")
    for problem in problems(outcomes):
        click.echo(problem, err=True)
    if any(outcome.state is State.FAILED for outcome in outcomes):
        click.get_current_context().exit(1)


def _check_options(
    engine: str, gpus: Fraction | None, asha: bool, device: str | None, memory: Fraction | None
) -> None:
    """Raise UsageError where options exclude each other, or a run has one GPU and a half."""
    if engine == "local" and (asha or gpus is not None):
        raise click.UsageError("--asha and --gpus-per-run are for --engine ray.")
    if gpus is not None and gpus > 1 and gpus.denominator > 1:
        raise click.UsageError("A run has whole GPUs, or a share of one: 2 or 1/4.")
    if device is not None and memory is not None:
        raise click.UsageError("Give --memory 11GiB, or --device NAME.")
