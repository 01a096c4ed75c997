"""A device as a bound of time sees it: peak arithmetic at a data type, and bandwidth."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ...grammar.errors import NetformError, did_you_mean, quoted
from ...grammar.short_repr import ShortRepr
from ..algebra.rates import read_arithmetic, read_bandwidth
from ..algebra.units import json_number
from .cards import Device, device
from .data_types import DATA_TYPES

_INSTEAD = "give its speed instead: --arithmetic 19.5TFLOPS --bandwidth 900GB/s"


@dataclass(frozen=True, slots=True)
class Machine(ShortRepr):
    """Operations and bytes a second at most, for a data type; ``source`` says by whom.

    ``note`` says that frameworks compute in another type unless told otherwise; empty if not.
    """

    name: str
    dtype: str
    arithmetic: Fraction
    bandwidth: Fraction
    source: str
    note: str = ""

    @property
    def ridge(self) -> Fraction:
        """Operations for each byte from which on arithmetic is the limit."""
        return self.arithmetic / self.bandwidth

    def as_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "name": self.name,
            "dtype": self.dtype,
            "arithmetic": json_number(self.arithmetic),
            "bandwidth": json_number(self.bandwidth),
            "ridge": json_number(self.ridge),
            "source": self.source,
            "note": self.note,
        }


def machine_of(
    name: str | None,
    dtype: str = "float32",
    arithmetic: str | None = None,
    bandwidth: str | None = None,
) -> Machine:
    """The machine of a card's name, or of given speeds, which go before those of the card.

    Raises NetformError where there is no such card or data type, or a figure is missing.
    """
    if dtype not in DATA_TYPES:
        raise NetformError(
            f"no data type is called {quoted(dtype)}", hint=did_you_mean(dtype, DATA_TYPES)
        )
    peak = None if arithmetic is None else read_arithmetic(arithmetic)
    rate = None if bandwidth is None else read_bandwidth(bandwidth)
    if name is not None:
        card = device(name, _INSTEAD)
        source = card.speed.source
        source = source if peak is None is rate else f"{source}, and as given"
        note = "" if peak else _other_type(card, dtype)
        peak = peak or _published_arithmetic(card, dtype)
        return Machine(card.name, dtype, peak, rate or _published_bandwidth(card), source, note)
    if peak is None or rate is None:
        raise NetformError(
            "a bound of time needs a device, or its arithmetic and its bandwidth",
            hint="give --device A100-40GB, or --arithmetic 19.5TFLOPS --bandwidth 900GB/s",
        )
    return Machine("a device", dtype, peak, rate, "as given")


def _published_arithmetic(card: Device, dtype: str) -> Fraction:
    wanted, known = DATA_TYPES[dtype].arithmetic, card.speed.arithmetic
    if wanted in known:
        return Fraction(known[wanted])
    told = f"there are figures for {', '.join(known)}" if known else "there is none for any type"
    raise NetformError(
        f"no {wanted} arithmetic is published for {card.name}",
        hint=f"{told}; or give one: --arithmetic 19.5TFLOPS",
    )


def _other_type(card: Device, dtype: str) -> str:
    """That convolutions of float32 run faster than it, in tf32, where they do by default."""
    known = card.speed.arithmetic
    if dtype != "float32" or known.get("tf32", 0) <= known.get("float32", 0):
        return ""
    return (
        "Frameworks compute convolutions of float32 in tf32 on this card unless told otherwise: "
        "dtype tf32 has that bound."
    )


def _published_bandwidth(card: Device) -> Fraction:
    if card.speed.bandwidth is None:
        raise NetformError(
            f"no bandwidth is published for {card.name}", hint="give it: --bandwidth 900GB/s"
        )
    return Fraction(card.speed.bandwidth)
