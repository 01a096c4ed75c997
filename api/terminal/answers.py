"""Solutions and cards, as JSON and as lines of plain text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netform.dsl.costs.memory import training_in_words
from netform.dsl.devices.cards import MIB, Device
from netform.dsl.devices.speeds import ARITHMETIC
from netform.dsl.memory.profiled_quantity import ProfiledQuantity

if TYPE_CHECKING:
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
    asked = solution.claim.quantity
    if asked.depends_on:
        answer |= {
            "dtype": solution.dtype,
            "optimizer": solution.optimizer,
            "copies": solution.copies,
        }
    if isinstance(asked, ProfiledQuantity):
        answer |= {"profile": asked.profile, "mode": asked.mode}
    return answer


def answer_lines(solution: Solution) -> list[str]:
    """A solution and its certificate."""
    lines = [f"{solution.symbol} = {solution.value}", f"    {solution}{model_in_words(solution)}"]
    if solution.next_value is None:
        side = "larger" if solution.claim.is_upper else "smaller"
        lines.append(f"    this network does not exist at any {side} {solution.symbol}")
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
    rows: list[tuple[str, ...]] = [("card", "memory", *ARITHMETIC, "GB/s", "year", "")]
    rows += [
        (card.name, card_size(card.memory), *_speeds(card), str(card.year), card.note)
        for card in cards
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


def model_in_words(solution: Solution) -> str:
    """The profile, the data type and the optimizer where they matter, in parentheses."""
    asked = solution.claim.quantity
    words = [asked.profile] if isinstance(asked, ProfiledQuantity) else []
    words += [solution.dtype] if asked.depends_on else []
    if "optimizer" in asked.depends_on:
        words.append(training_in_words(solution.optimizer, solution.copies))
    return f"    ({', '.join(words)})" if words else ""


def card_size(count: int) -> str:
    """A card's memory in GiB: 11 GiB, 3.5 GiB."""
    return f"{count / MIB / 1024:g} GiB"


def _number(value: Number | None) -> int | str | None:
    return value if value is None or isinstance(value, int) else str(value)
