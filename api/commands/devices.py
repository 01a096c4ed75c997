"""The cards that netform fit and roofline know."""

from __future__ import annotations

import click

from netform.commands.output import print_json
from netform.dsl.devices.cards import device
from netform.dsl.devices.cards import devices as all_devices
from netform.terminal.answers import device_json, device_lines


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def devices(names: tuple[str, ...], as_json: bool) -> None:
    """List the cards that netform knows: their memory, peak arithmetic and bandwidth.

    \b
        netform devices
        netform devices gtx970 "A100 40GB"
    """
    found = [device(name) for name in names] or list(all_devices())
    if as_json:
        print_json([device_json(card) for card in found])
        return
    for line in device_lines(found, with_sources=bool(names)):
        click.echo(line)
