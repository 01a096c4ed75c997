"""Two networks against each other."""

from __future__ import annotations

from typing import Any

import click

from netform.commands.arguments import Point, networks_of, width_and_batch
from netform.commands.options import model_options, profile_options, set_option, texts_options
from netform.commands.output import print_json
from netform.grammar.budget import answers


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE FILE]")
@texts_options
@click.option(
    "--for",
    "symbols",
    multiple=True,
    help="Find where one overtakes the other along this symbol: w, B, R, a let.  [default: w, B]",
)
@set_option
@model_options
@profile_options
@answers
def compare(
    files: tuple[str, ...],
    text: tuple[str, ...],
    as_json: bool,
    symbols: tuple[str, ...],
    point: Point,
    **model: Any,
) -> None:
    """Compare two networks: figures, formulas, layers, and where one overtakes the other.

    \b
        netform compare examples/zoo/vgg16.net examples/zoo/resnet50.net
        netform compare examples/zoo/mobilenet_v1.net examples/zoo/mobilenet_v2.net --for R
        netform compare examples/zoo/vgg16.net examples/zoo/resnet50.net --profile torch
        netform compare -e 'input 8x8x1 conv16k3 fc10' -e 'input 8x8x1 conv8k3*2 fc10'

    --set changes both networks; a let is set in each network that has it.
    """
    if len(files) + len(text) != 2:
        raise click.UsageError("Give two networks: FILE FILE, or -e TEXT -e TEXT.")
    one, other = networks_of(files, text, point)
    comparison = one.compare(
        other,
        **width_and_batch(point),
        symbols=symbols or ("w", "B"),
        **model,
    )
    if as_json:
        print_json(comparison.as_json())
        return
    from netform.terminal.comparison import figures_table, formula_lines, layers_table
    from netform.terminal.tables import console, put

    out = console()
    put(out, figures_table(comparison))
    for line in formula_lines(comparison):
        click.echo(line)
    click.echo()
    put(out, layers_table(comparison))
    click.echo(str(comparison))
