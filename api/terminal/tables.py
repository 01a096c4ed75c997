"""Tables for the terminal, drawn by rich."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table as Drawn
from rich.text import Text

from netform.dsl.algebra.units import bytes_in_words
from netform.dsl.costs.memory import training_in_words
from netform.dsl.costs.quantities import QUANTITIES
from netform.dsl.costs.table import Table
from netform.dsl.kinds.base.receptive_field import Aperture
from netform.grammar.budget import Work, spend
from netform.grammar.errors import printable
from netform.terminal import long_tables

if TYPE_CHECKING:
    from netform.codegen.run.sweep import Outcome
    from netform.dsl.costs.conventions import Convention
    from netform.dsl.questions.ratio import Ratio
    from netform.dsl.settings import Axis, Train
    from netform.network import Network

WIDTH_WHEN_PIPED = 200
STEPS_OF_A_ROW = 6  # of the budget, for what a layer adds
LITERAL: Any = {"highlight": False, "markup": False, "emoji": False}  # text is shown as it is

_BAR = 12  # characters of a bar of progress
_STATE_STYLES = {"running": "cyan", "failed": "red", "finished": "green"}


class _Output(Console):
    """A console that leaves a closed pipe to the command line, as other output does."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console() -> Console:
    """Standard output: as wide as the terminal, or wide enough for any table in a pipe."""
    piped = not sys.stdout.isatty()
    return _Output(width=WIDTH_WHEN_PIPED if piped else None, **LITERAL)


def put(out: Console, drawn: Drawn) -> None:
    """Print a table whole: lines that are too long for the terminal wrap, none is cut."""
    if long_tables.is_long(drawn):
        out.file.writelines(f"{line}\n" for line in long_tables.lines(drawn))
        return
    out.width = max(out.width, _natural_width(drawn))
    out.print(drawn)


def _natural_width(drawn: Drawn) -> int:
    """The columns that a table takes where there is room."""
    if long_tables.is_long(drawn):
        return long_tables.natural_width(drawn)
    return Console(width=10_000, **LITERAL).measure(drawn).maximum


def cost_table(table: Table, width: int) -> Drawn:
    """A row a layer; post layers without parameters go without saying.

    The aperture is left out where it would not fit into ``width`` columns.
    """
    drawn = _cost_table(table, with_aperture=True)
    if _natural_width(drawn) > width:
        return _cost_table(table, with_aperture=False)
    return drawn


def _cost_table(table: Table, with_aperture: bool) -> Drawn:
    drawn = empty_table(f"{table.network}, w = {table.figures.w}")
    text_columns(drawn, "layer", "written", "output")
    number_columns(drawn, "params", *(table.conventions or ["macs"]), "feature map")
    number_columns(drawn, *table.columns)
    if with_aperture:
        number_columns(drawn, "aperture", "jump")
    for row, cells in table.shown():
        drawn.add_row(*cells, *(_seen(row.aperture) if with_aperture else ()))
    drawn.add_section()
    drawn.add_row("total", "", "", *table.total, style="bold")
    return drawn


def cost_notes(table: Table, train: Train) -> str:
    """What the cost table does not show layer by layer."""
    figures = table.figures
    batch = f"batch {figures.B}"
    training = figures.memory("training", optimizer=train.optimizer, copies=train.copies)
    work = "".join(f"{name}: {meaning}\n" for name, meaning in table.meanings())
    work += "".join(
        f"{name} in {QUANTITIES[name].unit}: {QUANTITIES[name].meaning}, {batch}\n"
        for name in table.columns
    )
    return (
        "params and feature map in values, macs in multiply-adds, per image; "
        f"for apertures (receptive fields) see netform aperture\n{work}"
        f"{figures.trainable:,} trainable, {figures.non_trainable:,} not; "
        f"{figures.weights:,} weights, {figures.biases:,} biases\n"
        f"{figures.flops:,} FLOPs forward, {figures.train_macs:,} multiply-adds "
        "forward and backward, per image\n"
        f"memory by the textbook: {bytes_in_words(figures.memory('inference'))} inference, "
        f"{bytes_in_words(training)} training "
        f"(float32, {training_in_words(train.optimizer, train.copies)}, {batch})"
    )


def aperture_table(table: Table) -> Drawn:
    """The receptive field of one pixel of every map, in pixels of the image along each axis."""
    drawn = empty_table(f"{table.network}: aperture (receptive field, in pixels of the image)")
    text_columns(drawn, "layer", "written", "output")
    number_columns(drawn, "size", "jump", "offset", "padding")
    for row in table.rows:
        if row.is_post:
            continue
        size, jump = _seen(row.aperture)
        seen = row.aperture
        places = ("", "") if not seen.is_local else (_axes(seen.offset), _axes(seen.padding))
        drawn.add_row(row.name, row.text, row.size, size, jump, *places)
    return drawn


def convention_table(conventions: Iterable[Convention]) -> Drawn:
    """A row a convention: its name, its unit, and what it counts, which wraps where it is long."""
    drawn = empty_table("how tools count the work of one image")
    text_columns(drawn, "convention", "unit")
    drawn.add_column("what is counted")
    drawn.add_column("by")
    for convention in conventions:
        drawn.add_row(convention.name, convention.unit, convention.meaning, convention.tool)
    return drawn


