"""The points of a sweep: their names, their networks, and the memory that training takes."""

from __future__ import annotations

import hashlib
import itertools
import math
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeVar

from ...grammar import tree
from ...grammar.errors import NetformError, quoted
from ...grammar.short_repr import ShortRepr
from ..algebra.units import bytes_in_words
from ..costs.quantities import QUANTITIES, Quantity
from ..devices.cards import device
from ..memory.profiled_quantity import TEXTBOOK, ProfiledQuantity, by_profile, purpose_of
from ..memory.profiles import MODES
from ..network import Network
from ..settings import Axis
from .fit import margin_of, measured_error
from .memory_parts import total_at

LARGEST_SWEEP = 10_000  # points
_LONGEST_NAME = 100  # characters; file systems take 255 bytes
_UNSAFE = re.compile(r"[^A-Za-z0-9._+=,-]")
_DIGITS = 12  # of a digest, which keeps names apart that were cut or cleaned

_Network = TypeVar("_Network", bound=Network)


@dataclass(frozen=True, slots=True)
class GridPoint(ShortRepr):
    """One point of a sweep: a value for every axis, as written."""

    values: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """A name for a folder: readable, safe on every file system, its own in the sweep.

        >>> GridPoint((("aug", "flip,crop4"), ("d1", "0.25"))).name
        'aug=flip+crop4,d1=0.25'
        """
        written = ",".join(f"{axis}={value.replace(',', '+')}" for axis, value in self.values)
        safe = _UNSAFE.sub("-", written)
        values = "".join(value for _, value in self.values)
        is_plain = safe == written and "+" not in values and values == values.lower()
        if is_plain and len(safe) <= _LONGEST_NAME:
            return safe
        digest = hashlib.sha256(repr(self.values).encode()).hexdigest()[:_DIGITS]
        return f"{safe[: _LONGEST_NAME - _DIGITS - 1]}-{digest}"

    def __str__(self) -> str:
        return " ".join(f"{axis}={value}" for axis, value in self.values)


@dataclass(frozen=True, slots=True)
class MemoryLimit:
    """The memory in bytes that a run may take, and whose memory it is."""

    owner: str
    memory: int


def all_points(axes: Sequence[Axis]) -> tuple[GridPoint, ...]:
    """Every point of a sweep, the last axis changing fastest.

    Raises NetformError where there are no axes, or too many points to train them all.

    >>> from netform.dsl.settings import Axis
    >>> [str(point) for point in all_points([Axis("batch", ("32", "64")), Axis("d", ("0", "0.5"))])]
    ['batch=32 d=0', 'batch=32 d=0.5', 'batch=64 d=0', 'batch=64 d=0.5']
    """
    size = _size(axes)
    if size > LARGEST_SWEEP:
        raise NetformError(
            f"a sweep has at most {LARGEST_SWEEP:,} points, but this grid has {size:,}",
            hint="take some of them: --random 100",
        )
    names = [axis.name for axis in axes]
    found = itertools.product(*(axis.values for axis in axes))
    return tuple(GridPoint(tuple(zip(names, values, strict=True))) for values in found)


def random_points(axes: Sequence[Axis], count: int, seed: int) -> tuple[GridPoint, ...]:
    """Distinct points drawn at random: the same for a seed, and the first of any larger draw.

    All points where there are no more than ``count``.
    """
    if count >= _size(axes):
        return all_points(axes)
    if count > LARGEST_SWEEP:
        raise NetformError(
            f"a sweep has at most {LARGEST_SWEEP:,} points, not {count:,}",
            hint="take some of them: --random 100",
        )
    # of this module, only random() gives the same numbers in every version of Python
    chance = random.Random(seed)
    found: dict[GridPoint, None] = {}
    while len(found) < count:
        values = [(a.name, a.values[int(chance.random() * len(a.values))]) for a in axes]
        found[GridPoint(tuple(values))] = None
    return tuple(found)


def network_at(network: _Network, point: GridPoint) -> _Network:
    """The network at a point of its sweep, with the settings of that point and no sweep.

    Raises NetformError where there is no such network.
    """
    swept = {setting.key for setting in network.program.sweeps}
    settings = {axis: value for axis, value in point.values if axis not in swept}
    program = replace(
        network.program,
        data=_single(network.program.data, settings),
        train=_single(network.program.train, settings),
        sweeps=(),
    )
    lets = {axis: Fraction(value) for axis, value in point.values if axis in swept}
    return type(network)(program, network.name, {**network.values, **lets})


