"""What fits a memory, as JSON and as lines of plain text."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netform.dsl.algebra.units import bytes_in_words
from netform.dsl.devices.cards import Device
from netform.dsl.memory.profiled_quantity import TEXTBOOK, ProfiledQuantity
from netform.terminal.answers import answer_json, answer_lines, card_size, model_in_words

if TYPE_CHECKING:
    from netform.dsl.questions.fit import Fit


def fit_json(fits: Sequence[Fit], card: Device | None) -> dict[str, Any]:
    """What fits all of a memory, and under ``fast`` what fits the part of full speed."""
    answer = _fit_json(fits[0])
    if card is not None:
        answer["device"] = card.name
    if len(fits) > 1:
        answer["fast"] = _fit_json(fits[1])
    return answer


def _fit_json(fit: Fit) -> dict[str, Any]:
    return answer_json(fit.full) | {
        "margin": str(fit.margin),
        "with_margin": None if fit.safe is None else answer_json(fit.safe),
        "multiple_of_8": fit.multiple_of_8,
        "power_of_two": fit.power_of_two,
        **({"overhead": fit.overhead} if fit.overhead or fit.dominant else {}),
        **_profiled_json(fit),
    }


def _profiled_json(fit: Fit) -> dict[str, Any]:
    """Of a profile: the error behind the margin, what dominates, and the textbook's answer."""
    if fit.dominant is None:
        return {}
    return {
        "error": fit.measured,
        "dominant": dataclasses.asdict(fit.dominant),
        "textbook": None if fit.textbook is None else _fit_json(fit.textbook),
    }


def fit_lines(fits: Sequence[Fit], card: Device | None) -> list[str]:
    """The largest values that fit: with all of the memory, with a margin, and in the fast part."""
    lines = []
    if card is not None:
        note = f"; {card.note}" if card.note else ""
        lines.append(f"{card.name}: {card_size(card.memory)}, nominal{note}")
    for fit in fits:
        whole, symbol = fit.full, fit.full.symbol
        if fit is not fits[0]:
            lines.append(f"in the fast {card_size(int(whole.budget) + fit.overhead)} alone:")
        lines += answer_lines(whole)
        percent = f"{float(fit.margin * 100):g} %"
        if fit.safe is None:
            lines.append(f"with {percent} left free: nothing fits")
            continue
        lines.append(f"with {percent} left free: {symbol} = {fit.safe.value}")
        lines.append(f"    {fit.safe}{model_in_words(fit.safe)}")
        if fit.multiple_of_8 is not None:
            lines.append(f"    a multiple of 8: {fit.multiple_of_8}")
        if fit.power_of_two is not None:
            lines.append(f"    a power of two: {fit.power_of_two}")
    return [*lines, *_notes(fits[0])]


def _notes(fit: Fit) -> list[str]:
    """What the figures count; by a profile also the margin, what takes most, and the textbook."""
    asked = fit.full.claim.quantity
    if not isinstance(asked, ProfiledQuantity):
        meaning = asked.meaning.split(",")[0]
        lines = [f"{meaning} in bytes; a driver and a framework take more, hence the margin"]
        return [*lines, *_overhead(fit)] if fit.overhead else lines
    lines = [*_margin(fit, asked.profile), *_dominant(fit)]
    if not asked.mode.endswith("_peak"):
        lines.append(f"{asked.mode} is less than the peak; --mode {asked.mode}_peak counts that")
    if asked.profile != TEXTBOOK:
        lines.append(f"by the textbook: {_textbook(fit)}")
    return [*lines, *_overhead(fit)]


def _margin(fit: Fit, profile: str) -> list[str]:
    """Where the margin comes from, unless the user gave it."""
    if fit.measured is not None:
        error, where = fit.measured["worst"], fit.measured["measured_on"]
        return [f"the margin is the worst error measured of {profile}, {error:+} %, on {where}"]
    if not fit.is_margin_given:
        return [f"the margin is an assumption: nothing was measured of {profile} in this mode"]
    return []


def _dominant(fit: Fit) -> list[str]:
    """What takes most of the memory at the answer."""
    most = fit.dominant
    if most is None:
        return []
    share = f"{100 * most.part_bytes / most.total:.0f} %" if most.total else ""
    part = f"{most.part} {bytes_in_words(most.part_bytes)}, {share} of all"
    layer = f"; of the layers {most.layer}, {bytes_in_words(most.layer_bytes)}"
    where = f"{fit.best.symbol} = {fit.best.value}"
    return [f"what dominates at {where}: {part}{layer if most.layer else ''}"]


def _textbook(fit: Fit) -> str:
    """The answer of the textbook's model."""
    if fit.textbook is None:
        return "nothing fits"
    full, safe = fit.textbook.full, fit.textbook.safe
    percent = f"{float(fit.textbook.margin * 100):g} %"
    inside = f"{safe.symbol} = {safe.value}" if safe is not None else "nothing fits"
    return f"{full.symbol} = {full.value}, and with {percent} left free {inside}"


def _overhead(fit: Fit) -> list[str]:
    """What of a driver and a framework is counted."""
    if fit.overhead:
        taken = bytes_in_words(fit.overhead)
        return [f"counted for a driver and a framework: {taken}, taken from the memory before"]
    return [
        "not counted: what a driver and a framework take for themselves; "
        "--overhead 600MiB counts it"
    ]
