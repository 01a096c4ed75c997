"""Objects show themselves in one short line, however large the network that they come from."""

import io

import pytest
from rich.console import Console
from rich.pretty import pretty_repr

import netform
from netform.grammar.short_repr import LongTuple
from support.crawl import reachable

LONGEST = 500  # characters
NETWORKS = {
    "blocks": "input 32x32x3 let n = 2 post conv=bn.relu def A(k) [ conv(k)k3 add[conv(c)k1 | id] ] "
    "conv8k3! ->tap A(8)*(n) cat[@tap | conv4k1] pool2 deconv8k2s2 mul[gap fc(c):sigmoid] gap fc10",
    "open": "input RxRx3 conv8k3s2 pool2 conv(ceil(w*7/3))k3 gap fc10",
    "long": "input 8x8x4 [conv4k3!:bn.relu]*600 fc10",
    "wide text": "input 8x8x4 " + "add[conv4k3! | id] " * 600 + "conv8k3 fc10",
}


def answers(network):
    """A network, and an answer of every kind that it gives."""
    small = netform.parse("input 8x8x1 conv8k3 fc10", "small")
    yield network
    if network.open:
        yield network.ratio("macs", R="2*R")
        return
    yield network.ratio("memory", B="2*B")
    yield network.solve("memory <= 1TiB", symbol="B")
    yield network.table()
    yield network.table(conventions=["torchinfo"])
    yield network.compare(small)
    yield netform.grid(network, "memory", B=range(1, 400), w=[1, 2])
    yield network.explain("memory_training", layer=network.layers[1].name)
    yield network.explain("params")


@pytest.mark.parametrize("name", NETWORKS)
def test_whatever_is_reachable_in_three_attributes_shows_itself_in_a_short_line(name):
    network = netform.parse(NETWORKS[name], name)
    shown = {}
    for answer in answers(network):
        for path, found in reachable(answer, 3, type(answer).__name__):
            line = repr(found)
            assert len(line) < LONGEST, f"{path}: {len(line)} characters: {line[:200]}"
            assert " object at 0x" not in line, path
            assert "\n" not in line, path
            shown[type(found).__name__] = line
    assert len(shown) > 20  # classes


@pytest.mark.parametrize("name", NETWORKS)
def test_pages_and_consoles_show_a_part_of_a_long_network(name):
    network = netform.parse(NETWORKS[name], name)
    for answer in answers(network):
        html = getattr(answer, "_repr_html_", str)()
        assert len(html) < 20_000
        page = io.StringIO()
        Console(file=page, width=80).print([answer], type(answer))
        assert len(page.getvalue()) < 2_000
        assert len(pretty_repr(answer)) < LONGEST


def test_a_layer_shows_its_name_its_text_and_its_output():
    network = netform.parse("input 32x32x3 conv32k3 pool2 fc10")
    assert repr(network.layers[1]) == "Layer conv1: conv32k3, 32x32x32*w"
    assert repr(network.at(w=2).layers[1]) == "Layer conv1: conv32k3, 32x32x64"
    assert str(network.layers[3]) == "Layer pool1: pool2, 16x16x32*w"


def test_a_network_shows_its_text_or_where_that_is_long_its_layers():
    assert repr(netform.parse("input 8x8x1 fc10")) == "netform.parse('input 8x8x1 fc10')"
    network = netform.parse("input 8x8x1 [conv8k3 id]*500 fc10", "deep")
    assert repr(network) == (
        "Network deep: 1,502 layers: (Layer input: 8x8x1, 8x8x1; Layer conv1: conv8k3, 8x8x8*w; "
        "... 1,499 more ...; Layer fc1: fc10, 10)"
    )
    assert repr(network.at(B=4)) == "Network at w = 1, B = 4: 1,502 layers, 296,626 parameters"


def test_a_long_table_shows_its_first_and_last_rows_in_a_notebook():
    html = netform.parse("input 8x8x1 [conv8k3]*500 fc10")._repr_html_()
    rows = html.count("<tr>")
    assert rows == 1 + 60 + 1 + 1  # head, rows, the gap, the total
    assert "<td>conv1</td>" in html
    assert "<td>...</td><td>1,002 layers</td>" in html
    assert "<td>conv250</td>" not in html
    assert "<td>fc1</td>" in html


def test_a_long_tuple_is_a_tuple():
    assert LongTuple(range(9)) == tuple(range(9))
    assert LongTuple(range(9))[2:5] == (2, 3, 4)
    assert repr(LongTuple([1, 2])) == "(1, 2)"


def test_a_failing_comparison_of_networks_is_reported_shortly(monkeypatch):
    for name in ("CI", "BUILD_NUMBER"):  # where pytest tells every difference, at any length
        monkeypatch.delenv(name, raising=False)
    network = netform.parse(NETWORKS["long"])
    other = netform.parse(NETWORKS["wide text"])
    with pytest.raises(AssertionError) as failure:
        assert network.layers[-1] == other.layers[-1], (network.table(), other.at())
    assert len(str(failure.value)) < 2 * LONGEST
