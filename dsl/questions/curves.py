"""A quantity along one symbol, as curves: one for each value of other symbols."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ...grammar.errors import NetformError
from ...grammar.short_repr import ShortRepr
from ..algebra.polynomials import exact
from ..algebra.units import json_number
from ..costs.memory import training_in_words
from ..costs.quantities import Quantity, quantity_of
from ..memory.profiled_quantity import TEXTBOOK, ProfiledQuantity, by_profile
from .grid import grid

if TYPE_CHECKING:
    from ..network import Network

MOST_CURVES = 12  # of a panel
MOST_PANELS = 6

Number = int | Fraction


@dataclass(frozen=True, slots=True)
class Curve(ShortRepr):
    """The values of a quantity where the network exists, by the value of ``over``.

    ``at`` are the values of the symbols in which the curve differs from the others.
    """

    over: str
    at: Mapping[str, Number]
    points: tuple[tuple[Number, int], ...]

    @property
    def label(self) -> str:
        """The curve in words: ``w = 1/2``."""
        return ", ".join(f"{name} = {value}" for name, value in self.at.items())

    def last_within(self, budget: Number) -> Number | None:
        """The last value of ``over`` before the curve first exceeds a budget.

        None where it does at once, or never.
        """
        points = sorted(self.points)
        inside = list(itertools.takewhile(lambda point: point[1] <= budget, points))
        return inside[-1][0] if 0 < len(inside) < len(points) else None


@dataclass(frozen=True, slots=True)
class Line(ShortRepr):
    """A level to compare curves with, such as the memory of a card."""

    label: str
    value: Number


@dataclass(frozen=True, slots=True)
class Picture(ShortRepr):
    """A quantity of a network along one symbol or several, each in its own panel."""

    network: str
    quantity: Quantity
    panels: tuple[tuple[Curve, ...], ...]
    fixed: Mapping[str, Number]
    dtype: str
    optimizer: str
    lines: tuple[Line, ...] = ()
    copies: int = 0

    @property
    def meaning(self) -> str:
        """The quantity in words, and of memory its model."""
        about = self.quantity.meaning
        if self.quantity.depends_on:
            about = about.partition(",")[0]
            model = self.dtype
            if isinstance(self.quantity, ProfiledQuantity):
                model = f"{self.quantity.profile}, {model}"
            if "optimizer" in self.quantity.depends_on:
                model += f", {training_in_words(self.optimizer, self.copies)}"
            about += f" ({model})"
        return f"{self.quantity.name}: {about}"

    def same_in(self, panel: Sequence[Curve]) -> dict[str, Number]:
        """The symbols whose values are the same in all of a panel, where they matter."""
        shown = {symbol for curve in panel for symbol in (curve.over, *curve.at)}
        ones = {"w": 1, "B": 1} if self.quantity.unit == "bytes" else {"w": 1}
        found = {**ones, **self.fixed}
        return {name: value for name, value in found.items() if name not in shown}

    def as_json(self) -> dict[str, Any]:
        """The exact figures, as JSON values."""
        return {
            "network": self.network,
            "quantity": self.quantity.name,
            "unit": self.quantity.unit,
            "symbols": {name: json_number(value) for name, value in self.fixed.items()},
            "lines": [
                {"label": line.label, "value": json_number(line.value)} for line in self.lines
            ],
            "curves": [
                {
                    "over": curve.over,
                    "at": {name: json_number(value) for name, value in curve.at.items()},
                    "points": [[json_number(x), y] for x, y in curve.points],
                }
                for panel in self.panels
                for curve in panel
            ],
        }


def picture(
    network: Network,
    quantity: str,
    over: Mapping[str, Iterable[Any]],
    by: Mapping[str, Iterable[Any]] | None = None,
    fixed: Mapping[str, Any] | None = None,
    lines: Iterable[Line] = (),
    dtype: str = "float32",
    optimizer: str | None = None,
    profile: str = TEXTBOOK,
    mode: str | None = None,
) -> Picture:
    """The curves of a quantity over every symbol of ``over``, and lines to compare them with.

    There is a curve for every combination of the values of ``by``; w and B are 1 and lets their
    numbers unless ``fixed`` gives others. The optimizer is the network's own unless given;
    averaged weights and split batches count as in the network's settings. ``profile`` and ``mode``
    count memory.
    """
    if not over:
        raise NetformError("a picture runs along a symbol", hint="give one and its values")
    if len(over) > MOST_PANELS:
        raise NetformError(
            f"a picture has at most {MOST_PANELS} panels, but this one has {len(over)}",
            hint="give fewer symbols to run along",
        )
    known = by_profile(quantity_of(quantity), profile, mode)
    chosen = network.train.optimizer if optimizer is None else optimizer
    found = tuple(
        _curves(network, known, along, by or {}, fixed or {}, dtype, chosen)
        for along in over.items()
    )
    values = {name: exact(value) for name, value in (fixed or {}).items()}
    copies = network.train.copies
    return Picture(network.name, known, found, values, dtype, chosen, tuple(lines), copies)


def budget_line(quantity: str, text: str) -> Line:
    """The line of a budget such as ``11 GiB`` or ``500k``; raises NetformError if it is not one."""
    from .claims import read_claim

    return Line(" ".join(text.split()), read_claim(f"{quantity} <= {text}").budget)


def device_line(name: str) -> Line:
    """The line of a card's memory; raises NetformError where no card has that name."""
    from ..devices.cards import device

    card = device(name)
    return Line(f"{card.name}, {Fraction(card.memory, 2**30)} GiB", card.memory)


