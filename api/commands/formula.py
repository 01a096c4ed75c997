"""Quantities as formulas."""

from __future__ import annotations

from typing import Any

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
    profile_options,
    set_option,
    text_options,
)
from netform.commands.output import print_json
from netform.dsl.costs.quantities import QUANTITIES, SHORT_NAMES, full_name, quantity_of
from netform.dsl.memory.profiled_quantity import (
    TEXTBOOK,
    by_profile,
    is_memory,
    purpose_of,
    title_of,
)
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
@profile_options
@convention_option
@answers
def formula(
    words: tuple[str, ...],
    text: str | None,
    as_json: bool,
    form: str,
    free: list[str] | None,
    point: Point,
    profile: str,
    mode: str | None,
    conventions: tuple[str, ...],
    **model: Any,
) -> None:
    """Show quantities as formulas in the width w, the batch B and any let.

    With --convention, macs or flops are what that tool counts. With --profile, memory is what that
    profile counts.

    \b
        netform formula examples/cifar_vgg.net params
        netform formula examples/cifar_vgg.net memory_training --optimizer momentum
        netform formula examples/cifar_vgg.net memory --profile torch --mode training_peak --free B
        netform formula examples/cifar_vgg.net params macs --format python > costs.py
        netform formula -e 'input 8x8x1 conv16k3 fc10' params --format latex
        netform formula -e 'input 8x8x1 conv16k3 fc10' --convention thop --convention torch
        netform formula -e 'input 8x8x1 let n = 16 conv(n)k3 fc10' params --free n

    --set w=1/2 gives the formulas of that width.
    """
    file, quantities = file_and_words(words, text)
    network = network_of(file, text, point)
    values = width_and_batch(point)
    names = [full_name(name) for name in quantities] or _all_names(conventions, profile, mode)
    is_text = as_json or form in ("text", "json")  # which SymPy is not loaded for
    ask = network.formula_text if is_text else network.formula
    asked = {**model, "profile": profile, "mode": mode}
    formulas, units = {}, {}
    for name in names:
        if not conventions or name not in ("macs", "flops"):
            title = title_of(by_profile(quantity_of(name), profile, mode))
            formulas[title] = ask(name, free, values=values, **asked)
            units[title] = quantity_of(name).unit
    for tool in conventions_called(conventions):
        name = f"{tool.quantity} by {tool.name}"
        formulas[name] = ask(tool.quantity, free, convention=tool.name, values=values)
        units[name] = tool.unit
    domain = network.domain(free, values)
    _show(formulas, units, domain, "json" if as_json else form)


def _show(formulas: dict[str, Any], units: dict[str, str], domain: list[str], form: str) -> None:
    """Print formulas, and where they hold."""
    if form == "json":
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


def _all_names(conventions: tuple[str, ...], profile: str, mode: str | None) -> list[str]:
    """The quantities where none is named: of a profile and a mode, those of memory alone."""
    if conventions:
        return []
    if mode is not None:
        return [f"memory_{purpose_of(mode)}"]
    is_profiled = profile != TEXTBOOK
    return [name for name, q in QUANTITIES.items() if is_memory(q) or not is_profiled]
