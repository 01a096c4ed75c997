"""A comparison for the terminal, drawn by rich."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from rich.table import Table as Drawn

from netform.dsl.questions.alignment import LayerPair, WrittenLayer
from netform.dsl.questions.compare import Comparison
from netform.grammar.errors import printable
from netform.terminal.tables import empty_table, number_columns, text_columns

MOST_ROWS = 200  # of layers; --json has all
NEAR = 1  # equal layers that are shown beside others

MARKS = {"equal": "", "changed": "~", "only in one": "-", "only in other": "+"}


def figures_table(comparison: Comparison) -> Drawn:
    """Every quantity of both networks, the difference and the ratio."""
    one, other = comparison.names
    drawn = empty_table(f"{one} against {other}: w = {comparison.w}, B = {comparison.B}")
    text_columns(drawn, "quantity")
    number_columns(drawn, one, other, "difference", "ratio", "about")
    for row in comparison.rows:
        ratio = ("", "") if row.ratio is None else (str(row.ratio), f"{float(row.ratio):.4g}")
        figures = (f"{value:,}" for value in (row.one, row.other, row.difference))
        drawn.add_row(row.quantity, *figures, *ratio)
    return drawn


def formula_lines(comparison: Comparison) -> Iterator[str]:
    """The differences as formulas, where they are not 0."""
    one, other = map(printable, comparison.names)
    for row in comparison.rows:
        if row.formula != 0:
            yield f"{row.quantity}({one}) - {row.quantity}({other}) = {row.formula}"


def layers_table(comparison: Comparison) -> Drawn:
    """Both networks side by side; of long stretches that are equal the ends are shown."""
    one, other = comparison.names
    drawn = empty_table(
        f"{one} and {other}, layer by layer: ~ changed, - only in one, + only in other"
    )
    text_columns(drawn, "", one, "written", "output")
    number_columns(drawn, "params", "macs")
    text_columns(drawn, other, "written", "output")
    number_columns(drawn, "params", "macs")
    shown = list(_shown(comparison.pairs))
    for mark, pair in shown[:MOST_ROWS]:
        if pair is None:
            drawn.add_row("", mark, style="dim")
        else:
            style = "dim" if pair.kind == "equal" else None
            drawn.add_row(mark, *_cells(pair.one), *_cells(pair.other), style=style)
    if len(shown) > MOST_ROWS:
        drawn.add_row("", f"... {len(shown) - MOST_ROWS:,} more rows, see --json", style="dim")
    return drawn


def _shown(pairs: Sequence[LayerPair]) -> Iterator[tuple[str, LayerPair | None]]:
    for kind, run in itertools.groupby(pairs, key=lambda pair: pair.kind):
        found = list(run)
        hidden = len(found) - 2 * NEAR
        for place, pair in enumerate(found):
            if kind == "equal" and hidden > 1 and NEAR <= place < NEAR + hidden:
                if place == NEAR:
                    yield f"... {hidden:,} equal", None
                continue
            yield MARKS[kind], pair


def _cells(part: WrittenLayer | None) -> tuple[str, ...]:
    if part is None:
        return ("",) * 5
    return part.name, part.text, part.size, f"{part.params:,}", f"{part.macs:,}"
