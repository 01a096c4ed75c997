"""The options that commands share."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import click

from netform.dsl.width import ROUNDING

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
    command = click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)
    command = click.option(
        "--root",
        type=click.Path(exists=True, file_okay=False),
        expose_value=False,
        callback=_keep_root,
        help="Files are used from inside this folder.  [default: the working directory]",
    )(command)
    text = click.option("-e", "--expression", "text", metavar="TEXT", help="The network itself.")
    return text(command)


def point_options(command: Command) -> Command:
    """--set and --round."""
    rounding = click.option(
        "--round",
        "rounding",
        type=click.Choice(list(ROUNDING)),
        help="Make channel counts whole where w does not.",
    )
    return set_option(rounding(command))


def set_option(command: Command) -> Command:
    """--set alone."""
    option = click.option(
        "--set", "point", multiple=True, type=Setting(), help="Set a symbol: w=1/2, B=128, a let."
    )
    return option(command)
