"""The largest or smallest value of a symbol for which a claim holds."""

from __future__ import annotations

from fractions import Fraction

import click

from netform.commands.arguments import Point, file_and_words, fixed_values, network_of
from netform.commands.options import memory_options, profile_options, step_option, text_options
from netform.commands.output import print_json
from netform.grammar.budget import answers


@click.command()
@click.argument("words", nargs=-1, metavar="[FILE] CLAIM...")
@text_options
@click.option("--for", "symbol", required=True, metavar="SYMBOL", help="w, B, R, H, W or a let.")
@profile_options
@step_option
@memory_options
@answers
def solve(
    words: tuple[str, ...],
    text: str | None,
    as_json: bool,
    symbol: str,
    profile: str,
    mode: str | None,
    step: Fraction | None,
    point: Point,
    dtype: str,
    optimizer: str | None,
) -> None:
    """Find the largest value that keeps a quantity inside a budget, or the smallest that
    reaches one, with the two figures that prove it.

    \b
        netform solve examples/cifar_vgg.net "params <= 500k" --for w
        netform solve examples/cifar_vgg.net "memory <= 11 GiB" --for B --optimizer sgd
        netform solve examples/cifar_vgg.net "memory <= 11 GiB" --for B --profile torch
        netform solve examples/vgg16.net "macs < 5 GMACs" --for R
        netform solve -e 'input 32x32x3 let n = 8 conv(n)k3 fc10' "params >= 100,000" --for n
        netform solve examples/vgg16.net "flops <= 2G" --for w --step 1/20

    A claim is a quantity (as in netform formula; memory is memory_training), one of <= < >= >,
    and a budget: 500k, 1.5M, 500,000, 569 MMACs, 2 GFLOPs, 11 GiB, 11 GB, 512 MiB.
    """
    from netform.terminal.answers import answer_json, answer_lines

    file, claims = file_and_words(words, text)
    if not claims:
        raise click.UsageError('Give a claim, such as "params <= 500k".')
    network = network_of(file, text, point)
    values = fixed_values(point, symbol)
    found = [
        network.solve(claim, symbol, dtype, optimizer, step, values, profile, mode)
        for claim in claims
    ]
    if as_json:
        answers = [answer_json(solution) for solution in found]
        print_json(answers[0] if len(answers) == 1 else answers)
        return
    for solution in found:
        for line in answer_lines(solution):
            click.echo(line)
