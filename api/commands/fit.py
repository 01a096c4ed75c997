"""What fits the memory of a card."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import click

from netform.commands.arguments import Point, fixed_values, network_of
from netform.commands.options import (
    memory_options,
    network_options,
    profile_options,
    step_option,
)
from netform.commands.output import print_json
from netform.commands.parameter_types import Memory, Percentage
from netform.dsl.memory.profiled_quantity import purpose_of
from netform.grammar.budget import answers


@click.command()
@network_options
@click.option("--memory", type=Memory(), help="The memory: 11GiB, 11GB or 512MiB.")
@click.option(
    "--device", metavar="NAME", help="A card from the list of netform devices: gtx970, 'A100 40GB'."
)
@click.option(
    "--for", "symbol", default="B", show_default=True, metavar="SYMBOL", help="w, B, R or a let."
)
@click.option("--inference", is_flag=True, help="Fit inference instead of training.")
@click.option(
    "--margin",
    type=Percentage(),
    help="Memory left free.  [default: 10%; of a profile the worst error measured of it]",
)
@click.option(
    "--overhead",
    type=Memory(),
    default="0B",
    help="What a driver and a framework take of the memory: 600MiB.  [default: none]",
)
@profile_options
@step_option
@memory_options
@answers
def fit(
    file: str | None,
    text: str | None,
    as_json: bool,
    memory: Fraction | None,
    device: str | None,
    symbol: str,
    inference: bool,
    point: Point,
    mode: str | None,
    **options: Any,
) -> None:
    """Find the largest batch that fits the memory of a card, by the textbook model or a profile.

    \b
        netform fit examples/cifar_vgg.net --memory 11GiB
        netform fit examples/cifar_vgg.net --device gtx970 --margin 15%
        netform fit examples/cifar_vgg.net --device gtx970 --profile torch --overhead 600MiB
        netform fit examples/vgg16.net --device "titan x" --optimizer sgd
        netform fit examples/vgg16.net --memory 4GiB --inference --dtype mixed_float16
        netform fit examples/vgg16.net --memory 24GiB --for R --set B=32

    The default optimizer is the network's own. A driver and a framework take more memory than the
    textbook model, so a second answer leaves a margin of the memory free. A profile counts the
    peak of a step unless --mode is another; its margin is the worst error measured of it.
    """
    from netform.dsl.devices.cards import device as device_called
    from netform.dsl.questions.fit import fit as fitted
    from netform.terminal.fit import fit_json, fit_lines

    if (memory is None) == (device is None):
        raise click.UsageError("Give --memory 11GiB, or --device NAME.")
    card = device_called(device) if device is not None else None
    network = network_of(file, text, point)
    sizes = [memory] if card is None else [Fraction(card.memory)]
    sizes += [Fraction(card.fast)] if card is not None and card.slow else []
    purpose = _purpose(inference, mode)
    values = fixed_values(point, symbol)
    answers = [
        fitted(network, size, symbol, purpose, values=values, mode=mode, **options)
        for size in sizes
        if size is not None
    ]
    if as_json:
        print_json(fit_json(answers, card))
        return
    for line in fit_lines(answers, card):
        click.echo(line)


def _purpose(inference: bool, mode: str | None) -> str:
    """Inference or training, by --inference or by the mode."""
    if mode is None:
        return "inference" if inference else "training"
    if inference and purpose_of(mode) != "inference":
        raise click.UsageError(f"--inference and --mode {mode} exclude each other.")
    return purpose_of(mode)
