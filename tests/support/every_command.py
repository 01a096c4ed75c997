"""Every command that answers a question about a text, run in this process."""

import contextlib
import io

import click

from netform.cli import cli
from netform.grammar.errors import NetformError

QUESTIONS = {
    "check": ["check", "--json"],
    "table": ["table"],
    "table --json": ["table", "--json"],
    "table --column": ["table", "--column", "traffic_training"],
    "table --convention": ["table", "--convention", "torchinfo", "--convention", "tensorflow"],
    "formula": ["formula"],
    "formula --format python": ["formula", "--format", "python"],
    "formula --format latex": ["formula", "--format", "latex"],
    "ratio": ["ratio", "--by-layer", "params"],
    "formula --profile": ["formula", "--profile", "torch", "--mode", "training_peak"],
    "ratio --set R=2*R": ["ratio", "--set", "R=2*R", "--json"],
    "explain params": ["explain", "params"],
    "explain memory_training": ["explain", "memory_training", "--format", "latex"],
    "explain aperture": ["explain", "aperture"],
    "aperture": ["aperture"],
    "memory": ["memory"],
    "memory --free B": ["memory", "--free", "B", "--json"],
    "solve --for w": ["solve", "params <= 500k", "--for", "w"],
    "solve --for R": ["solve", "macs <= 5G", "--for", "R"],
    "fit": ["fit", "--memory", "11GiB"],
    "roofline": ["roofline", "--device", "t4"],
    "explain traffic_training": ["explain", "traffic_training"],
    "fit --profile": ["fit", "--memory", "11GiB", "--profile", "torch"],
    "emit": ["emit"],
    "plot": ["plot", "params", "--over", "w=1/16:2:1/16", "--json"],
    "plot --over R": ["plot", "macs", "--over", "R=1:64", "--json"],
    "fmt": ["fmt"],
    "read --as ciresan": ["read", "--as", "ciresan"],
}
ALL_QUESTIONS = (*QUESTIONS, "compare")  # which takes two texts


def words_of(question, text):
    """The words of a command line that asks a question about a text."""
    words = QUESTIONS.get(question, [])
    if question == "compare":
        return ["compare", "-e", text, "-e", "input 8x8x1 conv16k3 fc10"]
    if words[0] == "read":
        return [*words, "--", text]
    return [words[0], "-e", text, *words[1:]]


def answer(question, text):
    """What a command prints about a text, or its error; any other exception is a fault."""
    printed = io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace")
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            cli.main(words_of(question, text), prog_name="netform", standalone_mode=False)
        except NetformError as error:
            return str(error)
        except SystemExit as end:  # what click does at the end of --check
            click.echo(end.code)
    printed.flush()
    return printed.buffer.getvalue().decode()
