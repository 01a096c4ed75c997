"""Pictures of quantities."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netform.commands.arguments import Point, file_and_words, network_of, width_and_batch
from netform.commands.options import memory_options, profile_options, text_options
from netform.commands.output import print_json
from netform.commands.parameter_types import Values
from netform.grammar.budget import answers
from netform.grammar.errors import NetformError

if TYPE_CHECKING:
    from netform.dsl.questions.curves import Line

Range = tuple[str, tuple[Fraction, ...]]


@click.command()
@click.argument("words", nargs=-1, metavar="[FILE] QUANTITY")
@text_options
@click.option(
    "--over",
    type=Values(),
    multiple=True,
    required=True,
    help="The symbol along the axis: B=1:256, w=1/4:2:1/4, R=128,160,192; one panel each.",
)
@click.option("--by", type=Values(), multiple=True, help="One curve for each value: w=1/2,1,2.")
@click.option("--budget", "budgets", multiple=True, help="A line at a budget: 11 GiB, 500k.")
@click.option("--device", "devices", multiple=True, help="A line at the memory of a card.")
@click.option("--log", is_flag=True, help="Make both axes logarithmic.")
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="An .svg, .png or .pdf file.")
@profile_options
@memory_options
@answers
def plot(
    words: tuple[str, ...],
    text: str | None,
    as_json: bool,
    over: tuple[Range, ...],
    by: tuple[Range, ...],
    budgets: tuple[str, ...],
    devices: tuple[str, ...],
    log: bool,
    output: str | None,
    point: Point,
    **model: Any,
) -> None:
    """Plot a quantity over the batch, the width, the size of the input or any let.

    \b
        netform plot examples/zoo/resnet50.net memory --over B=1:256 --by w=1/4,1/2,1 \\
            --budget "11 GiB" --device "Tesla K20" -o memory.svg
        netform plot examples/zoo/resnet50.net memory --over B=1:256 --profile torch -o torch.svg
        netform plot examples/zoo/mobilenet_v1.net macs --over R=128,160,192,224 --by w=1/2,1
        netform plot -e 'input 8x8x1 conv16k3 fc10' params --over w=1/16:2:1/16 > params.svg

    The points are exact; --json prints them. Points at which the network does not exist are left
    out. Without -o the picture goes to standard output, as SVG.
    """
    from netform.dsl.costs.quantities import NAMES_OF_QUANTITIES
    from netform.dsl.questions.curves import device_line, picture
    from netform.plots.plot import FORMATS, Plot

    if output is not None and Path(output).suffix.lower().removeprefix(".") not in FORMATS:
        raise click.UsageError(f"{output!r} does not end with .{', .'.join(FORMATS)}.")
    file, quantities = file_and_words(words, text)
    if len(quantities) != 1:
        raise click.UsageError(f"Give one quantity: {', '.join(NAMES_OF_QUANTITIES)}.")
    _once(over, "--over")
    _once(by, "--by")
    network = network_of(file, text, point)
    lines = [*(_line(quantities[0], each) for each in budgets), *map(device_line, devices)]
    fixed = width_and_batch(point)
    found = picture(network, quantities[0], dict(over), dict(by), fixed, lines, **model)
    if output is not None:
        Plot(found, log).save(output)
    if as_json:
        print_json(found.as_json() | {"output": output})
    elif output is None:
        click.echo(Plot(found, log).image("svg"), nl=False)


def _once(ranges: tuple[Range, ...], option: str) -> None:
    names = [name for name, _ in ranges]
    for name in names:
        if names.count(name) > 1:
            raise click.UsageError(f"{option} has {name} twice.")


def _line(quantity: str, budget: str) -> Line:
    from netform.dsl.questions.curves import budget_line

    try:
        return budget_line(quantity, budget)
    except NetformError as error:
        raise click.BadParameter(
            f"{error.message}; {error.hint}", param_hint="'--budget'"
        ) from None
