"""All commands and functions agree: on where a network exists, on numbers, and on what memory is."""

import json
from fractions import Fraction

import pytest
from click.testing import CliRunner

import netform
from netform.cli import cli
from netform.dsl.costs.quantities import QUANTITIES
from netform.dsl.questions.grid import grid
from netform.grammar.errors import NetformError

TEXT = "input 8x8x3 let n = 4 conv(n)k3 conv(2*n)k3 gap fc10"
NETWORK = netform.parse(TEXT)
AT_A_POINT = {  # commands that take --set, and a point for each
    "check": ["check", "-e", TEXT],
    "table": ["table", "-e", TEXT],
    "formula": ["formula", "-e", TEXT, "params"],
    "explain": ["explain", "-e", TEXT, "params"],
    "ratio": ["ratio", "-e", TEXT],
    "aperture": ["aperture", "-e", TEXT],
    "compare": ["compare", "-e", TEXT, "-e", TEXT],
    "emit": ["emit", "-e", TEXT],
    "plot": ["plot", "-e", TEXT, "memory", "--over", "B=1,2", "--json"],
    "fit": ["fit", "-e", TEXT, "--memory", "1GiB"],
    "roofline": ["roofline", "-e", TEXT, "--device", "t4"],
    "solve": ["solve", "-e", TEXT, "memory <= 1 GiB", "--for", "B"],
}


def run(*words):
    """What a command prints; raises the error that it ends in."""
    result = CliRunner().invoke(cli, list(words), standalone_mode=False)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


@pytest.mark.parametrize("name", AT_A_POINT)
@pytest.mark.parametrize("point", ["w=1/3", "w=3/16", "n=1/2", "n=0"])
def test_every_command_refuses_fractions_of_channels(name, point):
    with pytest.raises(NetformError, match=r"whole number|at least 1|does not exist"):
        run(*AT_A_POINT[name], "--set", point)


@pytest.mark.parametrize("name", AT_A_POINT)
@pytest.mark.parametrize("point", ["w=1/2", "n=2", "n=6"])
def test_every_command_accepts_a_point_of_the_domain(name, point):
    assert run(*AT_A_POINT[name], "--set", point)


def test_a_formula_at_a_width_is_what_the_table_says_there():
    for w in ("1/2", "3/4", "2"):
        found = json.loads(run("formula", "-e", TEXT, "params", "--set", f"w={w}", "--json"))
        table = json.loads(run("table", "-e", TEXT, "--set", f"w={w}", "--json"))
        assert int(found["params"]["expr"]) == table["totals"]["params"]


def test_a_formula_leaves_the_symbols_of_the_input_free():
    printed = run("formula", "-e", "input RxRx3 conv4k3 gap fc2", "macs")
    assert printed.startswith("macs = 108*R**2*w + 8*w ")
    assert "R" not in run("formula", "-e", "input RxRx3 conv4k3 gap fc2", "macs", "--set", "R=4")


@pytest.mark.parametrize("words", [["--free", ""], ["--set", "w=1", "--set", "B=1"]])
def test_nothing_is_said_of_where_a_number_holds(words):
    printed = run("formula", "-e", TEXT, *words)
    assert "where" not in printed
    assert len(printed.splitlines()) == len(QUANTITIES)


def test_a_symbol_is_free_or_has_a_value():
    with pytest.raises(NetformError, match="w has a value and is left free"):
        run("formula", "-e", TEXT, "params", "--set", "w=1/2", "--free", "w,B")


def test_memory_is_the_training_step_everywhere():
    """In Python and in every command that takes a quantity."""
    number = NETWORK.at().memory("training")
    comparison = NETWORK.compare(NETWORK)
    ratio = NETWORK.ratio("memory", w=Fraction(1, 2))
    assert ratio is not None
    assert [
        NETWORK.at()["memory"],
        int(NETWORK.formula("memory", free=[])),
        NETWORK.explain("memory").number,
        comparison["memory"].one,
        ratio.before,
        int(grid(NETWORK, "memory", B=[1]).values[0]),
        NETWORK.solve(f"memory <= {number} B", "B").at,
    ] == [number] * 7
    assert f"memory_training = {number} " in run("formula", "-e", TEXT, "memory", "--free", "")
    assert f"{number:,}" in run("explain", "-e", TEXT, "memory")
    assert f"{number:,}" in run("ratio", "-e", TEXT, "--by-layer", "memory")
    plotted = run("plot", "-e", TEXT, "memory", "--over", "B=1", "--optimizer", "adam", "--json")
    assert json.loads(plotted)["curves"][0]["points"] == [[1, number]]


@pytest.mark.parametrize(
    "words",
    [
        ["fit", "-e", TEXT, "--memory", "11"],
        ["sweep", "-e", TEXT, "--memory", "11"],
        ["plot", "-e", TEXT, "memory", "--over", "B=1,2", "--budget", "11"],
        ["solve", "-e", TEXT, "memory <= 11", "--for", "B"],
        ["solve", "-e", TEXT, "memory_inference >= 1,000", "--for", "B"],
    ],
)
def test_a_bare_number_is_no_number_of_bytes(words):
    with pytest.raises(Exception, match=r"has no unit.* write|has no unit"):
        run(*words)


def test_a_width_is_the_same_number_in_python_and_on_the_command_line():
    table = json.loads(run("table", "-e", TEXT, "--set", "w=0.5", "--json"))
    assert table["totals"]["params"] == NETWORK.at(w=0.5).params == NETWORK.at(w="1/2").params
