"""The command line: arguments in, one call, output, exit code.

Exit codes: 0 done, 1 the input is wrong, 2 the command line is wrong.
"""

from __future__ import annotations

import io
import json
import os
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

import click

from netform import __version__
from netform.dsl.memory import POLICIES, SLOTS
from netform.dsl.quantities import QUANTITIES
from netform.dsl.table import aperture as aperture_json
from netform.grammar.errors import NetformError, printable
from netform.network import Network, load, parse
from netform.options import Exact, Setting, network_options, point_options, text_options


def _network(file: str | None, text: str | None) -> Network:
    if (file is None) == (text is None):
        raise click.UsageError("Give a FILE, or -e 'input 32x32x3 conv32k3 ...'.")
    return load(file) if file is not None else parse(text or "")


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="netform")
def cli() -> None:
    """A convolutional network as a line of text: its costs as exact formulas, and the
    Keras program that trains it.

    \b
        netform table   -e 'input 32x32x3 conv32k3 pool2 conv64k3 pool2 fc10'
        netform formula examples/cifar_vgg.net params macs
        netform ratio   examples/cifar_vgg.net --width 1/2
        netform train   examples/digits.net

    Every command takes a .net FILE, or the network itself after -e, and --json.
    """


@cli.command()
@network_options
def check(file: str | None, text: str | None, as_json: bool) -> None:
    """Say whether a network is right.

    \b
        netform check examples/cifar_vgg.net
        netform check -e 'input 4x4x3 conv8k9v'      says what is wrong, and where
    """
    network = _network(file, text)
    figures = network.at()
    last = figures.layers[-1]
    if as_json:
        layers = len(network.layers)
        _print_json({"network": network.name, "layers": layers, "output": list(last.output)})
        return
    click.echo(
        f"{printable(network.name)} is right: {len(network.layers)} layers, "
        f"{figures.params:,} parameters, output {last.size}"
    )


@cli.command()
@network_options
@point_options
def table(
    file: str | None,
    text: str | None,
    as_json: bool,
    point: tuple[tuple[str, Fraction], ...],
    rounding: str | None,
) -> None:
    """Show what every layer costs, and the total.

    \b
        netform table examples/cifar_vgg.net
        netform table examples/cifar_vgg.net --set w=1/2 --set B=128
        netform table examples/cifar_vgg.net --set w=1/3 --round nearest
    """
    network = _network(file, text)
    costs = network.table(**dict(point), rounding=rounding)
    if as_json:
        _print_json(costs.as_json())
        return
    from netform.drawing import console, cost_notes, cost_table, put

    out = console()
    put(out, cost_table(costs, out.width))
    click.echo(cost_notes(costs, network.train.optimizer))


_WIDEST = max(map(len, QUANTITIES))
_QUANTITY_LIST = "\b\nQuantities:\n" + "\n".join(
    f"  {q.name.ljust(_WIDEST)}  {q.meaning} ({q.unit})" for q in QUANTITIES.values()
)


@cli.command(epilog=_QUANTITY_LIST)
@click.argument("words", nargs=-1, metavar="[FILE] QUANTITY...")
@text_options
@click.option("--free", default="w,B", show_default=True, help="Symbols left free; others are 1.")
@click.option(
    "--dtype",
    type=click.Choice(list(POLICIES)),
    default="float32",
    show_default=True,
    help="Data type policy of memory.",
)
@click.option(
    "--optimizer",
    type=click.Choice(list(SLOTS)),
    default="adam",
    show_default=True,
    help="Optimizer of memory_training.",
)
def formula(
    words: tuple[str, ...], text: str | None, as_json: bool, free: str, dtype: str, optimizer: str
) -> None:
    """Show quantities as formulas in the width w and the batch B.

    \b
        netform formula examples/cifar_vgg.net params
        netform formula examples/cifar_vgg.net memory_training --optimizer momentum
        netform formula -e 'input 8x8x1 conv16k3 fc10' params
    """
    file, quantities = (None, words) if text is not None else (words[:1], words[1:])
    network = _network(file[0] if file else None, text)
    names = quantities or tuple(QUANTITIES)
    symbols = [name for name in free.replace(" ", "").split(",") if name]
    formulas = {name: network.formula(name, symbols, dtype, optimizer) for name in names}
    if as_json:
        domain = network.domain()
        _print_json({n: {"expr": str(f), "domain": domain} for n, f in formulas.items()})
        return
    for name, expr in formulas.items():
        click.echo(f"{name} = {expr}    [{QUANTITIES[name].unit}]")
    click.echo("where " + ", ".join(network.domain()))


