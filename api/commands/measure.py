"""Predicted memory held against what a framework really takes."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from netform.commands.arguments import Point, network_of, width_of
from netform.commands.options import dtype_option, network_options, optimizer_option, set_option
from netform.commands.output import print_json
from netform.commands.parameter_types import Memory

if TYPE_CHECKING:
    from netform.codegen.measure.request import Request
    from netform.dsl.devices.machines import Machine


@click.command()
@network_options
@click.option(
    "--backend",
    metavar="NAME",
    help="torch, jax or tensorflow.  [default: KERAS_BACKEND, or the first that is installed]",
)
@set_option
@dtype_option
@optimizer_option(help="Optimizer, instead of the network's own.")
@click.option(
    "--steps",
    type=click.IntRange(2, 1000),
    default=3,
    show_default=True,
    help="Training steps for each model.",
)
@click.option("--device", metavar="NAME", help="cpu or gpu:0.  [default: a card, if there is one]")
@click.option(
    "--largest", is_flag=True, help="Also find the largest batch that fits --memory, by trial."
)
@click.option("--memory", type=Memory(), help="The memory for --largest: 2GiB or 512MiB.")
@click.option("--arithmetic", metavar="RATE", help="Peak of an unknown device: 1.5TFLOPS.")
@click.option("--bandwidth", metavar="RATE", help="Memory bandwidth of it: 40GB/s.")
@click.option(
    "--timeout",
    type=click.IntRange(1, 10**6),
    default=600,
    show_default=True,
    help="Seconds that a process has.",
)
@click.option(
    "--plot",
    "picture",
    type=click.Path(dir_okay=False),
    help="Draw predicted and measured bytes into this .svg, .png or .pdf file.",
)
def measure(
    file: str | None,
    text: str | None,
    as_json: bool,
    backend: str | None,
    point: Point,
    dtype: str,
    optimizer: str | None,
    steps: int,
    device: str | None,
    largest: bool,
    memory: Fraction | None,
    arithmetic: str | None,
    bandwidth: str | None,
    timeout: int,
    picture: str | None,
) -> None:
    """Train the network for a few steps, and hold the predicted memory against the measured one.

    \b
        netform measure examples/cifar_vgg.net --backend torch --set B=8
        netform measure examples/digits.net --backend jax --plot measured.svg
        netform measure examples/digits.net --backend torch --largest --memory 2GiB

    The batch is the network's own unless --set gives another. The images are random. On a card the
    allocator is asked; on a processor PyTorch's profiler and the tensors that autograd keeps, and
    XLA's buffers on JAX and TensorFlow. The largest batch is found in processes that may die: one
    for every trial, with no more memory than given.

    The share of the images per second that no program can beat (netform roofline) is shown for a
    card that netform devices lists, and for any device with --arithmetic and --bandwidth.
    """
    from netform.codegen.measure.request import Request, check_batch, default_backend
    from netform.codegen.measure.speed_share import given_machine
    from netform.plots.measured_plot import check_picture

    if largest != (memory is not None):
        raise click.UsageError("Give --largest and --memory 2GiB together.")
    if picture is not None:
        check_picture(picture)
    network = network_of(file, text, point)
    symbols = dict(point)
    batch = check_batch(symbols.pop("B", Fraction(network.train.batch)))
    request = Request(
        network,
        backend or default_backend(),
        [batch],
        width_of(tuple(symbols.items())),
        dtype,
        optimizer,
        steps,
        device,
        timeout,
    )
    machine = given_machine(dtype, arithmetic, bandwidth)
    answer = _measured(request, machine, as_json, picture)
    if memory is not None:
        answer["largest"] = _largest(request, int(memory), as_json)
    if as_json:
        print_json(answer)


def _measured(
    request: Request, machine: Machine | None, as_json: bool, picture: str | None
) -> dict[str, Any]:
    """What was measured as JSON values, after the table and the picture of it."""
    from netform.codegen.measure.measuring import measure as measured
    from netform.codegen.measure.speed_share import speed_shares
    from netform.plots.measured_plot import draw_measured
    from netform.terminal.measure import measured_lines, measured_table, share_line
    from netform.terminal.tables import console, put

    found = measured(request)
    shares = speed_shares(request, found, machine)
    if not as_json:
        put(console(), measured_table(found))
        for line in measured_lines(found):
            click.echo(line)
        for share in shares:
            click.echo(share_line(share))
    if picture is not None:
        draw_measured(found, picture)
    return found.as_json() | {"roofline": [share.as_json() for share in shares]}


def _largest(request: Request, memory: int, as_json: bool) -> dict[str, Any]:
    """The largest batch in a memory of some bytes as JSON values, after a line for every trial."""
    from netform.codegen.measure.largest import largest as largest_of
    from netform.terminal.measure import largest_line, trial_line

    tried = largest_of(request, memory, lambda trial: click.echo(trial_line(trial), err=True))
    if not as_json:
        click.echo(largest_line(tried))
    return tried.as_json()
