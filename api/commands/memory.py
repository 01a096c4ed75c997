"""What a step keeps in memory."""

from __future__ import annotations

import click

from netform.commands.arguments import Point, network_of, width_and_batch
from netform.commands.options import free_option, network_options, optimizer_option, set_option
from netform.commands.output import print_json
from netform.dsl.memory.profiles import DTYPES, MODES, PROFILES
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
) -> None:
    """Show what a step keeps in memory: every tensor, its bytes, and why.

    \b
        netform memory examples/cifar_vgg.net --set B=128
        netform memory examples/zoo/resnet50.net --free B --json
        netform memory examples/cifar_vgg.net --profile textbook --mode training_peak

    What a framework and a driver take for themselves is not part of it.
    """
    network = network_of(file, text, point)
    account = network.account(
        profile, mode, free or (), **width_and_batch(point), dtype=dtype, optimizer=optimizer
    )
    if as_json:
        print_json(account.as_json())
        return
    from netform.terminal.memory import account_notes, account_table
    from netform.terminal.tables import console, put

    put(console(), account_table(network.name, account))
    click.echo(account_notes(account))
