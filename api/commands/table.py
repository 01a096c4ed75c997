"""What every layer costs."""

from __future__ import annotations

import click

from netform.commands.arguments import Point, network_of, width_and_batch
from netform.commands.options import convention_option, network_options, point_options
from netform.commands.output import print_json
from netform.grammar.budget import answers


@click.command()
@network_options
@point_options
@convention_option
@answers
def table(
    file: str | None,
    text: str | None,
    as_json: bool,
    point: Point,
    rounding: str | None,
    conventions: tuple[str, ...],
) -> None:
    """Show what every layer costs, and the total.

    \b
        netform table examples/cifar_vgg.net
        netform table examples/cifar_vgg.net --set w=1/2 --set B=128
        netform table examples/cifar_vgg.net --set w=1/3 --round nearest
        netform table examples/cifar_vgg.net --convention torchinfo --convention thop
    """
    network = network_of(file, text, point)
    costs = network.table(
        **width_and_batch(point), rounding=rounding, conventions=conventions, values={}
    )
    if as_json:
        print_json(costs.json_parts())
        return
    from netform.terminal.tables import console, cost_notes, cost_table, put

    out = console()
    put(out, cost_table(costs, out.width))
    click.echo(cost_notes(costs, network.train))
