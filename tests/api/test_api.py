"""The Python face: what a user imports, and how it shows itself."""

import os
import subprocess
import sys

import pytest
from sympy import Symbol

import netform

TEXT = "input 8x8x1 conv4k3 pool2 fc10"


def test_the_public_names():
    names = {"Network", "NetformError", "grid", "load", "parse", "plot", "show"}
    assert set(netform.__all__) == names


def test_a_network_shows_itself_in_a_notebook():
    network = netform.parse(TEXT)
    html = network._repr_html_()
    assert "<td>conv1</td><td>conv4k3</td><td>8x8x4</td><td>40</td>" in html
    assert html.count("<tr>") == 6
    assert network._repr_latex_().startswith("$")
    assert eval(repr(network)) == network


def test_formula_with_symbols_left_free():
    network = netform.parse(TEXT)
    B = Symbol("B")
    assert network.formula("memory_inference", free=["B"]) == 4 * (B * (64 + 256 + 64 + 10) + 690)
    assert network.formula("params", free=[]) == 690


@pytest.mark.parametrize("home", ["missing", "broken"])
def test_the_cache_of_parser_tables_may_be_missing_or_broken(home, tmp_path):
    folder = tmp_path / "netform"
    if home == "broken":
        folder.mkdir()
        (folder / "grammar.json").write_bytes(b"no tables")
    else:
        folder.write_text("a file where the folder would be")
    code = f"import netform; print(netform.parse({TEXT!r}).at().params)"
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (result.stdout, result.stderr) == ("690\n", "")
