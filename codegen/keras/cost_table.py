"""The cost table in the docstring of a program: plain text, a row for a block."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from ...dsl.costs.evaluated import EvaluatedLayer, EvaluatedNetwork
from ...dsl.graph.unrolling.trace import Called, Grouped, Merged, Recomputed, Record, Repeated
from ...grammar.printer import show_item

_LONGEST_CALL = 40  # characters
_Row = tuple[str, ...]


def cost_table(evaluated: EvaluatedNetwork) -> list[str]:
    """The lines of the table: the outermost blocks, the layers outside of them, and the total.

    The input, which costs nothing, is in the text above the table.
    """
    rows: list[_Row] = [("layer", "written", "output", "params", "multiply-adds")]
    blocks = dict(_blocks(evaluated.graph.record))
    groups = itertools.groupby(evaluated.layers, key=lambda row: _outermost(row, blocks))
    for name, found in groups:
        inside = list(found)
        if name not in blocks:
            rows += [row.cells[:5] for row in inside if row.is_worth_a_row and row.op != "input"]
            continue
        params, macs = sum(row.params for row in inside), sum(row.macs for row in inside)
        rows.append((name, blocks[name], inside[-1].size, f"{params:,}", f"{macs:,}"))
    rows.append(("total", "", "", f"{evaluated.params:,}", f"{evaluated.macs:,}"))
    return _aligned(rows)


def _aligned(rows: list[_Row]) -> list[str]:
    """Rows as lines: three columns of words, then columns of numbers."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(size) if i < 3 else cell.rjust(size)
            for i, (cell, size) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _blocks(record: Record) -> Iterator[tuple[str, str]]:
    """The names of the outermost calls, and how they are written."""
    for part in record:
        match part:
            case Called(node=call, inner=inner):
                written = show_item(call)
                is_short = len(written) <= _LONGEST_CALL
                yield inner.frame.name, written if is_short else f"{call.block}(...)"
            case Grouped(parts=parts):
                yield from _blocks(parts)
            case Recomputed(part=part):
                yield from _blocks((part,))
            case Repeated(rounds=rounds):
                for found in rounds:
                    yield from _blocks(found)
            case Merged(branches=branches):
                for _, _, found in branches:
                    yield from _blocks(found)
            case _:
                pass


def _outermost(row: EvaluatedLayer, blocks: Mapping[str, str]) -> str:
    name = row.name.partition(".")[0]
    return name if name in blocks else ""
