"""The command line under hostile values, streams and folders: a sentence and the right exit code."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from netform.cli import COMMANDS, cli
from netform.grammar import budget
from netform.grammar.errors import NetformError

NET = "input 8x8x1 let n = 2 conv(n)k3 fc10"
WORKING = {  # a command line that works, for every command; train and sweep are refused at once
    "check": ["-e", NET],
    "fmt": ["-e", NET],
    "read": ["--as", "ciresan", "1x29x29-20C4-10N"],
    "table": ["-e", NET],
    "formula": ["-e", NET, "params"],
    "conventions": [],
    "explain": ["-e", NET, "params"],
    "ratio": ["-e", NET],
    "aperture": ["-e", NET],
    "memory": ["-e", NET],
    "measure": ["-e", "input 8x8x1 oops"],
    "solve": ["-e", NET, "params <= 1k", "--for", "w"],
    "fit": ["-e", NET, "--memory", "1MiB"],
    "devices": [],
    "roofline": ["-e", NET, "--device", "t4"],
    "plot": ["-e", NET, "params", "--over", "w=1,2", "--json"],
    "compare": ["-e", NET, "-e", NET],
    "emit": ["-e", NET],
    "train": ["-e", "input 8x8x1 oops"],
    "sweep": ["-e", "input 8x8x1 oops"],
}
FEW = [
    "",
    "1/0",
    "w=1/0",
    "n=1/0",
    "1e400",
    "nan",
    "-0",
    "9" * 5000,
    "\udcff",
    "w=\udcff",
    "\0",
    "/",
]
MANY = [
    *("0/0", "inf", "-inf", "-1", "\u0663", "\u00bd", "0x10", "1_000", "+1", " ", "=", "w", "w="),
    *(
        "w=nan",
        "w=-0",
        "w=0",
        "w=1e400",
        "B=0",
        "B=1/2",
        "R=0",
        "R=99999999",
        "q=1",
        "n=n",
        "w=\u0663",
    ),
    *("w=" + "9" * 5000, "w=1:1/0", "B=1:", "B=9:1", "B=1:2:0", "B=1:1e9", "w=1/2,,3", "w=w/0"),
    *("R=R**2", "R=floor(R)", "B=B/0", "w=" + "(" * 200, "w=" + "w*" * 20 + "w", "a\nb", "\x1b[2J"),
    *(
        "memory",
        "params <= 1/0",
        "params <= ",
        "params <= \u0663",
        "memory <= 1",
        "/nowhere/at/all",
    ),
]


def refused(words):
    """What a command line ends in, other than by success; any other exception is raised."""
    result = CliRunner().invoke(cli, words, standalone_mode=False)
    error = result.exception
    if isinstance(error, NetformError):
        return str(error)
    if isinstance(error, click.ClickException):
        return error.format_message()
    if error is not None and not isinstance(error, (SystemExit, click.exceptions.Exit)):
        raise AssertionError(words) from error
    return ""


def command_lines(name, values):
    """The working command line with a value behind every option, and in place of every word."""
    command = cli.get_command(None, name)
    for value in values:
        yield [name, value]
        yield [name, *WORKING[name], value]
        for option in command.params:
            if isinstance(option, click.Option) and not option.is_flag:
                yield [name, *WORKING[name], option.opts[-1], value]


def test_every_command_has_a_command_line_that_works():
    assert set(WORKING) == set(COMMANDS)
    broken = [name for name in COMMANDS if refused([name, *WORKING[name]])]
    assert broken == ["measure", "train", "sweep"]


@pytest.mark.parametrize("name", COMMANDS)
def test_no_value_of_an_option_breaks_a_command(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in command_lines(name, FEW):
        assert "internal error" not in refused(words)


@pytest.mark.long
@pytest.mark.parametrize("name", COMMANDS)
def test_no_value_of_many_breaks_a_command(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in command_lines(name, MANY):
        assert "internal error" not in refused(words)


NETFORM = f"{sys.executable} -m netform"
TEXT = "-e 'input 8x8x1 conv4k3 fc10'"
FULL = "netform: the output cannot be written: No space left on device\n"
CLOSED = "netform: standard output: it is closed\n"
NO_UTF_8 = "a network is Unicode text, but this is a byte that is not UTF-8"


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (f"table {TEXT} > /dev/full", 1, FULL),
        ("--help > /dev/full", 1, FULL),
        (f"emit {TEXT} -o /dev/full", 1, "/dev/full cannot be written: No space left on device\n"),
        (f"table {TEXT} >&-", 1, CLOSED),
        (f"emit {TEXT} --json >&-", 1, CLOSED),
        ("--version >&-", 1, CLOSED),
        (f"emit {TEXT} -o program.py >&-", 0, ""),
        (f"check {TEXT} 2>&-", 0, ""),
        ("check -e 'input 8x8x1 oops' 2>&-", 1, ""),
        ("fmt - <&-", 1, "standard input is closed"),
        ("check -e $'input 8x8x1 fc10 # \\xff'", 1, NO_UTF_8),
        ("fmt -e $'input 8x8x1 data npz=\"\\xff\" fc10'", 1, NO_UTF_8),
        ("table .", 1, ".: the file cannot be read: it is a folder, not a regular file"),
        ("ratio -e 'input 8x8x1 let n = 2 fc(n)' --set n=1/0", 2, "'1/0' is not a number"),
    ],
)
def test_streams_and_arguments_of_a_process(command, code, said, tmp_path):
    run = ["bash", "-c", f"{NETFORM} {command}"]
    result = subprocess.run(run, capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == code
    assert (said in result.stderr) if said else (result.stderr == "")
    assert "internal error" not in result.stderr


def test_a_reader_that_wants_nothing_is_no_error():
    run = ["bash", "-c", f"{NETFORM} table {TEXT} | head -c 0"]
    assert subprocess.run(run, capture_output=True, text=True).stderr == ""


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (f"table {TEXT}", 0, ""),
        ("table gone.net", 1, "gone.net: the file cannot be read: No such file or directory"),
        ("check -e 'use \"a.net\" input 8x8x1 fc10'", 1, "a.net cannot be read: No such file"),
        (f"emit {TEXT} -o x.py", 1, "x.py cannot be written: No such file or directory"),
        (f"train {TEXT}", 1, " cannot be written: No such file or directory"),
    ],
)
def test_a_working_directory_that_was_removed(command, code, said, tmp_path):
    (tmp_path / "gone").mkdir()
    run = ["bash", "-c", f"rmdir ../gone && {NETFORM} {command}"]
    result = subprocess.run(run, capture_output=True, text=True, cwd=tmp_path / "gone")
    assert result.returncode == code
    assert (said in result.stderr) if said else (result.stderr == "")


def test_a_standard_input_that_is_too_long_is_an_error():
    long = "input 8x8x1 conv4k3 fc10 #" + "x" * budget.MOST_BYTES
    for words in (["fmt", "-"], ["fmt", "--check", "-"], ["fmt", "--json", "-"]):
        result = CliRunner().invoke(cli, words, input=long, standalone_mode=False)
        assert isinstance(result.exception, NetformError)
        assert str(result.exception) == (
            "standard input cannot be read: it has more than 1,000,000 bytes\n"
            "    hint: write what repeats once: [conv64k3]*8"
        )
