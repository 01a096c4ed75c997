"""The picture of a step's memory: the bytes that live after every event, stacked by part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netform.dsl.algebra.units import bytes_in_words
from netform.dsl.memory.live_bytes import live_bytes_by_part, phases, timeline_of_numbers
from netform.grammar.errors import printable
from netform.plots.drawing import HEIGHT, WIDTH, house_style
from netform.plots.measured_plot import save, unit_of

if TYPE_CHECKING:
    from netform.dsl.memory.account import Account

# a colour for every part; what lives all the time is grey
_COLOURS = {
    "parameters": "#8c8c8c",
    "gradients": "#c44e52",
    "optimizer": "#bcbcbc",
    "averaged": "#dadada",
    "activations": "#4c72b0",
    "transient": "#dd8452",
    "workspace": "#55a868",
    "overhead": "#937860",
}
_NARROWEST = 0.06  # of the width; a phase below it has no name


def draw_live_bytes(name: str, account: Account, path: str) -> None:
    """Draw the live bytes over a step into a file; the same account gives the same bytes.

    Raises NetformError where the account has no timeline, a symbol is free, or the file cannot be
    written.
    """
    timeline = timeline_of_numbers(account)
    parts = live_bytes_by_part(account)
    totals = [sum(values) for values in zip(*parts.values(), strict=True)]
    unit, size = unit_of(max(totals))
    with house_style():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        axes = figure.subplots()
        axes.stackplot(
            range(len(totals)),
            [[value / size for value in values] for values in parts.values()],
            labels=list(parts),
            colors=[_COLOURS[part] for part in parts],
            step="post",
            linewidth=0,
        )
        _name_phases(axes, list(phases(timeline)), len(totals))
        peak = max(range(len(totals)), key=totals.__getitem__)
        axes.plot([peak], [totals[peak] / size], "o", color="black", markersize=4, zorder=5)
        axes.set_xlim(0, len(totals) - 1)
        axes.set_ylim(0, 1.15 * totals[peak] / size)
        axes.set_xticks([])
        axes.set_xlabel("events of the step, in order")
        axes.set_ylabel(unit)
        at = ", ".join(f"{symbol} = {value}" for symbol, value in account.values.items())
        mode = account.mode.replace("_", " ")
        title = f"{printable(name)}: {account.profile}, {mode}, {at}"
        peak_in_words = bytes_in_words(totals[peak])
        axes.set_title(f"{title}\npeak {peak_in_words}", loc="left", fontsize=10)
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(
            handles[::-1], labels[::-1], loc="outside right center", frameon=False, fontsize=9
        )
        save(figure, path)


def _name_phases(axes: Any, found: list[tuple[str, int, int]], events: int) -> None:
    """A line where a pass ends, and its name above it where there is room."""
    for number, (phase, first, last) in enumerate(found):
        if number:
            axes.axvline(first - 1, color="#999999", linewidth=0.8, linestyle=":")
        if last - first >= _NARROWEST * events:
            middle = (first + last) / 2
            axes.text(
                middle,
                0.98,
                phase,
                transform=axes.get_xaxis_transform(),
                ha="center",
                va="top",
                fontsize=9,
                color="#444444",
            )
