"""The least time that a network takes on a device."""

from __future__ import annotations

import click

from netform.commands.arguments import Point, network_of, width_and_batch
from netform.commands.options import network_options, optimizer_option, set_option
from netform.commands.output import print_json
from netform.dsl.devices.data_types import DATA_TYPES, MODES
from netform.grammar.budget import answers


@click.command()
@network_options
@click.option("--device", metavar="NAME", help="A card from the list of netform devices.")
@click.option(
    "--arithmetic", metavar="RATE", help="Peak arithmetic, instead of the card's: 19.5TFLOPS."
)
@click.option(
    "--bandwidth", metavar="RATE", help="Memory bandwidth, instead of the card's: 900GB/s."
)
@click.option(
    "--dtype",
    type=click.Choice(list(DATA_TYPES)),
    default="float32",
    show_default=True,
    help="What layers compute in; the mixed ones keep variables in float32.",
)
@optimizer_option(help="Optimizer, instead of the network's own.")
@click.option(
    "--mode",
    type=click.Choice(MODES),
    help="A forward pass, or a training step.  [default: both]",
)
@click.option("--fused", is_flag=True, help="Norms, activations and dropout move no maps.")
@set_option
@answers
def roofline(
    file: str | None,
    text: str | None,
    as_json: bool,
    device: str | None,
    arithmetic: str | None,
    bandwidth: str | None,
    dtype: str,
    optimizer: str | None,
    mode: str | None,
    fused: bool,
    point: Point,
) -> None:
    """Show the least time of a forward pass and of a training step, and what limits each layer.

    \b
        netform roofline examples/zoo/resnet50.net --device v100-32gb --set B=64
        netform roofline examples/vgg16.net --device a100-40gb --dtype bfloat16 --mode training
        netform roofline examples/vgg16.net --arithmetic 20TFLOPS --bandwidth 900GB/s --json

    A layer takes the time of its arithmetic (2 FLOPs for a multiply-add) or of the bytes that it
    moves, whichever is longer. Real programs take longer.
    """
    found = network_of(file, text, point).roofline(
        device,
        dtype=dtype,
        **width_and_batch(point),
        optimizer=optimizer,
        fused=fused,
        arithmetic=arithmetic,
        bandwidth=bandwidth,
        values={},
    )
    modes = MODES if mode is None else (mode,)
    if as_json:
        print_json(found.as_json(modes))
        return
    from netform.terminal.roofline import roofline_notes, roofline_table
    from netform.terminal.tables import console, put

    for chosen in modes:
        put(console(), roofline_table(found, chosen))
    click.echo(roofline_notes(found, modes))
