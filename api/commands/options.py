"""What commands share: their options, and the ways in and out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netform.dsl.algebra.units import read_bytes
from netform.dsl.costs.memory import POLICIES, SLOTS
from netform.dsl.graph.width import ROUNDING
from netform.grammar.errors import NetformError, Source
from netform.grammar.parser import change_of
from netform.network import Network, load, parse

if TYPE_CHECKING:
    from netform.dsl.costs.conventions import Convention

Point = tuple[tuple[str, Fraction], ...]

_NUMBER = re.compile(r"([0-9]{1,15})(?:/([0-9]{1,15})|(\.[0-9]{1,15}))?")


class Setting(click.ParamType[tuple[str, Fraction]]):
    """``w=1/2``: a symbol and an exact number."""

    name = "NAME=NUMBER"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, Fraction]:
        name, _, number = value.partition("=")
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
            self.fail(f"{value!r} sets no symbol; write w=1/2 or B=128", param, ctx)
        return name, Exact().convert(number, param, ctx)


class Exact(click.ParamType[Fraction]):
    """``1/2`` or ``0.75``, exactly."""

    name = "NUMBER"

    def convert(self, value: Any, param: Any, ctx: Any) -> Fraction:
        match = _NUMBER.fullmatch(str(value))
        if not match or (match[2] and int(match[2]) == 0):
            self.fail(f"{value!r} is no number such as 1/2, 0.75 or 2", param, ctx)
        return Fraction(str(value))


class Change(click.ParamType[tuple[str, str]]):
    """``w=1/2``, ``R=2*R`` or ``n=n+1``: a symbol and an expression."""

    name = "NAME=EXPRESSION"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, str]:
        try:
            change_of(Source(value, "change"))
        except NetformError as error:
            self.fail(f"{value!r}: {error.message}; {error.hint}", param, ctx)
        name, _, expression = value.partition("=")
        return name.strip(), expression


def changes_and_numbers(
    given: tuple[tuple[str, str], ...], width: Fraction | None
) -> tuple[dict[str, str], Point]:
    """Changes of symbols, and the numbers that lets and input symbols have all the while."""
    fixed = [pair for pair in given if pair[0] not in ("w", "B") and _NUMBER.fullmatch(pair[1])]
    changes = dict(pair for pair in given if pair not in fixed)
    if width is not None:
        changes["w"] = str(width)
    if not changes.keys() - {"B"}:
        changes["w"] = "1/2"
    return changes, tuple((name, Fraction(number)) for name, number in fixed)


class ConventionName(click.ParamType[str]):
    """The name of a convention."""

    name = "NAME"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        from netform.dsl.costs.conventions import CONVENTIONS

        return click.Choice(list(CONVENTIONS)).convert(value, param, ctx)


class Memory(click.ParamType[Fraction]):
    """``11GiB``, in bytes."""

    name = "SIZE"

    def convert(self, value: Any, param: Any, ctx: Any) -> Fraction:
        try:
            return read_bytes(value)
        except NetformError as error:
            return self.fail(f"{error.message}; {error.hint}", param, ctx)


class Percentage(click.ParamType[Fraction]):
    """``10%`` or ``0.1``: a part of a whole, less than all of it."""

    name = "PERCENT"

    def convert(self, value: Any, param: Any, ctx: Any) -> Fraction:
        if isinstance(value, Fraction):
            return value
        number, percent, rest = value.partition("%")
        part = Exact().convert(number.strip(), param, ctx) / (100 if percent else 1)
        if rest or part >= 1:
            self.fail(f"{value!r} is no part of the memory such as 10% or 0.1", param, ctx)
        return part


Command = Callable[..., None]


def _keep_root(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    ctx.meta["root"] = value


def root() -> str | None:
    """What --root says."""
    found: str | None = click.get_current_context().meta.get("root")
    return found


def network_options(command: Command) -> Command:
    """FILE or -e TEXT, and --json."""
    command = click.argument("file", required=False, metavar="[FILE]")(command)
    return text_options(command)


def text_options(command: Command) -> Command:
    """-e TEXT, and --json."""
    text = click.option("-e", "--expression", "text", metavar="TEXT", help="The network itself.")
    return text(_json_options(command))


def texts_options(command: Command) -> Command:
    """Any number of -e TEXT, and --json."""
    text = click.option(
        "-e", "--expression", "text", metavar="TEXT", multiple=True, help="A network itself."
    )
    return text(_json_options(command))


def _json_options(command: Command) -> Command:
    command = click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)
    return click.option(
        "--root",
        type=click.Path(exists=True, file_okay=False),
        expose_value=False,
        callback=_keep_root,
        help="Files are used from inside this folder.  [default: the working directory]",
    )(command)


def point_options(command: Command) -> Command:
    """--set and --round."""
    rounding = click.option(
        "--round",
        "rounding",
        type=click.Choice(list(ROUNDING)),
        help="Make channel counts whole where w does not.",
    )
    return set_option(rounding(command))


def conventions_called(names: Sequence[str]) -> list[Convention]:
    """The conventions of some names, loaded only where there are any."""
    if not names:
        return []
    from netform.dsl.costs.conventions import CONVENTIONS

    return [CONVENTIONS[name] for name in names]


def convention_option(command: Command) -> Command:
    """--convention."""
    option = click.option(
        "--convention",
        "conventions",
        multiple=True,
        type=ConventionName(),
        metavar="NAME",
        help="Count work as this tool does; see netform conventions. May be given several times.",
    )
    return option(command)


def set_option(command: Command) -> Command:
    """--set alone."""
    option = click.option(
        "--set", "point", multiple=True, type=Setting(), help="Set a symbol: w=1/2, B=128, a let."
    )
    return option(command)


def step_option(command: Command) -> Command:
    """--step."""
    option = click.option(
        "--step",
        type=Exact(),
        help="Look at multiples of this only.  [default: 1; of w what makes channels whole]",
    )
    return option(command)


def free_option(**known: Any) -> Callable[[Command], Command]:
    """--free, symbols after commas."""
    return click.option(
        "--free",
        callback=lambda ctx, param, value: None if value is None else _symbols(value),
        help="Symbols left free: w and B are 1 where they are not, a let its number.",
        **known,
    )


def _symbols(value: str) -> list[str]:
    return [name for name in value.replace(" ", "").split(",") if name]


def memory_options(command: Command) -> Command:
    """--set, --dtype and --optimizer, which is the network's own unless given."""
    optimizer = _optimizer_option(
        help="Optimizer of memory_training; ema= and split= of the network count too.  "
        "[default: the network's own]"
    )
    return set_option(_dtype_option(optimizer(command)))


