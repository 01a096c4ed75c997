"""What every layer costs."""

from __future__ import annotations

import click

from netform.commands.arguments import Point, network_of, width_and_batch
from netform.commands.options import (
    convention_option,
    network_options,
    point_options,
    profile_options,
)
from netform.commands.output import print_json
from netform.grammar.budget import answers


@click.command()
@network_options
@point_options
@convention_option
@profile_options
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="QUANTITY",
    help="Add what every layer adds to a quantity, such as traffic_training, at the batch. "
    "Can be given several times.",
)
@answers
def table(
    file: str | None,
    text: str | None,
    as_json: bool,
    point: Point,
    rounding: str | None,
    conventions: tuple[str, ...],
    profile: str,
    mode: str | None,
    columns: tuple[str, ...],
) -> None:
    """Show what every layer costs, and the total.

    \b
        netform table examples/cifar_vgg.net
        netform table examples/cifar_vgg.net --set w=1/2 --set B=128
        netform table examples/cifar_vgg.net --set w=1/3 --round nearest
        netform table examples/cifar_vgg.net --set B=128 --profile torch --mode training_peak
        netform table examples/cifar_vgg.net --convention torchinfo --convention thop
        netform table examples/cifar_vgg.net --column traffic_inference --set B=64
    """
    from netform.dsl.algebra.units import bytes_in_words
    from netform.dsl.questions.memory_parts import memory_totals

    network = network_of(file, text, point)
    costs = network.table(
        **width_and_batch(point),
        rounding=rounding,
        conventions=conventions,
        columns=columns,
        values={},
    )
    memory = memory_totals(network, profile, mode, width_and_batch(point), rounding)
    if as_json:
        print_json(costs.json_parts() | ({"memory": memory} if memory else {}))
        return
    from netform.terminal.tables import console, cost_notes, cost_table, put

    out = console()
    put(out, cost_table(costs, out.width))
    click.echo(cost_notes(costs, network.train))
    for title, total in memory.items():
        click.echo(f"{title}: {bytes_in_words(total)}")
