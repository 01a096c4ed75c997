"""A quantity of memory by the model of a profile, instead of the textbook's."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...grammar.errors import NetformError
from ..costs.quantities import QUANTITIES, Quantity
from .profiles import MODES, PROFILES, check_name

if TYPE_CHECKING:
    from ..algebra.polynomials import Poly

TEXTBOOK = "textbook"
PURPOSES = ("inference", "training")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfiledQuantity(Quantity):
    """Memory of a ``mode``, by a ``profile``: the account of a network has its value."""

    profile: str
    mode: str

    def __repr__(self) -> str:
        return f"ProfiledQuantity({self.title})"

    def __reduce__(self) -> tuple[object, ...]:
        return by_profile, (QUANTITIES[self.base], self.profile, self.mode)

    @property
    def base(self) -> str:
        """The name of the quantity that the profile counts."""
        return f"memory_{purpose_of(self.mode)}"

    @property
    def title(self) -> str:
        """Its name and its profile."""
        return f"{self.name} by {self.profile}"


def purpose_of(mode: str) -> str:
    """What a mode is a mode of: inference or training."""
    return mode.removesuffix("_peak")


def by_profile(quantity: Quantity, profile: str = TEXTBOOK, mode: str | None = None) -> Quantity:
    """The quantity by a profile; the quantity itself where that is the textbook's model.

    Raises NetformError where no profile or mode has the name, the quantity is no memory, or the
    mode is not one of the quantity.
    """
    check_name("profile", profile, PROFILES)
    if mode is not None:
        check_name("mode", mode, MODES)
    if profile == TEXTBOOK and mode is None:
        return quantity
    purpose = quantity.name.removeprefix("memory_")
    if not is_memory(quantity):
        what = "profile" if profile != TEXTBOOK else "mode"
        raise NetformError(
            f"{quantity.name} is not memory, and has no {what}",
            hint=f"leave the {what} out, or ask for memory_training or memory_inference",
        )
    chosen = purpose if mode is None else mode
    if purpose_of(chosen) != purpose:
        raise NetformError(
            f"{quantity.name} has no mode {chosen}",
            hint=f"ask for memory_{purpose_of(chosen)}, or give the mode {purpose} or "
            f"{purpose}_peak",
        )
    if profile == TEXTBOOK and chosen == "training_peak":
        raise NetformError(
            "by the textbook everything stays until the step ends, so that training_peak means "
            "the same as training",
            hint="leave the mode out, or choose a profile such as torch",
        )
    if profile == TEXTBOOK and chosen == purpose:
        return quantity
    known = {field.name: getattr(quantity, field.name) for field in dataclasses.fields(Quantity)}
    own = {"name": f"memory_{chosen}", "meaning": MODES[chosen], "poly": _no_poly}
    return ProfiledQuantity(**known | own, profile=profile, mode=chosen)


def is_memory(quantity: Quantity) -> bool:
    """Whether a profile can count a quantity; bytes that move are not memory."""
    return quantity.name.removeprefix("memory_") in PURPOSES


def title_of(quantity: Quantity) -> str:
    """The quantity, and the profile that counts it where it is not the textbook's model."""
    return quantity.title if isinstance(quantity, ProfiledQuantity) else quantity.name


def quantities_by_profile(
    profile: str = TEXTBOOK, mode: str | None = None
) -> dict[str, tuple[str, str, str | None]]:
    """All quantities by their titles, with what to ask for: a name, a profile and a mode.

    The profile and the mode count memory; where a mode is given, the memory of the other purpose
    is left out. Raises NetformError where they exclude each other.
    """
    found: dict[str, tuple[str, str, str | None]] = {}
    for name, quantity in QUANTITIES.items():
        if not is_memory(quantity):
            found[name] = name, TEXTBOOK, None
        elif mode is None or mode not in MODES or name == f"memory_{purpose_of(mode)}":
            found[title_of(by_profile(quantity, profile, mode))] = name, profile, mode
    return found


def _no_poly(*_: object, **__: object) -> Poly:
    """The totals of a network do not have this figure."""
    raise TypeError("memory by a profile comes from the account of a network, not from its totals")
