"""What a change of symbols saves."""

from __future__ import annotations

from fractions import Fraction

import click

from netform.commands.arguments import changes_and_numbers, network_of
from netform.commands.options import network_options, profile_options
from netform.commands.output import print_json
from netform.commands.parameter_types import Change, Exact
from netform.dsl.costs.quantities import QUANTITIES, SHORT_NAMES, full_name
from netform.dsl.memory.profiled_quantity import quantities_by_profile
from netform.grammar.budget import answers


@click.command()
@network_options
@click.option("--width", "q", type=Exact(), help="Short for --set w=...  [default: 1/2]")
@click.option(
    "--set",
    "given",
    multiple=True,
    type=Change(),
    help="A change: w=1/2, R=2*R, n=n+1. A number for B, R or a let holds before and after.",
)
@click.option(
    "--by-layer",
    "quantity",
    type=click.Choice([*QUANTITIES, *SHORT_NAMES]),
    help="Show how much each layer contributes to a quantity, and how it scales.",
)
@profile_options
@answers
def ratio(
    file: str | None,
    text: str | None,
    as_json: bool,
    q: Fraction | None,
    given: tuple[tuple[str, str], ...],
    quantity: str | None,
    profile: str,
    mode: str | None,
) -> None:
    """Show exactly what another width, size or depth saves, and which layers save it.

    \b
        netform ratio examples/cifar_vgg.net --width 1/2
        netform ratio examples/cifar_vgg.net --set w=3/4 --set B=128
        netform ratio examples/zoo/resnet50.net --set R=2*R
        netform ratio examples/zoo/resnet50.net --set R=2*R --profile torch
        netform ratio examples/zoo/resnet20_cifar.net --set n=n+1 --by-layer macs
    """
    asked = quantities_by_profile(profile, mode)
    changes, numbers = changes_and_numbers(given, q)
    network = network_of(file, text, numbers)
    ratios = {
        title: network.ratio(name, changes=changes, profile=by, mode=in_mode)
        for title, (name, by, in_mode) in asked.items()
    }
    if as_json:
        print_json({name: found and found.as_json() for name, found in ratios.items()})
        return
    from netform.terminal.tables import console, layer_shares, put, ratio_table, scaling_table

    out = console()
    put(out, ratio_table(network, ratios))
    if quantity is not None:
        titles = {name: title for title, (name, _, _) in asked.items()}
        title = titles.get(full_name(quantity), full_name(quantity))
        put(out, layer_shares(title, ratios.get(title)))
        return
    put(out, scaling_table(ratios))
    for name, found in ratios.items():
        if found:
            click.echo(f"{name} after / before = {found.formula}")
