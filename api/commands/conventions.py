"""How tools count."""

from __future__ import annotations

import click

from netform.commands.output import print_json


@click.command()
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, with the formula of every kind of layer."
)
def conventions(as_json: bool) -> None:
    """List the conventions by which tools count the work of a network.

    \b
        netform conventions
        netform table   examples/zoo/resnet50.net --convention thop
        netform formula examples/zoo/resnet50.net --convention torchinfo --convention fvcore
    """
    from netform.dsl.costs.conventions import CONVENTIONS

    if as_json:
        print_json([convention.as_json() for convention in CONVENTIONS.values()])
        return
    from netform.terminal.tables import console, convention_table

    console().print(convention_table(CONVENTIONS.values()))
