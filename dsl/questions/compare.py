"""Two networks compared: figures, formulas, layers, and where one overtakes the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sympy import Expr, Max, Rational, expand

from ...grammar.errors import NetformError, did_you_mean, printable, quoted
from ...grammar.short_repr import LONGEST, ShortRepr, cut
from ..algebra.polynomials import exact
from ..algebra.units import json_number
from ..costs.evaluated import EvaluatedNetwork
from ..costs.quantities import QUANTITIES, Quantity, full_name
from ..costs.table import html_row
from ..memory.profiled_quantity import TEXTBOOK, ProfiledQuantity, by_profile, quantities_by_profile
from .alignment import LayerPair, aligned, written_layers
from .crossings import Crossing, Standing, standings
from .memory_parts import total_at

if TYPE_CHECKING:
    from ..network import Network


@dataclass(frozen=True, slots=True)
class Row(ShortRepr):
    """A quantity of both networks: the difference is one less other, the ratio one over other.

    ``formula`` is the difference in the symbols left free. There is no ratio to 0.
    """

    quantity: str
    unit: str
    one: int
    other: int
    ratio: Rational | None
    formula: Expr

    @property
    def difference(self) -> int:
        """One less the other."""
        return self.one - self.other


@dataclass(frozen=True, slots=True)
class Comparison(ShortRepr):
    """Two networks at one width and batch; ``names`` are theirs, and differ.

    ``rows`` has all quantities, ``pairs`` all layers of both networks, in order, and ``standings``
    the network that needs less along a symbol, with all crossings.
    """

    names: tuple[str, str]
    w: Fraction
    B: Fraction
    rows: tuple[Row, ...]
    pairs: tuple[LayerPair, ...]
    standings: tuple[Standing, ...]

    def __repr__(self) -> str:
        one, other = self.names
        layers = f"{len(self.pairs):,} layers, {len(self.rows)} quantities"
        return cut(f"Comparison of {one} and {other}: {layers}", LONGEST)

    def __getitem__(self, quantity: str) -> Row:
        """The row of a quantity, by its name, with or without the profile."""
        wanted = (quantity, full_name(quantity))
        for row in self.rows:
            if row.quantity in wanted or row.quantity.partition(" by ")[0] in wanted:
                return row
        raise NetformError(
            f"no quantity of this comparison is called {quoted(quantity)}",
            hint=did_you_mean(quantity, [row.quantity for row in self.rows]),
        )

    def __str__(self) -> str:
        return "\n".join(in_words(self))

    def _repr_html_(self) -> str:
        """The figures in a notebook."""
        head = ("quantity", *self.names, "difference", "ratio")
        rows = [
            (
                row.quantity,
                *(f"{value:,}" for value in (row.one, row.other, row.difference)),
                "" if row.ratio is None else f"{float(row.ratio):.4g}",
            )
            for row in self.rows
        ]
        lines = [html_row("th", head), *(html_row("td", row) for row in rows)]
        return f"<table>{''.join(lines)}</table>"

    def as_json(self) -> dict[str, Any]:
        """As JSON values: counts are integers, other exact numbers and formulas text."""
        return {
            "networks": list(self.names),
            "symbols": {"w": json_number(self.w), "B": json_number(self.B)},
            "quantities": {
                row.quantity: {
                    "one": row.one,
                    "other": row.other,
                    "difference": row.difference,
                    "ratio": None if row.ratio is None else str(row.ratio),
                    "formula": str(row.formula),
                }
                for row in self.rows
            },
            "layers": [_pair_json(pair) for pair in self.pairs],
            "crossings": [_standing_json(standing) for standing in self.standings],
        }


def compare(
    one: Network,
    other: Network,
    w: Any = 1,
    B: Any = 1,
    symbols: Iterable[str] = ("w", "B"),
    dtype: str = "float32",
    optimizer: str = "adam",
    profile: str = TEXTBOOK,
    mode: str | None = None,
) -> Comparison:
    """Two networks at a width and a batch, and along some symbols that both have.

    ``profile`` and ``mode`` count memory. Raises NetformError where one of them does not exist there.
    """
    model: dict[str, Any] = {"dtype": dtype, "optimizer": optimizer}
    figures = one.at(w, B), other.at(w, B)
    chosen = tuple(dict.fromkeys(symbols))
    free = tuple(dict.fromkeys(("w", "B", *chosen)))
    rows = []
    quantities = []
    for title, (name, by, in_mode) in quantities_by_profile(profile, mode).items():
        quantity = by_profile(QUANTITIES[name], by, in_mode)
        quantities.append(quantity)
        first, second = (
            _figure(network, at, quantity, {"w": w, "B": B}, model)
            for network, at in zip((one, other), figures, strict=True)
        )
        formulas = [
            network.formula(name, free, **model, profile=by, mode=in_mode)
            for network in (one, other)
        ]
        formula = formulas[0] - formulas[1]
        formula = formula if formula.has(Max) else expand(formula)
        ratio = Rational(first, second) if second else None
        rows.append(Row(title, quantity.unit, first, second, ratio, formula))
    fixed = {"w": exact(w), "B": exact(B)}
    found = [
        standing
        for symbol in chosen
        for standing in standings(one, other, symbol, quantities, fixed, model)
    ]
    return Comparison(
        _names(one.name, other.name),
        exact(w),
        exact(B),
        tuple(rows),
        aligned(written_layers(figures[0]), written_layers(figures[1])),
        tuple(found),
    )


def _figure(
    network: Network,
    at: EvaluatedNetwork,
    quantity: Quantity,
    values: Mapping[str, Any],
    model: Mapping[str, Any],
) -> int:
    """A quantity at a width and a batch."""
    if isinstance(quantity, ProfiledQuantity):
        return total_at(network, quantity, values, copies=0, **model)
    return at.of(quantity, **model)


def in_words(comparison: Comparison) -> list[str]:
    """Which network needs less along every symbol; the crossings first, with their figures."""
    lines = []
    for symbol in dict.fromkeys(standing.symbol for standing in comparison.standings):
        found = [standing for standing in comparison.standings if standing.symbol == symbol]
        always: dict[int, list[str]] = {}
        for standing in found:
            if standing.crossings or standing.undecided:
                lines += _turning(comparison, standing)
            else:
                always.setdefault(standing.first, []).append(standing.quantity)
        for sign, quantities in always.items():
            what = f"{_less(comparison, sign)} needs less" if sign else "both need the same"
            lines.append(f"{what} at every {_along(found[0])}: {', '.join(quantities)}")
    return lines


def _along(standing: Standing) -> str:
    """The symbol, and what its values are multiples of."""
    step = standing.step
    return standing.symbol + (f" that is a multiple of {step}" if step != 1 else "")


def _turning(comparison: Comparison, standing: Standing) -> list[str]:
    name, symbol = standing.quantity, standing.symbol
    one, other = map(printable, comparison.names)
    sign, words = standing.first, []
    for crossing in standing.crossings:
        words.append(f"{_less(comparison, sign)} needs less up to {symbol} = {crossing.before}")
        sign = -sign
    if standing.crossings:
        start = standing.crossings[-1].after
        words.append(f"{_less(comparison, sign)} from {symbol} = {start} on")
    elif sign:
        words.append(f"{_less(comparison, sign)} needs less at first")
    lines = [f"{name}: " + "; ".join(filter(None, [", then ".join(words), standing.undecided]))]
    for crossing in standing.crossings:
        beside = (crossing.before, crossing.at_before), (crossing.after, crossing.at_after)
        for value, (first, second) in beside:
            relation = "<" if first < second else ">"
            figures = f"{one} {first:,} {relation} {other} {second:,}"
            lines.append(f"    at {symbol} = {value}: {figures}")
    return lines


def _less(comparison: Comparison, sign: int) -> str:
    return printable(comparison.names[0 if sign < 0 else 1])


def _names(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one != other else ("the first", "the second")


def _pair_json(pair: LayerPair) -> dict[str, Any]:
    return {
        "kind": pair.kind,
        **{
            side: part
            and {
                "layers": list(part.layers),
                "op": part.op,
                "text": part.text,
                "output": list(part.output),
                "params": part.params,
                "macs": part.macs,
                "feature_map": part.feature_map,
            }
            for side, part in (("one", pair.one), ("other", pair.other))
        },
    }


def _standing_json(standing: Standing) -> dict[str, Any]:
    less = {-1: "one", 0: None, 1: "other"}
    return {
        "quantity": standing.quantity,
        "for": standing.symbol,
        "step": json_number(standing.step),
        "less_at_first": less[standing.first],
        "less_at_last": less[standing.last] if not standing.undecided else None,
        "crossings": [_crossing_json(crossing) for crossing in standing.crossings],
        "undecided": standing.undecided or None,
    }


def _crossing_json(crossing: Crossing) -> dict[str, Any]:
    return {
        "before": json_number(crossing.before),
        "after": json_number(crossing.after),
        "at_before": list(crossing.at_before),
        "at_after": list(crossing.at_after),
        "equal_between": crossing.with_ties,
    }
