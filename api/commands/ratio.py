"""What another width saves."""

from __future__ import annotations

from fractions import Fraction

import click

from netform.dsl.quantities import QUANTITIES
from netform.options import Exact, Point, Setting, network_of, network_options, print_json


@click.command()
@network_options
@click.option("--width", "q", type=Exact(), help="The other width.  [default: 1/2]")
@click.option("--set", "point", multiple=True, type=Setting(), help="The same as w=1/2; or B=128.")
def ratio(
    file: str | None,
    text: str | None,
    as_json: bool,
    q: Fraction | None,
    point: Point,
) -> None:
    """Show exactly what another width saves, and why.

    \b
        netform ratio examples/cifar_vgg.net --width 1/2
        netform ratio examples/cifar_vgg.net --set w=3/4 --set B=128
    """
    network = network_of(file, text, point)
    symbols = dict(point)
    width = symbols.get("w", Fraction(1, 2)) if q is None else q
    batch = symbols.get("B", Fraction(1))
    ratios = {name: network.ratio(name, width, batch) for name in QUANTITIES}
    if as_json:
        print_json(
            {
                name: found
                and {
                    "exact": str(found.exact),
                    "formula": str(found.formula),
                    "limit": str(found.limit),
                }
                for name, found in ratios.items()
            }
        )
        return
    from netform.drawing import console, put, ratio_table, scaling_table

    out = console()
    put(out, ratio_table(network, ratios, width, batch))
    put(out, scaling_table(network, [n for n, r in ratios.items() if r], width, batch))
    for name, found in ratios.items():
        if found:
            click.echo(f"{name}({width}*w) / {name}(w) = {found.formula}")
