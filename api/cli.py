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
from netform.grammar.errors import NetformError, Source, printable
from netform.grammar.files import decoded, read_source
from netform.network import Network, load, parse
from netform.options import (
    Exact,
    Setting,
    network_options,
    point_options,
    root,
    set_option,
    text_options,
)

NOTATIONS = ("ciresan", "vgg", "metaqnn", "timm")  # that read knows


def _network(
    file: str | None, text: str | None, point: tuple[tuple[str, Fraction], ...] = ()
) -> Network:
    if (file is None) == (text is None):
        raise click.UsageError("Give a FILE, or -e 'input 32x32x3 conv32k3 ...'.")
    values = {name: value for name, value in point if name not in ("w", "B")}
    if file is not None:
        return load(file, values, root())
    return parse(text or "", values=values, root=root())


def _width_and_batch(point: tuple[tuple[str, Fraction], ...]) -> dict[str, Fraction]:
    return {name: value for name, value in point if name in ("w", "B")}


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
@set_option
def check(
    file: str | None, text: str | None, as_json: bool, point: tuple[tuple[str, Fraction], ...]
) -> None:
    """Say whether a network is right, and warn of what is hardly meant.

    \b
        netform check examples/cifar_vgg.net
        netform check -e 'input 4x4x3 conv8k9v'      says what is wrong, and where
    """
    network = _network(file, text, point)
    figures = network.at()
    last = figures.layers[-1]
    warnings = network.warnings()
    if as_json:
        _print_json(
            {
                "network": network.name,
                "layers": len(network.layers),
                "output": list(last.output),
                "warnings": [warning.as_json() for warning in warnings],
            }
        )
        return
    for warning in warnings:
        click.echo(f"{warning}\n", err=True)
    click.echo(
        f"{printable(network.name)} is right: {len(network.layers)} layers, "
        f"{figures.params:,} parameters, output {last.size}"
    )


@cli.command()
@click.argument("files", nargs=-1, metavar="FILE...")
@text_options
@click.option("--check", is_flag=True, help="Change nothing; exit 1 where something would change.")
def fmt(files: tuple[str, ...], text: str | None, as_json: bool, check: bool) -> None:
    """Write files in their canonical form.

    \b
        netform fmt examples/*.net
        netform fmt --check examples/*.net
        netform fmt -e 'input 8x8x1 conv( 2*4 )k3 fc10'      prints it
        netform fmt - < examples/digits.net                  the same, of standard input
    """
    from netform.grammar.formatter import formatted

    if bool(files) == (text is not None) or ("-" in files and len(files) > 1):
        raise click.UsageError("Give FILEs, or - for standard input, or -e 'input 32x32x3 ...'.")
    if text is not None or "-" in files:
        standard_input = click.open_file("-", "rb")
        source = Source(text) if text is not None else decoded(standard_input.read(), "<stdin>")
        found = [formatted(source)]
        if as_json:
            _print_json({"text": found[0].text, "changed": found[0].changed})
        elif not check:
            click.echo(found[0].text.encode(), nl=False)
    else:
        found = [formatted(read_source(file)) for file in files]
        for each in found:
            if each.changed and not check:
                _write(each.name, each.text)
            if each.changed and not as_json:
                click.echo(f"{'would change' if check else 'changed'} {printable(each.name)}")
        if as_json:
            _print_json({"files": [{"name": f.name, "changed": f.changed} for f in found]})
    if check and any(each.changed for each in found):
        click.get_current_context().exit(1)


@cli.command()
@click.argument("text")
@click.option(
    "--as",
    "notation",
    type=click.Choice(NOTATIONS),
    required=True,
    help="The notation of TEXT.",
)
@click.option("--input", "image", help="The input, such as 32x32x3, where TEXT names none.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def read(text: str, notation: str, image: str | None, as_json: bool) -> None:
    """Read a network in another notation, and print it in this language.

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
        _print_json({"notation": notation, "text": reading.text, "assumptions": assumptions})
        return
    click.echo(reading.text.encode(), nl=False)


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
    network = _network(file, text, point)
    costs = network.table(**_width_and_batch(point), rounding=rounding)
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
@click.option(
    "--free",
    default="w,B",
    show_default=True,
    help="Symbols left free: w and B are 1 where they are not, a let its number.",
)
@set_option
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
    words: tuple[str, ...],
    text: str | None,
    as_json: bool,
    free: str,
    point: tuple[tuple[str, Fraction], ...],
    dtype: str,
    optimizer: str,
) -> None:
    """Show quantities as formulas in the width w, the batch B and any let.

    \b
        netform formula examples/cifar_vgg.net params
        netform formula examples/cifar_vgg.net memory_training --optimizer momentum
        netform formula -e 'input 8x8x1 conv16k3 fc10' params
        netform formula -e 'input 8x8x1 let n = 16 conv(n)k3 fc10' params --free n
    """
    file, quantities = (None, words) if text is not None else (words[:1], words[1:])
    network = _network(file[0] if file else None, text, point)
    names = quantities or tuple(QUANTITIES)
    symbols = [name for name in free.replace(" ", "").split(",") if name]
    formulas = {name: network.formula(name, symbols, dtype, optimizer) for name in names}
    if as_json:
        domain = network.domain(symbols)
        _print_json({n: {"expr": str(f), "domain": domain} for n, f in formulas.items()})
        return
    for name, expr in formulas.items():
        click.echo(f"{name} = {expr}    [{QUANTITIES[name].unit}]")
    click.echo("where " + ", ".join(network.domain(symbols)))


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
    network = _network(file, text, point)
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
@set_option
def aperture(
    file: str | None, text: str | None, as_json: bool, point: tuple[tuple[str, Fraction], ...]
) -> None:
    """Show the receptive field of every map.

    \b
        netform aperture examples/vgg16.net
    """
    costs = _network(file, text, point).table()
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
    network = _network(file, text, point)
    source = network.emit(_width(point), rounding)
    if output is not None:
        _write(output, source)
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

    network = _network(file, text, point)
    name = safe_name(network.name)
    given = [f"--{option}={value}" for option, value in options.items() if value is not None]
    source = network.emit(_width(point), rounding)
    summary = run(source, name, out or Path("runs", name), given, quiet=as_json)
    if as_json:
        _print_json(summary)


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise NetformError(f"{path} cannot be written: {error.strerror}") from None


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
