"""The bounds of a network's time, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from netform.dsl.algebra.rates import decimal, rate_in_words, time_in_words
from netform.terminal.tables import empty_table, number_columns, text_columns

if TYPE_CHECKING:
    from rich.table import Table as Drawn

    from netform.dsl.devices.machines import Machine
    from netform.dsl.devices.roofline import Bound, Roofline, StepBound

IN_WORDS = {"inference": "forward pass", "training": "training step"}


def roofline_table(found: Roofline, mode: str) -> Drawn:
    """A row for every layer that does anything in a mode, and the sum."""
    bounds, machine = found.of(mode), found.machine
    where = f"{machine.name}, {machine.dtype}, w = {found.w}, B = {found.B}"
    drawn = empty_table(f"{found.network}: {IN_WORDS[mode]} on {where}")
    text_columns(drawn, "layer", "written")
    number_columns(drawn, "FLOPs", "bytes", "FLOPs per byte", "at least", "share")
    text_columns(drawn, "limited by")
    for layer in bounds.layers:
        cells = _cells(layer.bound, layer.bound.time, bounds.time)
        drawn.add_row(layer.name, layer.text, *cells, layer.bound.limited_by or "")
    drawn.add_section()
    cells = _cells(bounds.total, bounds.time, bounds.time)
    drawn.add_row("total", "", *cells, _limits(bounds), style="bold")
    return drawn


def _cells(bound: Bound, time: Fraction, whole: Fraction) -> tuple[str, ...]:
    intensity = "" if bound.intensity is None else f"{decimal(bound.intensity):,.1f}"
    share = f"{float(time / whole):.1%}" if whole else ""
    return f"{bound.flops:,}", f"{bound.bytes:,}", intensity, time_in_words(time), share


def _limits(bounds: StepBound) -> str:
    """How much of the time each limit has."""
    if not bounds.time:
        return ""
    limited = (layer.bound for layer in bounds.layers if layer.bound.limited_by == "arithmetic")
    share = sum((bound.time for bound in limited), Fraction(0)) / bounds.time
    return f"arithmetic {float(share):.0%}, memory {float(1 - share):.0%} of the time"


def roofline_notes(found: Roofline, modes: Sequence[str]) -> str:
    """The device's figures, the images a second, and what the bounds mean."""
    lines = [*_machine(found.machine)]
    for mode in modes:
        lines += _rates(IN_WORDS[mode], found.of(mode))
    optimizer = f" The optimizer is {found.optimizer}." if "training" in modes else ""
    in_place = "Norms, activations and dropout move no maps. " if found.fused else ""
    return "\n".join(
        [
            *lines,
            f"A multiply-add is 2 FLOPs. {in_place}See docs/roofline.md for what moves.{optimizer}",
        ]
    )


def _machine(machine: Machine) -> Iterator[str]:
    peak = rate_in_words(machine.arithmetic, "FLOPS")
    bandwidth = rate_in_words(machine.bandwidth, "B/s")
    ridge = f"arithmetic limits from {decimal(machine.ridge):,.4g} FLOPs per byte on"
    yield f"{machine.name}: {peak} in {machine.dtype}, {bandwidth}; {ridge} ({machine.source})"
    if machine.note:
        yield machine.note


def _rates(words: str, bounds: StepBound) -> Iterator[str]:
    one_by_one, any_program = bounds.images_per_second, bounds.most_images_per_second
    if one_by_one is None or any_program is None:
        yield f"{words}: nothing is done"
        return
    yield (
        f"{words}, layer by layer: at least {time_in_words(bounds.time)}, "
        f"at most {_images(one_by_one)} images per second"
    )
    yield (
        f"{words}, any program: at least {time_in_words(bounds.whole.time)}, at most "
        f"{_images(any_program)} images per second, limited by {bounds.whole.limited_by}"
    )


def _images(rate: Fraction) -> str:
    return f"{decimal(rate):,.1f}" if rate < 1000 else f"{decimal(rate):,.0f}"