def ratio_table(network: Network, ratios: Mapping[str, Ratio | None]) -> Drawn:
    """Every quantity before and after, the exact ratio and the limit."""
    some = next(ratio for ratio in ratios.values() if ratio is not None)
    drawn = empty_table(f"{network.name}: {some.changes} (memory at batch {some.batch})")
    text_columns(drawn, "quantity")
    number_columns(drawn, *some.places, "ratio", "about", "limit")
    for name, ratio in ratios.items():
        if ratio is None:
            drawn.add_row(name, "0", "0", "", "", "")
        elif ratio.before is None or ratio.after is None or ratio.exact is None:
            drawn.add_row(name, "", "", "", "", str(ratio.limit))
        else:
            drawn.add_row(
                name,
                f"{ratio.before:,}",
                f"{ratio.after:,}",
                str(ratio.exact),
                f"{float(ratio.exact):.6f}",
                str(ratio.limit),
            )
    return drawn


def scaling_table(ratios: Mapping[str, Ratio | None]) -> Drawn:
    """The terms of every quantity before the change: what scales with w**2, with w, not at all."""
    terms = {name: ratio.terms for name, ratio in ratios.items() if ratio and ratio.terms}
    scales = list(dict.fromkeys(term.scale for found in terms.values() for term in found))
    scales.sort(key=lambda scale: -sum(scale.as_powers_dict().values()) if scale != 1 else 0)
    drawn = empty_table("where the ratio comes from: the part before the change that scales as")
    text_columns(drawn, "quantity")
    for scale in scales:
        common = {t.ratio for found in terms.values() for t in found if t.scale == scale}
        number_columns(drawn, f"{scale} (ratio {common.pop()})" if len(common) == 1 else str(scale))
    for name, found in terms.items():
        parts = {term.scale: term.before for term in found}
        drawn.add_row(name, *(_count(parts.get(scale, Fraction(0))) for scale in scales))
    return drawn


def layer_shares(quantity: str, ratio: Ratio | None) -> Drawn:
    """What every layer adds to the terms of a quantity, before the change."""
    terms = ratio.terms if ratio else ()
    spend(STEPS_OF_A_ROW * len(ratio.layers if ratio else ()), Work.LAYERS)
    drawn = empty_table(f"{quantity}, by the layers that it comes from, and how their parts scale")
    text_columns(drawn, "layer")
    number_columns(drawn, *(str(term.scale) for term in terms))
    for name in ratio.layers if ratio else ():
        shares = [term.layers.get(name, Fraction(0)) for term in terms]
        if any(shares):
            drawn.add_row(name, *map(_count, shares))
    drawn.add_section()
    drawn.add_row("total", *(_count(term.before) for term in terms), style="bold")
    return drawn


def running_table(outcomes: Sequence[Outcome], axes: Sequence[Axis]) -> Drawn:
    """How far some runs of a sweep have come, and the best that they have reached."""
    from netform.codegen.run.sweep.results import shown

    drawn = empty_table("")
    text_columns(drawn, *(axis.name for axis in axes), "state", "epochs")
    number_columns(drawn, "best validation", "at epoch")
    for outcome in outcomes:
        done, whole = outcome.epochs, outcome.run.epochs
        bar = "━" * min(_BAR, _BAR * done // max(1, whole))
        drawn.add_row(
            *(value for _, value in outcome.run.point.values),
            Text(outcome.state, style=_STATE_STYLES.get(outcome.state, "")),
            f"{bar:{_BAR}} {done:,}/{whole:,}" if whole else f"{done:,}",
            shown(outcome.validation_accuracy),
            shown(outcome.best_epoch),
        )
    return drawn


def results_table(outcomes: Sequence[Outcome], axes: Sequence[Axis]) -> Drawn:
    """A row for every point of a sweep, the best first."""
    from netform.codegen.run.sweep.results import best_first, columns, readable

    drawn = empty_table("points, by validation accuracy")
    heads = [head.replace("_", " ") for head in columns(axes)]
    text_columns(drawn, *heads[: len(axes) + 1])
    number_columns(drawn, *heads[len(axes) + 1 :])
    for outcome in best_first(outcomes):
        drawn.add_row(*readable(outcome))
    return drawn


def _count(value: Fraction) -> str:
    return f"{value.numerator:,}" if value.denominator == 1 else str(value)


def empty_table(title: str) -> Drawn:
    """A table with a title, without columns."""
    return Drawn(
        title=Text(printable(title)),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )


def text_columns(drawn: Drawn, *names: str) -> None:
    """Add columns of text."""
    for name in names:
        drawn.add_column(Text(printable(name)), no_wrap=True)


def number_columns(drawn: Drawn, *names: str) -> None:
    """Add columns of numbers, which end at the right."""
    for name in names:
        drawn.add_column(Text(printable(name)), justify="right", no_wrap=True)


def _seen(seen: Aperture) -> tuple[str, str]:
    if not seen.is_local:
        return "all", ""
    beyond = ", all" if seen.is_global else ""  # a gate on the way sees the whole image
    return _axes(seen.size) + beyond, _axes(seen.jump)


def _axes(values: tuple[object, ...]) -> str:
    """One figure where the axes agree, else one per axis; a pair is a range."""
    shown = ["-".join(map(str, v)) if isinstance(v, tuple) else str(v) for v in values]
    return shown[0] if len(set(shown)) == 1 else "x".join(shown)
