"""Whether a network is right."""

from __future__ import annotations

import click

from netform.commands.arguments import Point, network_of, width_and_batch
from netform.commands.options import network_options, set_option
from netform.commands.output import print_json
from netform.grammar.budget import answers
from netform.grammar.errors import printable


@click.command()
@network_options
@set_option
@answers
def check(file: str | None, text: str | None, as_json: bool, point: Point) -> None:
    """Check a network, and warn about probable mistakes.

    \b
        netform check examples/cifar_vgg.net
        netform check -e 'input 4x4x3 conv8k9v'      shows what is wrong, and where
    """
    network = network_of(file, text, point)
    at = width_and_batch(point)
    figures = network.at(**at, values={})
    warnings = network.warnings(at.get("w", 1))
    if as_json:
        print_json(
            {
                "network": network.name,
                "layers": len(network.layers),
                "output": list(figures.output),
                "warnings": [warning.as_json() for warning in warnings],
            }
        )
        return
    for warning in warnings:
        click.echo(f"{warning}\n", err=True)
    size = "x".join(map(str, figures.output))
    click.echo(
        f"{printable(network.name)} is right: {len(network.layers)} layers, "
        f"{figures.params:,} parameters, output {size}"
    )
