"""Quantities as formulas."""

from __future__ import annotations

import click

from netform.commands.arguments import (
    Point,
    conventions_called,
    file_and_words,
    network_of,
    width_and_batch,
)
from netform.commands.options import (
    convention_option,
    free_option,
    model_options,
    set_option,
    text_options,
)
from netform.commands.output import print_json
from netform.dsl.costs.quantities import QUANTITIES, SHORT_NAMES, full_name
from netform.grammar.budget import answers

_WIDEST = max(map(len, QUANTITIES))
_QUANTITY_LIST = "\b\nQuantities:\n" + "\n".join(
    f"  {q.name.ljust(_WIDEST)}  {q.meaning} ({q.unit})" for q in QUANTITIES.values()
)
_QUANTITY_LIST += "".join(f"\n  {short} is short for {name}" for short, name in SHORT_NAMES.items())


@click.command(epilog=_QUANTITY_LIST)
@click.argument("words", nargs=-1, metavar="[FILE] QUANTITY...")
@text_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "latex", "python", "json"]),
    default="text",
    show_default=True,
    help="Text for people, LaTeX for a document, Python functions, or JSON.",
)
@free_option()
@set_option
@model_options
@convention_option
@answers
def formula(
    words: tuple[str, ...],
    text: str | None,
    as_json: bool,
    form: str,
    free: list[str] | None,
    point: Point,
    dtype: str,
    optimizer: str,
    conventions: tuple[str, ...],
) -> None:
    """Show quantities as formulas in the width w, the batch B and any let.

    With --convention, macs or flops are what that tool counts.

    \b
        netform formula examples/cifar_vgg.net params
        netform formula examples/cifar_vgg.net memory_training --optimizer momentum
        netform formula examples/cifar_vgg.net params macs --format python > costs.py
        netform formula -e 'input 8x8x1 conv16k3 fc10' params --format latex
        netform formula -e 'input 8x8x1 conv16k3 fc10' --convention thop --convention torch
        netform formula -e 'input 8x8x1 let n = 16 conv(n)k3 fc10' params --free n

    --set w=1/2 gives the formulas of that width.
    """
    file, quantities = file_and_words(words, text)
    network = network_of(file, text, point)
    values = width_and_batch(point)
    names = [full_name(name) for name in quantities] or (() if conventions else tuple(QUANTITIES))
    is_text = as_json or form in ("text", "json")  # which SymPy is not loaded for
    ask = network.formula_text if is_text else network.formula
    formulas, units = {}, {}
    for name in names:
        if not conventions or name not in ("macs", "flops"):
            formulas[name] = ask(name, free, dtype=dtype, optimizer=optimizer, values=values)
            units[name] = QUANTITIES[name].unit
    for tool in conventions_called(conventions):
        name = f"{tool.quantity} by {tool.name}"
        formulas[name] = ask(tool.quantity, free, convention=tool.name, values=values)
        units[name] = tool.unit
    domain = network.domain(free, values)
    if as_json or form == "json":
        print_json({name: {"expr": text, "domain": domain} for name, text in formulas.items()})
    elif form == "latex":
        from netform.codegen.latex.formulas import to_latex

        click.echo(to_latex(formulas, domain))
    elif form == "python":
        from netform.codegen.python.formulas import to_python

        click.echo(to_python(formulas, domain), nl=False)
    else:
        for name, text in formulas.items():
            click.echo(f"{name} = {text}    [{units[name]}]")
        if domain:
            click.echo("where " + ", ".join(domain))
