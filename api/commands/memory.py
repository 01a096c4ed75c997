"""What a step keeps in memory."""

from __future__ import annotations

import click

from netform.commands.arguments import Point, network_of, width_and_batch
from netform.commands.options import free_option, network_options, optimizer_option, set_option
from netform.commands.output import print_json
from netform.dsl.memory.profiles import DTYPES, IMAGES, MODES, PROFILES
from netform.grammar.budget import answers


@click.command()
@network_options
@click.option(
    "--profile",
    type=click.Choice(list(PROFILES)),
    default="torch",
    show_default=True,
    help="; ".join(f"{name}: {meaning}" for name, meaning in PROFILES.items()) + ".",
)
@click.option(
    "--mode",
    type=click.Choice(list(MODES)),
    default="training",
    show_default=True,
    help="; ".join(f"{name}: {meaning}" for name, meaning in MODES.items()) + ".",
)
@free_option()
@set_option
@click.option(
    "--dtype",
    type=click.Choice(DTYPES),
    default="float32",
    show_default=True,
    help="Data type of the maps and parameters, or a policy of Keras for mixed precision.",
)
@optimizer_option(help="Optimizer, instead of the network's own.")
@click.option(
    "--devices",
    type=click.IntRange(1, 10**6),
    default=1,
    show_default=True,
    help="Devices that share the batch evenly, each with a copy of the parameters.",
)
@click.option(
    "--lowering",
    "images",
    type=click.Choice(list(IMAGES)),
    help="Also the matrices of lowered convolutions (im2col): "
    + "; ".join(f"{name}: {meaning}" for name, meaning in IMAGES.items())
    + ".",
)
@click.option(
    "--plot",
    "picture",
    type=click.Path(dir_okay=False),
    help="Draw the bytes that live over a step into this .svg, .png or .pdf file; of a peak.",
)
@answers
def memory(
    file: str | None,
    text: str | None,
    as_json: bool,
    profile: str,
    mode: str,
    free: list[str] | None,
    point: Point,
    dtype: str,
    optimizer: str | None,
    devices: int,
    images: str | None,
    picture: str | None,
) -> None:
    """Show what a step keeps in memory: every tensor, its bytes, and why.

    \b
        netform memory examples/cifar_vgg.net --set B=128
        netform memory examples/zoo/resnet50.net --free B --json
        netform memory examples/cifar_vgg.net --profile textbook --mode training_peak
        netform memory examples/zoo/resnet50.net --mode training_peak --plot step.svg
        netform memory examples/cifar_vgg.net --set B=128 --devices 4
        netform memory examples/cifar_vgg.net --lowering image

    What a framework and a driver take for themselves is not part of it.
    """
    if picture is not None:
        from netform.plots.measured_plot import check_picture

        check_picture(picture)
    network = network_of(file, text, point)
    account = network.account(
        profile,
        mode,
        free or (),
        **width_and_batch(point),
        dtype=dtype,
        optimizer=optimizer,
        devices=devices,
    )
    if picture is not None:
        from netform.plots.live_bytes_plot import draw_live_bytes

        draw_live_bytes(network.name, account, picture)
    lowering = None
    if images is not None:
        lowering = network.lowering(images, free or (), **width_and_batch(point), dtype=dtype)
    if as_json:
        print_json(account.as_json() | ({"lowering": lowering.as_json()} if lowering else {}))
        return
    from netform.terminal.memory import account_notes, account_table
    from netform.terminal.tables import console, put

    put(console(), account_table(network.name, account))
    click.echo(account_notes(account))
    if lowering:
        from netform.terminal.lowering import lowering_notes, lowering_table

        put(console(), lowering_table(network.name, lowering))
        click.echo(lowering_notes(lowering))
