"""The cost table as data: a row a layer and the totals, for JSON, pandas and printing."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...grammar.budget import Work, spend
from ...grammar.errors import printable
from ...grammar.garbage import garbage_kept
from ...grammar.short_repr import LONGEST, ShortRepr, cut
from ..algebra.units import json_number
from ..kinds.base.receptive_field import Aperture
from .evaluated import EvaluatedLayer, EvaluatedNetwork
from .quantities import QUANTITIES

if TYPE_CHECKING:
    from .conventions import Convention

MOST_IN_NOTEBOOK = 60  # rows
STEPS_OF_AN_OBJECT = 10  # of the budget, for a layer as JSON

TOTALS = tuple(name for name, quantity in QUANTITIES.items() if quantity.in_table)


@dataclass(frozen=True, slots=True)
class Table(ShortRepr):
    """Every layer's figures at one width and batch.

    ``counts`` are those of other conventions, by name, a number for every layer; where there are
    any they take the place of netform's multiply-adds. ``columns`` are more quantities, by name.
    """

    network: str
    figures: EvaluatedNetwork
    counts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    columns: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return cut(f"Table of {self.network}: {self.figures!r}", LONGEST)

    @property
    def rows(self) -> Sequence[EvaluatedLayer]:
        """The figures of every layer, the input first."""
        return self.figures.layers

    def _repr_html_(self) -> str:
        """The table in a notebook; of a long one the first and the last rows."""
        work = self.conventions or ["multiply-adds"]
        head = ("layer", "written", "output", "params", *work, "feature map", *self.columns)
        rows = [*self._in_notebook(), ("total", "", "", *self.total)]
        return f"<table>{html_row('th', head)}{''.join(html_row('td', r) for r in rows)}</table>"

    def _in_notebook(self) -> list[tuple[str, ...]]:
        number = len(self.figures.formulas.layers)
        if number <= MOST_IN_NOTEBOOK:
            return [cells for _, cells in self.shown()]
        half = MOST_IN_NOTEBOOK // 2
        first = [cells for _, cells in itertools.islice(self.shown(), half)]
        last = [cells for _, cells in itertools.islice(self.shown(range(number)[::-1]), half)]
        return [*first, ("...", f"{number:,} layers", *[""] * (len(first[0]) - 2)), *last[::-1]]

    @property
    def conventions(self) -> list[str]:
        """The heads of the columns of other conventions, with their units."""
        return [f"{convention.name} ({convention.unit})" for convention in self._others()]

    def meanings(self) -> list[tuple[str, str]]:
        """The names of other conventions, and what they count."""
        return [(convention.name, convention.meaning) for convention in self._others()]

    def _others(self) -> list[Convention]:
        if not self.counts:
            return []
        from .conventions import CONVENTIONS

        return [CONVENTIONS[name] for name in self.counts]

    def shown(
        self, numbers: Sequence[int] | None = None
    ) -> Iterator[tuple[EvaluatedLayer, tuple[str, ...]]]:
        """The layers worth a row, and its cells, of all layers or of those of some numbers."""
        chosen = range(len(self.figures.formulas.layers)) if numbers is None else numbers
        for number, row in zip(chosen, self.figures.layers_at(chosen), strict=True):
            counts = [found[number] for found in self.counts.values()]
            more = [found[number] for found in self.columns.values()]
            if row.is_worth_a_row or any(counts) or any(more):
                *written, macs, feature_map = row.cells
                work = [f"{count:,}" for count in counts] or [macs]
                yield row, (*written, *work, feature_map, *(f"{count:,}" for count in more))

    @property
    def total(self) -> tuple[str, ...]:
        """The cells of the last row: parameters, work, feature maps, and more quantities."""
        work = [sum(found) for found in self.counts.values()] or [self.figures.macs]
        more = [sum(found) for found in self.columns.values()]
        counts = (self.figures.params, *work, self.figures.feature_maps, *more)
        return tuple(f"{count:,}" for count in counts)

    def as_json(self) -> dict[str, Any]:
        """The table as JSON values: counts are integers, other exact numbers text."""
        with garbage_kept():
            parts = self.json_parts()
            return parts | {"layers": list(parts["layers"])}

    def json_parts(self) -> dict[str, Any]:
        """The table as JSON values, with an iterator over its layers, which are never all there."""
        return {
            "network": self.network,
            "symbols": {"w": json_number(self.figures.w), "B": json_number(self.figures.B)},
            "layers": self._layers(),
            "totals": {name: self.figures[name] for name in TOTALS}
            | {"aperture": aperture(self.figures.aperture)}
            | {f"by {name}": sum(found) for name, found in self.counts.items()}
            | {name: sum(found) for name, found in self.columns.items()},
        }

    def _layers(self) -> Iterator[dict[str, Any]]:
        number_of_layers = len(self.figures.formulas.layers)
        spend(STEPS_OF_AN_OBJECT * number_of_layers, Work.LAYERS)
        return self._objects(self.figures.layers_at(range(number_of_layers)))

    def _objects(self, figures: Iterable[EvaluatedLayer]) -> Iterator[dict[str, Any]]:
        for number, row in enumerate(figures):
            others = {f"by {name}": found[number] for name, found in self.counts.items()}
            others |= {name: found[number] for name, found in self.columns.items()}
            yield self._layer(row) | others

    def _layer(self, row: EvaluatedLayer) -> dict[str, Any]:
        line, column = row.source.position(row.offset)
        return {
            "name": row.name,
            "op": row.op,
            "output": list(row.output),
            "params": row.params,
            "trainable": row.trainable,
            "macs": row.macs,
            "feature_map": row.feature_map,
            "aperture": aperture(row.aperture),
            "line": line,
            "column": column,
        }


def html_row(tag: str, cells: Iterable[str]) -> str:
    """A row of a table in a notebook; ``tag`` is th or td."""
    import html

    inside = "".join(f"<{tag}>{html.escape(printable(cell))}</{tag}>" for cell in cells)
    return f"<tr>{inside}</tr>"


def aperture(seen: Aperture) -> dict[str, Any]:
    """An aperture as JSON values."""
    return {
        "size": [list(size) if isinstance(size, tuple) else size for size in seen.size],
        "jump": [
            [json_number(speed) for speed in jump] if isinstance(jump, tuple) else json_number(jump)
            for jump in seen.jump
        ],
        "offset": list(seen.offset),
        "padding": list(seen.padding),
        "global": seen.is_global,
    }
