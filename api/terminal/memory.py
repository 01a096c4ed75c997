"""The account of a training step's memory, for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from netform.dsl.algebra.units import bytes_in_words
from netform.dsl.memory.account import sent_in_a_ring
from netform.dsl.memory.profiles import PROFILES
from netform.grammar.short_repr import cut
from netform.terminal.tables import empty_table, number_columns, text_columns

if TYPE_CHECKING:
    from rich.table import Table as Drawn
    from sympy import Expr

    from netform.dsl.memory.account import Account

_BAR = 20  # characters of the longest bar
_LONGEST_REASON = 2000  # characters; all rows are as wide as the longest, and --json has all of it


def account_table(name: str, account: Account) -> Drawn:
    """A row for every tensor that is kept, with its share as a bar where the sizes are numbers."""
    at = [f"{symbol} = {value}" for symbol, value in account.values.items()]
    title = ", ".join([f"{account.profile}, {account.mode.replace('_', ' ')}", *at])
    drawn = empty_table(f"{name}: {title}")
    text_columns(drawn, "layer", "tensor", "type")
    number_columns(drawn, "bytes")
    text_columns(drawn, "share")
    drawn.add_column("why")
    largest = max((account.figure(t.bytes) for t in account.kept), default=0, key=_size)
    for layer, tensors in account.by_layer():
        for tensor in tensors:
            figure = account.figure(tensor.bytes)
            bar = _bar(figure, largest)
            why = cut("; ".join(tensor.why), _LONGEST_REASON)
            drawn.add_row(layer.name, tensor.tensor, tensor.dtype, _shown(figure), bar, why)
    drawn.add_section()
    for part, poly in account.parts.items():
        if poly:
            drawn.add_row(part, "", "", _shown(account.figure(poly)))
    drawn.add_row("total", "", "", _shown(account.figure(account.total)), style="bold")
    return drawn


def account_notes(account: Account) -> str:
    """The total in words, and what the profile means."""
    total = account.figure(account.total)
    words = f"{bytes_in_words(total)}; " if isinstance(total, int) else ""
    notes = [f"{words}{account.profile}: {PROFILES[account.profile]}", error_line(account.error)]
    if account.on_a_gpu is not None:
        notes.append(
            "PyTorch's allocator on a GPU would have at most"
            f" {bytes_in_words(account.on_a_gpu.allocated)} in use and reserve"
            f" {bytes_in_words(account.on_a_gpu.reserved)}: simulated, not measured"
        )
    if account.devices > 1:
        notes.append(_shared(account))
    return "\n".join(notes)


def error_line(error: Mapping[str, Any] | None) -> str:
    """How far predictions of this kind were from measurements."""
    if error is None:
        return "predicted against measured: not measured yet"
    median, worst = error["median"], error["worst"]
    return (
        f"predicted against measured: median {median:+.2f} %, worst {worst:+.2f} %,"
        f" {error['measured_on']}"
    )


def _shared(account: Account) -> str:
    """What the devices share, in words."""
    batch = account.on_a_device.get("B")
    images = f"with {batch} images" if batch else f"with B/{account.devices} images"
    figures = f"all figures are those of one of {account.devices} devices, {images}"
    if not account.all_reduced:
        return figures
    reduced = account.figure(account.all_reduced)
    sent = sent_in_a_ring(reduced, account.devices)
    return (
        f"{figures}; each step adds up gradients of {_shown(reduced)} bytes,"
        f" for which each device sends {_shown(sent)} bytes in a ring"
    )


def _size(figure: int | Expr) -> int:
    return figure if isinstance(figure, int) else 0


def _shown(figure: int | Fraction | Expr) -> str:
    return f"{figure:,}" if isinstance(figure, int) else f"{figure}"


def _bar(figure: int | Expr, largest: int | Expr) -> str:
    return "━" * max(1, _BAR * _size(figure) // _size(largest)) if _size(largest) else ""
