"""Symbols by name in Python: no let collides with a parameter of a public function."""

import inspect
import json
import keyword
from typing import Any

import pytest
from click.testing import CliRunner

import netform
from netform.cli import cli
from netform.dsl.graph.given_symbols import options_of

NETWORK = "input 16x16x3 let {name} = 4 conv({name})k3 conv8k3 fc10"


def functions() -> dict[str, Any]:
    """Every public function and method, by its name."""
    methods = inspect.getmembers(netform.Network, inspect.isfunction)
    public = {name: found for name, found in methods if not name.startswith("_")}
    own = {name: getattr(netform, name) for name in netform.__all__}
    return {**public, **{name: f for name, f in own.items() if inspect.isfunction(f)}}


def parameters(function):
    return inspect.signature(function).parameters.values()


NAMES = sorted({p.name for f in functions().values() for p in parameters(f)} - {"w", "B"})
RESERVED = {"w", "B", "c"}
BY_KEYWORD = {
    name for name, f in functions().items() if any(p.kind is p.VAR_KEYWORD for p in parameters(f))
}
CALLS = {
    "at": (lambda net, **given: net.at(**given).params, "values"),
    "table": (lambda net, **given: net.table(**given).figures.params, "values"),
    "having": (lambda net, **given: net.having(**given).at().params, None),
    "check_values": (lambda net, **given: net.check_values(**given), None),
    "ratio": (lambda net, **given: net.ratio("params", w="1/2", **given).before, "changes"),
    "solve": (lambda net, **given: net.solve("params <= 100k", "w", **given).value, "values"),
    "roofline": (lambda net, **given: net.roofline("t4", **given).inference.time, "values"),
    "grid": (lambda net, **given: netform.grid(net, "params", **given).values.tolist(), "axes"),
}


def test_every_function_that_takes_symbols_by_keyword_is_tried():
    assert set(CALLS) == BY_KEYWORD
    assert {"self", "dtype", "quantity", "optimizer", "rounding", "step"} <= set(NAMES)


@pytest.mark.parametrize("function", CALLS)
@pytest.mark.parametrize("name", NAMES)
def test_a_let_with_the_name_of_a_parameter_is_that_let_or_refused(function, name):
    """As a keyword it means what it says or is refused; in a mapping it is always the let."""
    call, mapping = CALLS[function]
    if keyword.iskeyword(name):
        return
    other = netform.parse(NETWORK.format(name="n"))
    network = netform.parse(NETWORK.format(name=name))
    value = [6] if function == "grid" else 6
    expected = call(other, n=value)
    options = options_of(getattr(netform.Network, function, None) or netform.grid)
    if mapping is not None:
        assert call(network, **{mapping: {name: value}}) == expected
    if name not in options:
        try:
            assert call(network, **{name: value}) == expected
        except TypeError as error:  # Python's own, at the call
            assert "multiple values for" in str(error)
    elif name != mapping:
        with pytest.raises(netform.NetformError, match=f"{name} is a let of this network and an"):
            call(network, **{name: value})


COMMANDS = (
    "check",
    "table --convention torchinfo",
    "formula macs",
    "explain params",
    "aperture",
    "emit",
    "memory --profile torch",
    "roofline --device t4",
    "fit --memory 1GiB",
    "solve params<=100k --for w",
    "plot macs --over w=1 --json",
    "plot memory --profile torch --over B=1:2 --json",
)


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_takes_a_let_of_any_name(words):
    """Its options have other words, so no let of --set is an option."""
    options = {n for f in functions().values() for n in options_of(f) if n not in RESERVED}
    for name in sorted(options):
        command, *others = words.split()
        text = f"input 8x8x3 let {name} = 4 conv({name})k3 fc10"
        given = [command, "-e", text, *others, "--set", f"{name}=6"]
        result = CliRunner().invoke(cli, given)
        assert result.exit_code == 0, (name, result.exception)


def test_a_command_draws_a_let_of_any_name():
    curves = []
    for name in ("n", "dtype", "outside", "optimizer"):
        words = ["--over", f"{name}=1:4", "--by", "w=1,2", "--json"]
        text = NETWORK.format(name=name)
        result = CliRunner().invoke(cli, ["plot", "-e", text, "macs", *words])
        curves.append([curve["points"] for curve in json.loads(result.stdout)["curves"]])
    assert curves == curves[:1] * 4


def test_a_mapping_in_its_place_is_a_mapping():
    network = netform.parse(NETWORK.format(name="dtype"))
    found = netform.grid(network, "macs", {"dtype": [6]}, dtype="float16")
    assert found.values.tolist() == [network.at(values={"dtype": 6}).macs]


def test_with_a_mapping_a_keyword_is_the_option():
    network = netform.parse(NETWORK.format(name="step"))
    assert network.solve("params <= 20k", "w", step="1/2", values={}).step == 0.5


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("input 16x16x3 let R = 2", "R"),
        ("input 16x12x3 let H = 2", "H"),
        ("input 16x12x3 let W = 2", "W"),
        ("input RxRx3 let W = 2", "W"),
        ("input HxHx3 let W = 2", "W"),
        ("input 16x3 let R = 2", "R"),
        ("input 4x4x4x3 let R = 2", "R"),
        ("input 16x16x3 let w = 2", "w"),
        ("input 16x16x3 let B = 2", "B"),
        ("input 16x16x3 let c = 2", "c"),
    ],
)
def test_a_let_is_not_called_like_what_has_a_meaning_of_its_own(text, name):
    with pytest.raises(netform.NetformError, match=f"{name} is the .*, so no let can have this"):
        netform.parse(f"{text} conv4k3 fc10")


@pytest.mark.parametrize(
    "text",
    [
        "input RxRx3 let R = 8",
        "input HxWx3 let H = 8 let W = 8",
        "input HxWx3 let H = 8 let W = 8 let R = 2",
        "input 16x12x3 let R = 2",
        "input 16x3 let H = 2",
        "input 4x4x4x3 let H = 2",
    ],
)
def test_a_let_that_is_one_thing_may_have_its_name(text):
    """All of these are whole, so the ratio at a number is what its formula says there."""
    network = netform.parse(f"{text} conv(4)k3 fc10")
    for name in network.symbols[2:]:
        change = {name: f"2*{name}"}
        found = network.ratio("params", changes=change)
        at = {symbol: network.number(symbol) for symbol in network.symbols[2:]}
        assert found.exact == found.formula.subs({**at, "w": 1})