@cli.command()
@network_options
@click.option("--width", "q", type=Exact(), help="The other width.  [default: 1/2]")
@click.option("--set", "point", multiple=True, type=Setting(), help="The same as w=1/2; or B=128.")
def ratio(
    file: str | None,
    text: str | None,
    as_json: bool,
    q: Fraction | None,
    point: tuple[tuple[str, Fraction], ...],
) -> None:
    """Show exactly what another width saves, and why.

    \b
        netform ratio examples/cifar_vgg.net --width 1/2
        netform ratio examples/cifar_vgg.net --set w=3/4 --set B=128
    """
    network = _network(file, text)
    symbols = dict(point)
    width = symbols.get("w", Fraction(1, 2)) if q is None else q
    batch = symbols.get("B", Fraction(1))
    ratios = {name: network.ratio(name, width, batch) for name in QUANTITIES}
    if as_json:
        _print_json(
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


@cli.command()
@network_options
def aperture(file: str | None, text: str | None, as_json: bool) -> None:
    """Show the receptive field of every map.

    \b
        netform aperture examples/vgg16.net
    """
    costs = _network(file, text).table()
    if as_json:
        rows = [{"name": r.name, "op": r.op} | aperture_json(r.aperture) for r in costs.rows]
        total = aperture_json(costs.figures.aperture)
        _print_json({"network": costs.network, "layers": rows, "total": total})
        return
    from netform.drawing import aperture_table, console, put

    put(console(), aperture_table(costs))


@cli.command()
@network_options
@point_options
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write to this file.")
def emit(
    file: str | None,
    text: str | None,
    as_json: bool,
    point: tuple[tuple[str, Fraction], ...],
    rounding: str | None,
    output: str | None,
) -> None:
    """Write the Keras program that trains the network.

    \b
        netform emit examples/digits.net > digits.py
        netform emit examples/cifar_vgg.net --set w=1/2 -o half.py
    """
    network = _network(file, text)
    source = network.emit(_width(point), rounding)
    if output is not None:
        try:
            Path(output).write_text(source, encoding="utf-8")
        except OSError as error:
            raise NetformError(f"{output} cannot be written: {error.strerror}") from None
    if as_json:
        _print_json({"network": network.name, "output": output, "program": source})
    elif output is None:
        click.echo(source.encode(), nl=False)  # UTF-8, whatever the terminal speaks


@cli.command()
@network_options
@point_options
@click.option("--epochs", type=click.IntRange(1), help="Epochs in all, instead of the file's.")
@click.option("--batch", type=click.IntRange(1), help="Images a step, instead of the file's.")
@click.option("--data", help="An .npz file or folder to read instead.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Of weights and order.")
@click.option("--out", type=click.Path(path_type=Path), help="Run folder.  [default: runs/NAME]")
def train(
    file: str | None,
    text: str | None,
    as_json: bool,
    point: tuple[tuple[str, Fraction], ...],
    rounding: str | None,
    out: Path | None,
    **options: Any,
) -> None:
    """Train the network; run again, it goes on.

    Writes the program into a run folder and runs it there.

    \b
        netform train examples/digits.net
        netform train examples/cifar_vgg.net --data cifar10.npz --epochs 20
    """
    from netform.codegen.keras.emit import safe_name
    from netform.codegen.keras.run import run

    network = _network(file, text)
    name = safe_name(network.name)
    given = [f"--{option}={value}" for option, value in options.items() if value is not None]
    source = network.emit(_width(point), rounding)
    summary = run(source, name, out or Path("runs", name), given, quiet=as_json)
    if as_json:
        _print_json(summary)


def _width(point: tuple[tuple[str, Fraction], ...]) -> Fraction:
    symbols = dict(point)
    if "B" in symbols:
        raise click.UsageError("A program's batch is set by 'train batch=...', or its --batch.")
    return symbols.get("w", Fraction(1))


def main() -> NoReturn:
    """Run the command line; every error is told without a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a narrow encoding shows escapes
            stream.reconfigure(errors="backslashreplace")
    try:
        code = cli.main(prog_name="netform", standalone_mode=False)
        sys.stdout.flush()
        sys.exit(code if isinstance(code, int) else 0)
    except NetformError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(1)
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        click.echo(f"netform: {printable(str(error))}", err=True)
        sys.exit(1)
    except Exception as error:
        kind = f"{type(error).__name__}: {error}".split("\n")[0]
        click.echo(f"netform failed, which is its own fault: {printable(kind)}", err=True)
        sys.exit(1)
