"""The training program."""

from __future__ import annotations

import click

from netform.commands.arguments import Point, network_of, width_of
from netform.commands.options import network_options, point_options
from netform.commands.output import print_json, print_text, write
from netform.grammar.budget import answers


@click.command()
@network_options
@point_options
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write to this file.")
@answers
def emit(
    file: str | None,
    text: str | None,
    as_json: bool,
    point: Point,
    rounding: str | None,
    output: str | None,
) -> None:
    """Write the Keras program that trains the network.

    \b
        netform emit examples/digits.net > digits.py
        netform emit examples/cifar_vgg.net --set w=1/2 -o half.py
    """
    network = network_of(file, text, point)
    source = network.emit(width_of(point), rounding)
    if output is not None:
        write(output, source)
    if as_json:
        print_json({"network": network.name, "output": output, "program": source})
    elif output is None:
        print_text(source)
