"""Tables of many rows: written line by line, as rich would draw them."""

import io
import json

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Table as Drawn

import netform
from netform import strategies
from netform.commands.output import json_pieces
from netform.grammar.budget import one_answer
from netform.terminal import long_tables
from netform.terminal.tables import LITERAL, aperture_table, cost_table, put

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=20,
)


@given(values)
def test_json_in_pieces_is_the_whole_json(value):
    assert "".join(json_pieces(value)) == json.dumps(value, indent=2)


def drawn_by_rich(drawn):
    out = io.StringIO()
    width = Console(width=10_000, **LITERAL).measure(drawn).maximum
    Console(file=out, width=width, **LITERAL).print(drawn)
    return out.getvalue()


def written(drawn):
    return "".join(f"{line}\n" for line in long_tables.lines(drawn))


@settings(max_examples=25)
@given(strategies.networks())
def test_tables_are_written_as_rich_draws_them(network):
    for table in (cost_table(network.table(), 200), aperture_table(network.table())):
        assert written(table) == drawn_by_rich(table)


@given(st.lists(st.lists(st.text("ab1,é漢", max_size=9), min_size=3, max_size=3), min_size=1))
def test_cells_of_any_width_are_written_as_rich_draws_them(rows):
    drawn = cost_table(netform.parse("input 8x8x1 fc1").table(), 200)
    table = Drawn(title="a", title_justify="left", box=drawn.box, pad_edge=False, show_header=True)
    for justify in ("left", "right", "left"):
        table.add_column("a head", justify=justify, no_wrap=True)
    for cells in rows:
        table.add_row(*cells)
    assert written(table) == drawn_by_rich(table)


def test_a_long_table_has_every_layer_and_is_quick_to_write():
    network = netform.parse("input 8x8x1 [conv8k3]*40000 fc10")
    out = io.StringIO()
    with one_answer() as account:
        table = network.table()
        put(Console(file=out, width=200, **LITERAL), cost_table(table, 200))
    lines = out.getvalue().splitlines()
    assert len(lines) == 40_000 + 9
    assert lines[40_000 + 4].startswith(" conv40000 ")
    assert len({len(line) for line in lines}) == 1
    assert account.spent < 10 * 80_001  # steps for every layer, linear in their number
