"""Solutions, fits and cards, as JSON and as lines of plain text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netform.dsl.costs.memory import training_in_words
from netform.dsl.costs.quantities import QUANTITIES
from netform.dsl.questions.cards import MIB, Device
from netform.dsl.questions.speeds import ARITHMETIC

if TYPE_CHECKING:
    from netform.dsl.questions.fit import Fit
    from netform.dsl.questions.solution import Number, Solution


def answer_json(solution: Solution) -> dict[str, Any]:
    """A solution: integers are JSON integers, other numbers "p/q"."""
    answer = {
        "for": solution.symbol,
        "value": _number(solution.value),
        "at": _number(solution.at),
        "next": _number(solution.next),
        "budget": _number(solution.budget),
        "next_value": _number(solution.next_value),
        "quantity": solution.quantity,
        "relation": solution.claim.relation,
        "step": str(solution.step) if solution.step.denominator > 1 else int(solution.step),
    }
    if QUANTITIES[solution.quantity].depends_on:
        answer |= {
            "dtype": solution.dtype,
            "optimizer": solution.optimizer,
            "copies": solution.copies,
        }
    return answer


def answer_lines(solution: Solution) -> list[str]:
    """A solution and its certificate."""
    lines = [f"{solution.symbol} = {solution.value}", f"    {solution}{_model(solution)}"]
    if solution.next_value is None:
        side = "larger" if solution.claim.is_upper else "smaller"
        lines.append(f"    this network does not exist at any {side} {solution.symbol}")
    return lines


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
    }


def fit_lines(fits: Sequence[Fit], card: Device | None) -> list[str]:
    """The largest values that fit: with all of the memory, with a margin, and in the fast part."""
    lines = []
    if card is not None:
        note = f"; {card.note}" if card.note else ""
        lines.append(f"{card.name}: {_size(card.memory)}, nominal{note}")
    for fit in fits:
        whole, symbol = fit.full, fit.full.symbol
        if fit is not fits[0]:
            lines.append(f"in the fast {_size(int(whole.budget))} alone:")
        lines += answer_lines(whole)
        percent = f"{float(fit.margin * 100):g} %"
        if fit.safe is None:
            lines.append(f"with {percent} left free: nothing fits")
            continue
        lines.append(f"with {percent} left free: {symbol} = {fit.safe.value}")
        lines.append(f"    {fit.safe}{_model(fit.safe)}")
        if fit.multiple_of_8 is not None:
            lines.append(f"    a multiple of 8: {fit.multiple_of_8}")
        if fit.power_of_two is not None:
            lines.append(f"    a power of two: {fit.power_of_two}")
    meaning = QUANTITIES[fits[0].full.quantity].meaning.split(",")[0]
    lines.append(f"{meaning} in bytes; a driver and a framework take more, hence the margin")
    return lines


def device_json(card: Device) -> dict[str, Any]:
    """A card as JSON values; a figure that its maker does not publish is null."""
    return {
        "name": card.name,
        "aliases": list(card.aliases),
        "maker": card.maker,
        "year": card.year,
        "memory": card.memory,
        "slow": card.slow,
        "note": card.note,
        "arithmetic": {name: card.speed.arithmetic.get(name) for name in ARITHMETIC},
        "bandwidth": card.speed.bandwidth,
        "source": card.speed.source,
    }


def device_lines(cards: Sequence[Device], with_sources: bool = False) -> list[str]:
    """A line for every card, in columns, and on request the sources of the speeds."""
    rows = [("card", "memory", *ARITHMETIC, "GB/s", "year", "")]
    rows += [
        (card.name, _size(card.memory), *_speeds(card), str(card.year), card.note) for card in cards
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_columns(row, widths) for row in rows]
    if with_sources:
        lines += [f"{card.name}: {card.speed.source}" for card in cards]
    return [
        *lines,
        "The memory is nominal: a driver and a framework take some of it.",
        "Peak arithmetic by data type is in TFLOPS, without sparsity, and bandwidth in GB/s, by the",
        "makers' data sheets; --json names them. - is not published.",
    ]


def _columns(row: Sequence[str], widths: Sequence[int]) -> str:
    name, *figures, note = row
    cells = [f"{cell:>{width}}" for cell, width in zip(figures, widths[1:], strict=False)]
    return "  ".join([f"{name:{widths[0]}}", *cells, note]).rstrip()


def _speeds(card: Device) -> list[str]:
    """Arithmetic in TFLOPS, and bandwidth in GB/s, with a hyphen for what is not published."""
    speed = card.speed
    tera = [speed.arithmetic.get(name) for name in ARITHMETIC]
    shown = ["-" if figure is None else f"{figure / 10**12:,.4g}" for figure in tera]
    return [*shown, "-" if speed.bandwidth is None else f"{speed.bandwidth / 10**9:,.6g}"]


def _model(solution: Solution) -> str:
    """The data type and the optimizer where they matter."""
    depends_on = QUANTITIES[solution.quantity].depends_on
    if "optimizer" in depends_on:
        training = training_in_words(solution.optimizer, solution.copies)
        return f"    ({solution.dtype}, {training})"
    return f"    ({solution.dtype})" if depends_on else ""


def _size(count: int) -> str:
    """A card's memory in GiB: 11 GiB, 3.5 GiB."""
    return f"{count / MIB / 1024:g} GiB"


def _number(value: Number | None) -> int | str | None:
    return value if value is None or isinstance(value, int) else str(value)
