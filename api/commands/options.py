"""The options that commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from netform.commands.parameter_types import ConventionName, Exact, KnownName, Setting
from netform.dsl.costs.memory import POLICIES, SLOTS
from netform.dsl.graph.width import ROUNDING
from netform.dsl.memory.profiles import MODES, PROFILES

Command = Callable[..., None]


def _keep_root(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    ctx.meta["root"] = value


def network_options(command: Command) -> Command:
    """FILE or -e TEXT, and --json."""
    command = click.argument("file", required=False, metavar="[FILE]")(command)
    return text_options(command)


def text_options(command: Command) -> Command:
    """-e TEXT, and --json."""
    text = click.option(
        "-e", "--expression", "text", metavar="TEXT", help="The network as text, instead of a file."
    )
    return text(_json_options(command))


def texts_options(command: Command) -> Command:
    """Any number of -e TEXT, and --json."""
    text = click.option(
        "-e",
        "--expression",
        "text",
        metavar="TEXT",
        multiple=True,
        help="A network as text, instead of a file.",
    )
    return text(_json_options(command))


def _json_options(command: Command) -> Command:
    command = click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)
    return click.option(
        "--root",
        type=click.Path(exists=True, file_okay=False),
        expose_value=False,
        callback=_keep_root,
        help="Networks can only use files inside this folder.  [default: the working directory]",
    )(command)


def point_options(command: Command) -> Command:
    """--set and --round."""
    rounding = click.option(
        "--round",
        "rounding",
        type=click.Choice(list(ROUNDING)),
        help="Round the channel counts that w makes fractional.",
    )
    return set_option(rounding(command))


def convention_option(command: Command) -> Command:
    """--convention."""
    option = click.option(
        "--convention",
        "conventions",
        multiple=True,
        type=ConventionName(),
        metavar="NAME",
        help="Count work as this tool does; see netform conventions. Can be given several times.",
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
        help="Try only multiples of this.  [default: 1; for w the step of whole channels]",
    )
    return option(command)


def free_option(**known: Any) -> Callable[[Command], Command]:
    """--free, symbols after commas."""
    return click.option(
        "--free",
        callback=lambda ctx, param, value: None if value is None else _symbols(value),
        help="Symbols left free. Others get their number: w and B are 1, a let its value.  "
        "[default: w, B, and symbols of the input that have no number]",
        **known,
    )


def _symbols(value: str) -> list[str]:
    return [name for name in value.replace(" ", "").split(",") if name]


def memory_options(command: Command) -> Command:
    """--set, --dtype and --optimizer, which is the network's own unless given."""
    optimizer = optimizer_option(
        help="Optimizer for memory_training; ema= and split= of the network also count.  "
        "[default: the network's own]"
    )
    return set_option(dtype_option(optimizer(command)))


def model_options(command: Command) -> Command:
    """--dtype and --optimizer, which memory heeds."""
    optimizer = optimizer_option(
        default="adam",
        show_default=True,
        help="Optimizer for memory_training, instead of the network's own.",
    )
    return dtype_option(optimizer(command))


def profile_options(command: Command) -> Command:
    """--profile and --mode, by which memory is counted."""
    mode = click.option(
        "--mode",
        type=KnownName("mode", MODES),
        metavar="MODE",
        help=f"What the profile counts: {', '.join(MODES)}.",
    )
    profile = click.option(
        "--profile",
        type=KnownName("profile", PROFILES),
        default="textbook",
        show_default=True,
        metavar="PROFILE",
        help=f"The model that counts memory: {', '.join(PROFILES)}; see netform memory --help.",
    )
    return profile(mode(command))


def optimizer_option(**known: Any) -> Callable[[Command], Command]:
    """--optimizer."""
    return click.option("--optimizer", type=click.Choice(list(SLOTS)), **known)


def dtype_option(command: Command) -> Command:
    """--dtype."""
    dtype = click.option(
        "--dtype",
        type=click.Choice(list(POLICIES)),
        default="float32",
        show_default=True,
        help="Data type policy for the memory.",
    )
    return dtype(command)
