"""Networks in other notations."""

from __future__ import annotations

import click

from netform.commands.output import print_json, print_text

NOTATIONS = ("ciresan", "vgg", "metaqnn", "timm")  # that read knows


@click.command()
@click.argument("text")
@click.option(
    "--as",
    "notation",
    type=click.Choice(NOTATIONS),
    required=True,
    help="The notation of TEXT.",
)
@click.option("--input", "image", help="The input, such as 32x32x3, if TEXT has no input.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def read(text: str, notation: str, image: str | None, as_json: bool) -> None:
    """Read a network in another notation and print it as netform text.

    \b
        netform read --as ciresan 1x29x29-20C4-MP2-40C5-MP3-150N-10N > mnist.net
        netform read --as vgg "[64, 'M', 128, 'M', 256, 256, 'M']" --input 32x32x3
        netform read --as metaqnn '[C(64,5,1), P(2,2), SM(10)]' --input 32x32x3
        netform read --as timm 'num_classes=10 ds_r1_k3_s1_c16 ir_r2_k3_s2_e6_c24'
    """
    from netform import notations

    reading = notations.read(text, notation, image)
    if as_json:
        assumptions = list(reading.assumptions)
        print_json({"notation": notation, "text": reading.text, "assumptions": assumptions})
        return
    print_text(reading.text)
