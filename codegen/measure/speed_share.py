"""The share of the roofline that measured steps reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ...dsl.algebra.units import json_number
from ...dsl.devices.cards import device
from ...dsl.devices.machines import Machine, machine_of
from ...dsl.devices.roofline import roofline
from ...grammar.errors import NetformError
from ...grammar.short_repr import ShortRepr
from .measuring import Measurement
from .request import PLAIN, Request


@dataclass(frozen=True, slots=True)
class SpeedShare(ShortRepr):
    """The images per second of a profile, and those that no program can beat on the machine."""

    profile: str
    batch: int
    machine: Machine
    reached: float
    most: Fraction

    @property
    def share(self) -> float:
        """What was reached, of 1."""
        return self.reached / float(self.most)

    def as_json(self) -> dict[str, Any]:
        """JSON values; the bound is exact."""
        return {
            "profile": self.profile,
            "batch": self.batch,
            "device": self.machine.name,
            "dtype": self.machine.dtype,
            "most": json_number(self.most),
            "share": self.share,
        }


def given_machine(dtype: str, arithmetic: str | None, bandwidth: str | None) -> Machine | None:
    """The machine of given speeds; None where neither is given.

    Raises NetformError where one is missing, or is no speed.
    """
    if arithmetic is None and bandwidth is None:
        return None
    return machine_of(None, dtype, arithmetic, bandwidth)


def known_machine(name: str, dtype: str) -> Machine | None:
    """The machine of a card as its driver calls it; None where no figures are known.

    Frameworks compute float32 in tf32 where a card has it, so that this is the bound.
    """
    try:
        has_tf32 = "tf32" in device(name).speed.arithmetic
        return machine_of(name, "tf32" if dtype == "float32" and has_tf32 else dtype)
    except NetformError:
        return None


def speed_shares(
    request: Request, found: Measurement, machine: Machine | None
) -> Sequence[SpeedShare]:
    """The share for every speed that was measured, on the machine or on the measured card."""
    chosen = machine or known_machine(found.device, request.dtype)
    if chosen is None:
        return ()
    shares = []
    for (profile, batch), rate in found.images_per_second.items():
        optimizer = request.optimizer_name if profile in PLAIN else request.optimizer
        bound = roofline(request.network, chosen, request.w, batch, optimizer).training
        most = bound.most_images_per_second
        if most is not None:
            shares.append(SpeedShare(profile, batch, chosen, rate, most))
    return shares
