"""Receptive fields."""

from __future__ import annotations

import click

from netform.commands.arguments import Point, network_of, width_and_batch
from netform.commands.options import network_options, set_option
from netform.commands.output import print_json
from netform.grammar.budget import answers


@click.command()
@network_options
@set_option
@answers
def aperture(file: str | None, text: str | None, as_json: bool, point: Point) -> None:
    """Show the aperture of every map: its receptive field in pixels of the image.

    \b
        netform aperture examples/vgg16.net
    """
    from netform.dsl.costs.table import aperture as aperture_json

    costs = network_of(file, text, point).table(**width_and_batch(point))
    if as_json:
        rows = [{"name": r.name, "op": r.op} | aperture_json(r.aperture) for r in costs.rows]
        total = aperture_json(costs.figures.aperture)
        print_json({"network": costs.network, "layers": rows, "total": total})
        return
    from netform.terminal.tables import aperture_table, console, put

    put(console(), aperture_table(costs))
