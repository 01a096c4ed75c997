"""The derivation of a quantity."""

from __future__ import annotations

import click

from netform.commands.arguments import Point, network_of, width_and_batch
from netform.commands.options import free_option, model_options, set_option, text_options
from netform.commands.output import print_json, print_text, write
from netform.dsl.costs.quantities import NAMES_OF_QUANTITIES
from netform.grammar.budget import answers

_QUANTITY_LIST = (
    f"Quantities: {', '.join(NAMES_OF_QUANTITIES)}; also output and aperture (receptive field) "
    "of a layer, by default the last."
)


@click.command(epilog=_QUANTITY_LIST)
@click.argument("words", nargs=-1, metavar="[FILE] QUANTITY [LAYER]")
@text_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "latex"]),
    default="text",
    show_default=True,
    help="Text for the terminal, Markdown for GitHub, or a document for pdflatex.",
)
@free_option()
@set_option
@model_options
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write to this file.")
@answers
def explain(
    words: tuple[str, ...],
    text: str | None,
    as_json: bool,
    form: str,
    free: list[str] | None,
    point: Point,
    dtype: str,
    optimizer: str,
    output: str | None,
) -> None:
    """Derive a quantity step by step, of a layer or of the whole network.

    \b
        netform explain examples/cifar_vgg.net params conv2
        netform explain examples/cifar_vgg.net memory_training --set B=128
        netform explain examples/zoo/resnet50.net aperture stage4.bott2.conv3
        netform explain examples/vgg16.net macs --format latex -o vgg16.tex
        netform explain -e 'input RxRx3 conv16k3s2 fc10' output conv1
    """
    given = words if text is not None else words[1:]
    if not 1 <= len(given) <= 2:
        raise click.UsageError("Give a QUANTITY, and optionally the name of a LAYER.")
    network = network_of(words[0] if text is None else None, text, point)
    at = width_and_batch(point)
    layer = given[1] if len(given) > 1 else None
    derivation = network.explain(
        given[0], layer, free, at.get("w", 1), at.get("B", 1), dtype, optimizer
    )
    if as_json:
        print_json(derivation.as_json())
        return
    printed = {
        "text": derivation.text,
        "markdown": derivation.markdown,
        "latex": derivation.latex,
    }[form]()
    if output is not None:
        write(output, printed)
    else:
        print_text(printed)
