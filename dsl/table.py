"""The cost table as data: a row a layer and the totals, for JSON, pandas and printing."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .aperture import Aperture
from .figures import Figures, LayerFigures

TOTALS = ("params", "trainable", "macs", "flops", "train_macs", "feature_maps")


@dataclass(frozen=True, slots=True)
class Table:
    """Every layer's figures at one width and batch."""

    network: str
    figures: Figures

    @property
    def rows(self) -> list[LayerFigures]:
        return self.figures.layers

    def _repr_html_(self) -> str:
        """The table in a notebook."""
        head = ("layer", "written", "output", "params", "multiply-adds", "feature map")
        rows: list[tuple[str, ...]] = [row.cells for row in self.rows if row.is_worth_a_row]
        figures = self.figures
        total = (figures.params, figures.macs, figures.feature_maps)
        rows.append(("total", "", "", *(f"{count:,}" for count in total)))
        return f"<table>{html_row('th', head)}{''.join(html_row('td', r) for r in rows)}</table>"

    def as_json(self) -> dict[str, Any]:
        """The table as JSON values: counts are integers, other exact numbers text."""
        return {
            "network": self.network,
            "symbols": {"w": number(self.figures.w), "B": number(self.figures.B)},
            "layers": [self._layer(row) for row in self.rows],
            "totals": {name: self.figures[name] for name in TOTALS}
            | {"aperture": aperture(self.figures.aperture)},
        }

    def _layer(self, row: LayerFigures) -> dict[str, Any]:
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
    inside = "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells)
    return f"<tr>{inside}</tr>"


def aperture(seen: Aperture) -> dict[str, Any]:
    """An aperture as JSON values."""
    return {
        "size": [list(size) if isinstance(size, tuple) else size for size in seen.size],
        "jump": [
            [number(speed) for speed in jump] if isinstance(jump, tuple) else number(jump)
            for jump in seen.jump
        ],
        "offset": list(seen.offset),
        "padding": list(seen.padding),
        "global": seen.is_global,
    }


def number(value: Fraction) -> int | str:
    """A whole number as an integer, another as ``p/q``."""
    return value.numerator if value.denominator == 1 else str(value)
