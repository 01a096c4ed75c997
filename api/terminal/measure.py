"""Predicted and measured memory, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from netform.dsl.algebra.units import bytes_in_words
from netform.grammar.errors import printable
from netform.terminal.tables import empty_table, number_columns, text_columns

if TYPE_CHECKING:
    from rich.table import Table as Drawn

    from netform.codegen.measure.largest import Largest, Trial
    from netform.codegen.measure.measuring import Measurement
    from netform.codegen.measure.speed_share import SpeedShare


def measured_table(found: Measurement) -> Drawn:
    """A row for every figure, and below it the parts of what is kept."""
    versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    title = f"{found.network}: bytes, predicted and measured on {found.device}, {versions}"
    drawn = empty_table(printable(title))
    text_columns(drawn, "profile", "mode")
    number_columns(drawn, "B", "predicted", "measured", "error")
    text_columns(drawn, "measured by")
    for record in found.records:
        predicted = "" if record.predicted is None else f"{record.predicted:,}"
        error = "" if record.error is None else f"{record.error:+.2f} %"
        drawn.add_row(
            record.profile,
            record.mode,
            f"{record.batch:,}",
            predicted,
            f"{record.measured:,}",
            error,
            record.reference,
        )
    for (profile, batch), parts in found.parts.items():
        drawn.add_section()
        for part, size in parts.items():
            drawn.add_row(profile, part, f"{batch:,}", "", f"{size:,}")
    return drawn


def measured_lines(found: Measurement) -> Iterator[str]:
    """The speed that was reached, and what could not be measured or predicted."""
    for (profile, batch), rate in found.images_per_second.items():
        yield f"{profile}: {rate:,.1f} images per second at B = {batch:,}"
    for note in found.notes:
        yield f"note: {printable(note)}"


def share_line(found: SpeedShare) -> str:
    """The speed as a share of what no program can beat."""
    on = f"{found.machine.name} in {found.machine.dtype}"
    most = f"{found.most.numerator // found.most.denominator:,}"
    return (
        f"{found.profile}: {found.share:.1%} of the {most} images per second that no program can "
        f"beat on {on}, at B = {found.batch:,}"
    )


def trial_line(trial: Trial) -> str:
    """One trial."""
    return f"B = {trial.batch:,}: {'fits' if trial.fits else 'does not fit'}"


def largest_line(found: Largest) -> str:
    """The largest batch by trial, beside the predicted one."""
    least = "" if found.is_exact else "at least "
    line = f"largest batch in {bytes_in_words(found.memory)}: {least}{found.batch:,} by trial"
    if found.predicted is None:
        return f"{line}; {found.profile} predicts none"
    return f"{line}, {found.predicted:,} predicted by {found.profile}"
