"""What fits the memory of a card."""

from __future__ import annotations

from fractions import Fraction

import click

from netform.commands.arguments import Point, fixed_values, network_of
from netform.commands.options import memory_options, network_options, step_option
from netform.commands.output import print_json
from netform.commands.parameter_types import Memory, Percentage
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
    "--margin", type=Percentage(), default="10%", show_default=True, help="Memory left free."
)
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
    margin: Fraction,
    step: Fraction | None,
    point: Point,
    dtype: str,
    optimizer: str | None,
) -> None:
    """Find the largest batch that fits the memory of a card, by the textbook model.

    \b
        netform fit examples/cifar_vgg.net --memory 11GiB
        netform fit examples/cifar_vgg.net --device gtx970 --margin 15%
        netform fit examples/vgg16.net --device "titan x" --optimizer sgd
        netform fit examples/vgg16.net --memory 4GiB --inference --dtype mixed_float16
        netform fit examples/vgg16.net --memory 24GiB --for R --set B=32

    The default optimizer is the network's own. A driver and a framework take more memory than the
    textbook model, so a second answer leaves a margin of the memory free.
    """
    from netform.dsl.questions.cards import device as device_called
    from netform.dsl.questions.fit import fit as fitted
    from netform.terminal.answers import fit_json, fit_lines

    if (memory is None) == (device is None):
        raise click.UsageError("Give --memory 11GiB, or --device NAME.")
    card = device_called(device) if device is not None else None
    network = network_of(file, text, point)
    sizes = [memory] if card is None else [Fraction(card.memory)]
    sizes += [Fraction(card.fast)] if card is not None and card.slow else []
    purpose = "inference" if inference else "training"
    answers = [
        fitted(
            network,
            size,
            symbol,
            purpose,
            dtype,
            optimizer,
            margin,
            step,
            fixed_values(point, symbol),
        )
        for size in sizes
        if size is not None
    ]
    if as_json:
        print_json(fit_json(answers, card))
        return
    for line in fit_lines(answers, card):
        click.echo(line)
