"""Columns of quantities in the cost table: what every layer adds, which sums to the quantity."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import netform
from netform.dsl.costs.quantities import QUANTITIES
from netform.grammar.errors import NetformError
from netform.strategies import networks
from support.commands import json_of, netform_command
from support.examples import FEW

CIFAR = Path(__file__).parents[2] / "examples" / "cifar_vgg.net"


@FEW
@given(networks(), st.integers(1, 9))
def test_what_the_layers_add_is_the_quantity(network, batch):
    at = network.at(B=batch)
    columns = at.by_layer(QUANTITIES)
    assert {name: sum(column) for name, column in columns.items()} == {
        name: at[name] for name in QUANTITIES
    }
    assert {len(column) for column in columns.values()} == {len(network.layers)}


def test_the_table_has_the_columns_that_are_asked_for():
    words = ["table", CIFAR, "--set", "B=64"]
    asked = ["--column", "traffic_inference", "--column", "memory"]
    plain, found = json_of(*words), json_of(*words, *asked)
    assert found["totals"]["traffic_inference"] == 167_472_424
    for name in ("traffic_inference", "memory_training"):
        assert sum(layer.pop(name) for layer in found["layers"]) == found["totals"].pop(name)
    assert found == plain
    printed = netform_command(*words, *asked).stdout
    rows = {row.split()[0]: row.split() for row in printed.splitlines() if row.strip()}
    assert rows["conv1.relu"][-4:-2] == ["16,777,216", "0"]  # a row for what it moves
    assert rows["total"][-2:] == ["167,472,424", "123,838,624"]
    assert "traffic_inference in bytes: least bytes that a forward pass moves" in printed


def test_a_notebook_has_the_columns_too():
    table = netform.parse("input 8x8x1 conv4k3").table(columns=["traffic_inference"])
    assert "<th>traffic_inference</th>" in table._repr_html_()
    assert "<td>1,440</td>" in table._repr_html_()


def test_a_column_without_a_quantity_is_refused():
    with pytest.raises(NetformError, match="no quantity is called traffic_infer") as caught:
        netform.parse("input 8x8x1 conv4k3").table(columns=["traffic_infer"])
    assert caught.value.hint == "did you mean traffic_inference?"
