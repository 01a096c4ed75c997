"""The command line: arguments in, one call, output, exit code.

Exit codes: 0 done, 1 the input is wrong, 2 the command line is wrong.
"""

from __future__ import annotations

import gc
import importlib
import io
import os
import sys
from typing import NoReturn

import click

from netform import __version__
from netform.grammar.errors import NetformError, printable
from netform.standard_streams import open_standard_streams, os_error_in_words

COMMANDS = (
    "check",
    "fmt",
    "read",
    "table",
    "formula",
    "conventions",
    "explain",
    "ratio",
    "aperture",
    "memory",
    "measure",
    "solve",
    "fit",
    "devices",
    "roofline",
    "plot",
    "compare",
    "emit",
    "train",
    "sweep",
)


class Commands(click.Group):
    """The commands in the order of the help; each is loaded when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"netform.commands.{name}"), name)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if any("\0" in arg for arg in args):
            raise click.UsageError("An argument has a NUL character.")
        return super().parse_args(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="netform")
def cli() -> None:
    """A convolutional network as a line of text: its costs as exact formulas, and the
    Keras program that trains it.

    \b
        netform table   -e 'input 32x32x3 conv32k3 pool2 conv64k3 pool2 fc10'
        netform formula examples/cifar_vgg.net params macs
        netform ratio   examples/cifar_vgg.net --width 1/2
        netform solve   examples/cifar_vgg.net "params <= 500k" --for w
        netform fit     examples/cifar_vgg.net --memory 11GiB
        netform train   examples/digits.net

    Every command takes a .net FILE, or the network itself after -e, and --json.
    """


def main() -> NoReturn:
    """Run the command line; every error is shown without a traceback."""
    gc.set_threshold(100_000)  # what SymPy builds when it is imported is no garbage
    open_standard_streams()
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
        text = error.format_message().replace("\n\t", " ")  # before each of click's choices
        click.UsageError(printable(text), getattr(error, "ctx", None)).show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(1)
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        click.echo(os_error_in_words(error), err=True)
        sys.exit(1)
    except Exception as error:
        kind = f"{type(error).__name__}: {error}".split("\n")[0]
        click.echo(f"internal error in netform; please report it: {printable(kind)}", err=True)
        sys.exit(1)