def model_options(command: Command) -> Command:
    """--dtype and --optimizer, which memory heeds."""
    optimizer = _optimizer_option(
        default="adam",
        show_default=True,
        help="Optimizer of memory_training, whatever the network's own is.",
    )
    return _dtype_option(optimizer(command))


def _optimizer_option(**known: Any) -> Callable[[Command], Command]:
    return click.option("--optimizer", type=click.Choice(list(SLOTS)), **known)


def _dtype_option(command: Command) -> Command:
    dtype = click.option(
        "--dtype",
        type=click.Choice(list(POLICIES)),
        default="float32",
        show_default=True,
        help="Data type policy of memory.",
    )
    return dtype(command)


def network_of(file: str | None, text: str | None, point: Point = ()) -> Network:
    """The network that FILE or -e says, with the values that --set gives its symbols."""
    if (file is None) == (text is None):
        raise click.UsageError("Give a FILE, or -e 'input 32x32x3 conv32k3 ...'.")
    values = {name: value for name, value in point if name not in ("w", "B")}
    if file is not None:
        return load(file, values, root())
    return parse(text or "", values=values, root=root())


def networks_of(files: Sequence[str], texts: Sequence[str], point: Point) -> list[Network]:
    """All networks that FILEs and -e say, with the values that --set gives what they have."""
    found = [load(file, root=root()) for file in files]
    found += [parse(text, root=root()) for text in texts]
    values = {name: value for name, value in point if name not in ("w", "B")}
    for name in values:
        if not any(name in network.symbols for network in found):
            raise click.UsageError(f"None of these networks has a symbol called {name}.")
    own = [{n: v for n, v in values.items() if n in network.symbols} for network in found]
    return [Network(n.program, n.name, v) if v else n for n, v in zip(found, own, strict=True)]


def width_and_batch(point: Point) -> dict[str, Fraction]:
    """What --set says of w and B."""
    return {name: value for name, value in point if name in ("w", "B")}


def asked(point: Point, symbol: str) -> dict[str, Fraction]:
    """What --set says of w, B and the symbol that is asked for; the network knows the others."""
    return {name: value for name, value in point if name in ("w", "B", symbol)}


def width_of(point: Point) -> Fraction:
    """What --set says of w, where a batch has no meaning."""
    symbols = dict(point)
    if "B" in symbols:
        raise click.UsageError("A program's batch is set by 'train batch=...', or its --batch.")
    return symbols.get("w", Fraction(1))


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2))


def write(path: str, text: str) -> None:
    """Write a file; raises NetformError where that cannot be."""
    try:
        Path(path).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise NetformError(f"{path} cannot be written: {error.strerror}") from None