def _curves(
    network: Network,
    quantity: Quantity,
    over: tuple[str, Iterable[Any]],
    by: Mapping[str, Iterable[Any]],
    fixed: Mapping[str, Any],
    dtype: str,
    optimizer: str,
) -> tuple[Curve, ...]:
    """A curve for every combination of the values of ``by``, with ``fixed`` values of others.

    Points at which no network exists are left out. Raises NetformError, with the reason, where a
    curve has no points.
    """
    name, values = over[0], tuple(over[1])
    others = {key: tuple(found) for key, found in by.items()}
    _check_roles(name, others, fixed)
    known = {key: (value,) for key, value in fixed.items()}
    model: dict[str, Any] = {"dtype": dtype, "optimizer": optimizer, "copies": network.train.copies}
    base = quantity.name
    if isinstance(quantity, ProfiledQuantity):
        base = quantity.base
        model |= {"profile": quantity.profile, "mode": quantity.mode}
    axes = {**known, **others, name: values}
    found = grid(network, base, axes, outside="mask", **model)
    rows = found.values.reshape(-1, found.values.shape[-1]).tolist()
    curves = []
    for row, chosen in zip(rows, itertools.product(*(found.axes[k] for k in others)), strict=True):
        pairs = zip(found.axes[name], row, strict=True)
        points = tuple((x, int(y)) for x, y in pairs if y is not None)
        at = dict(zip(others, chosen, strict=True))
        if not points:  # raises the error with the reason
            grid(network, base, {**known, **{k: [v] for k, v in at.items()}, name: values}, **model)
        curves.append(Curve(name, at, points))
    return tuple(curves)


def _check_roles(name: str, others: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any]) -> None:
    """Raise NetformError where a symbol has two roles, or where there are too many curves."""
    roles = [name, *others, *fixed]
    for symbol in roles:
        if roles.count(symbol) > 1:
            raise NetformError(
                f"{symbol} has two parts in this picture",
                hint="a symbol runs along the axis, names curves, or is fixed",
            )
    number = math.prod(map(len, others.values()))
    if number > MOST_CURVES:
        raise NetformError(
            f"a picture has at most {MOST_CURVES} curves, but this one has {number}",
            hint="give fewer values",
        )