def check_not_swept(axes: Iterable[Axis], names: Iterable[str], way: str) -> None:
    """Raise NetformError where a name that ``way`` gives one value is an axis of the sweep."""
    swept = {axis.name for axis in axes}
    for name in names:
        if name in swept:
            raise NetformError(
                f"{quoted(name)} takes the values of the sweep, so {way} cannot give it another",
                hint=f"leave {way} out, or write one value for {quoted(name)}",
            )


def training_memory(
    network: Network,
    batch: int,
    w: Any = 1,
    rounding: str | None = None,
    profile: str = TEXTBOOK,
    mode: str | None = None,
) -> int:
    """Bytes that training needs at a batch, as the network's settings train it.

    By the textbook, or by a profile the peak unless ``mode`` is another. Of a batch that is split,
    one part at a time has its maps in memory. Where devices share a batch, it is the memory of
    each device: its share of the maps, and all of the rest.
    """
    train = network.train
    images = max(1, batch // (train.split * train.devices))
    asked = training_quantity(profile, mode)
    if isinstance(asked, ProfiledQuantity):
        at = {"w": w, "B": images}
        model = train.policy, train.optimizer, train.copies
        return total_at(network, asked, at, *model, rounding)
    figures = network.at(w, images, rounding)
    return figures.memory("training", train.policy, train.optimizer, train.copies)


def training_quantity(profile: str = TEXTBOOK, mode: str | None = None) -> Quantity:
    """Memory of training by a profile: of its peak unless a mode is given."""
    if profile != TEXTBOOK and mode is None:
        mode = "training_peak"
    if mode is not None and mode in MODES and purpose_of(mode) != "training":
        raise NetformError(
            f"a sweep trains, and has no mode {mode}",
            hint="leave the mode out, or give training or training_peak",
        )
    return by_profile(QUANTITIES["memory_training"], profile, mode)


def memory_limit(
    card: str | None = None,
    memory: Fraction | None = None,
    share: Fraction | None = None,
    profile: str = TEXTBOOK,
    mode: str | None = None,
) -> MemoryLimit | None:
    """A number of bytes, or the memory of a card; None where neither is given.

    Where several runs share a card, each has its ``share``. By a profile, a margin is left free:
    the worst error measured of it. Raises NetformError where there is no such card.
    """
    found = _memory_limit(card, memory, share)
    asked = training_quantity(profile, mode)
    if found is None or not isinstance(asked, ProfiledQuantity):
        return found
    margin = margin_of(measured_error(asked))
    owner = f"{found.owner}, less a margin of {float(margin * 100):g} %,"
    return MemoryLimit(owner, int(found.memory * (1 - margin)))


def _memory_limit(
    card: str | None, memory: Fraction | None, share: Fraction | None
) -> MemoryLimit | None:
    """The memory without a margin."""
    if memory is not None:
        return MemoryLimit("the memory given", int(memory))
    if card is None:
        return None
    found = device(card)
    if share is not None and share < 1:
        return MemoryLimit(f"{share} of {found.name}", int(found.memory * share))
    return MemoryLimit(found.name, found.memory)


def why_left_out(needed: int, limit: MemoryLimit | None) -> str:
    """Why the memory is too small to train a point; an empty text where it is not.

    >>> why_left_out(5 * 2**30, memory_limit("gtx970"))
    'training needs 5,368,709,120 bytes (5.00 GiB), but GeForce GTX 970 has 4,294,967,296 bytes (4.00 GiB)'
    """
    if limit is None or needed <= limit.memory:
        return ""
    return (
        f"training needs {bytes_in_words(needed)}, "
        f"but {limit.owner} has {bytes_in_words(limit.memory)}"
    )


def _size(axes: Sequence[Axis]) -> int:
    if not axes:
        raise NetformError(
            "a sweep has axes, but this network has none",
            hint="write several values, as in train batch=64|128, or a let and sweep d1=0|0.25",
        )
    return math.prod(len(axis.values) for axis in axes)


def _single(settings: tuple[tree.Setting, ...], values: dict[str, str]) -> tuple[tree.Setting, ...]:
    return tuple(replace(s, value=values[s.key]) if s.key in values else s for s in settings)
