"""What fits a card: the largest batch, or value of another symbol, whose memory fits.

The memory is the textbook model's, or that of a profile. A driver, a framework and its workspaces
take more, so the answer comes with a second one that keeps a margin free. Of a profile the margin
is the worst error that was measured of its peaks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar

from ...grammar.errors import NetformError
from ...grammar.short_repr import ShortRepr
from ..algebra.units import bytes_in_words, verb
from ..costs.quantities import QUANTITIES, Quantity
from ..memory.measured_errors import ERRORS
from ..memory.profiled_quantity import TEXTBOOK, ProfiledQuantity, by_profile, purpose_of
from .claim_search import UnreachableError
from .claims import Claim
from .memory_parts import Dominant, dominant, parts_at, total_at
from .solution import Number, Solution, grouped, int_if_whole
from .solve import solve

if TYPE_CHECKING:
    from ..network import Network

T = TypeVar("T")

MARGIN = Fraction(1, 10)
_LARGEST_MARGIN = Fraction(1, 2)  # that a measured error sets


@dataclass(frozen=True, slots=True)
class Fit(ShortRepr):
    """The largest value that fits all of a memory, and the largest that keeps a margin free.

    The second is None where nothing is that small. Of batches, ``multiple_of_8`` and
    ``power_of_two`` are the largest of their kind inside the margin. ``overhead`` are the bytes
    of the memory that were set aside before. By a profile, ``measured`` is the error that the
    margin comes from, None where it was given or nothing was measured; ``dominant`` is
    what takes most of the memory, and ``textbook`` the answer of the textbook's model, None where
    nothing fits by it.
    """

    full: Solution
    safe: Solution | None
    margin: Fraction
    overhead: int = 0
    measured: Mapping[str, Any] | None = None
    dominant: Dominant | None = None
    textbook: Fit | None = None
    is_margin_given: bool = False

    @property
    def multiple_of_8(self) -> int | None:
        """The largest batch inside the margin that is a multiple of 8."""
        batch = self._batch
        return batch // 8 * 8 if batch >= 8 else None

    @property
    def power_of_two(self) -> int | None:
        """The largest batch inside the margin that is a power of two."""
        batch = self._batch
        return 1 << batch.bit_length() - 1 if batch else None

    @property
    def best(self) -> Solution:
        """The answer inside the margin, or where there is none that of all the memory."""
        return self.full if self.safe is None else self.safe

    @property
    def _batch(self) -> int:
        """The batch inside the margin; 0 if there is none, or another symbol is fitted."""
        return int(self.safe.value) if self.safe is not None and self.full.symbol == "B" else 0


def fit(
    network: Network,
    memory: int | Fraction,
    symbol: str = "B",
    purpose: str = "training",
    dtype: str = "float32",
    optimizer: str | None = None,
    margin: Fraction | None = None,
    step: Any = None,
    values: Mapping[str, Any] | None = None,
    profile: str = TEXTBOOK,
    mode: str | None = None,
    overhead: int | Fraction = 0,
) -> Fit:
    """The largest value of a symbol whose ``training`` or ``inference`` fits ``memory`` bytes.

    The optimizer is the network's own unless given. ``overhead`` are bytes of the memory that a
    driver and a framework take, ``margin`` the part of the rest that the second answer leaves
    free. A ``profile`` counts the peak unless ``mode`` is another. Raises NetformError where
    nothing fits.

    >>> import netform
    >>> found = fit(netform.parse("input 8x8x1 conv16k3 fc10"), 2**20)
    >>> found.full.value, found.safe.value, found.multiple_of_8, found.power_of_two
    (103, 91, 88, 64)
    """
    _check_overhead(memory, overhead)
    if profile != TEXTBOOK and mode is None:
        mode = f"{purpose}_peak"
    quantity = by_profile(QUANTITIES[f"memory_{purpose}"], profile, mode)
    own = network.train.optimizer if optimizer is None else optimizer
    model = dtype, own, network.train.copies
    fixed = values or {}
    measured = None if margin is not None else measured_error(quantity)
    share = margin_of(measured) if margin is None else margin

    def inside(budget: Fraction) -> Solution:
        claim = Claim(quantity, "<=", budget)
        found = solve(network, claim, symbol, dtype, own, step, values)
        if symbol != "B" or found.value != 1 or not isinstance(quantity, ProfiledQuantity):
            return found
        return _of_one_image(found, total_at(network, quantity, {**fixed, "B": 1}, *model))

    left = Fraction(memory) - overhead
    try:
        full = inside(left)
    except UnreachableError as error:
        parts = parts_at(network, quantity, {**fixed, symbol: error.value}, *model)
        if symbol == "B" and isinstance(quantity, ProfiledQuantity):
            error = _refused(quantity, left, error.value, sum(parts.values()))
        raise _too_small(error, parts, left) from None
    safe = _found(lambda: inside(Fraction(math.floor(left * (1 - share)))))
    found = Fit(full, safe, share, int(overhead), measured, is_margin_given=margin is not None)
    if not isinstance(quantity, ProfiledQuantity):
        return found
    by_books = dtype, own, None, step, values
    return replace(
        found,
        dominant=dominant(network, quantity, {**fixed, symbol: found.best.value}, *model),
        textbook=_found(
            lambda: fit(network, memory, symbol, purpose, *by_books, overhead=overhead)
        ),
    )


def _of_one_image(found: Solution, figure: int) -> Solution:
    """The answer with its own figure: a framework may compute one image another way than more."""
    budget = found.certificate.budget
    if figure > budget:
        raise _refused(found.claim.quantity, budget, found.value, figure)
    return replace(found, certificate=found.certificate._replace(at=figure))


def _refused(quantity: Quantity, budget: Number, batch: Number, figure: int) -> UnreachableError:
    refusal = UnreachableError(
        f"no B keeps {quantity.name} <= {grouped(int_if_whole(Fraction(budget)))}: even at B = {batch} "
        f"{quantity.name} {verb(quantity.unit)} {figure:,}",
        hint="give a larger budget",
    )
    refusal.value = batch
    return refusal


def _check_overhead(memory: int | Fraction, overhead: int | Fraction) -> None:
    """Raise NetformError where an overhead is all of the memory."""
    if overhead >= memory:
        raise NetformError(
            f"the overhead of {bytes_in_words(int(overhead))} leaves nothing of a memory of "
            f"{bytes_in_words(int(memory))}",
            hint="give a larger memory, or a smaller overhead",
        )


def _found(answer: Callable[[], T]) -> T | None:
    """An answer; None where nothing fits."""
    try:
        return answer()
    except NetformError:
        return None


def margin_of(measured: Mapping[str, Any] | None) -> Fraction:
    """The margin that an error of predictions asks for, in whole percents."""
    if measured is None:
        return MARGIN
    percents = max(1, math.ceil(abs(Fraction(str(measured["worst"])))))
    return min(Fraction(percents, 100), _LARGEST_MARGIN)


def measured_error(quantity: Quantity) -> Mapping[str, Any] | None:
    """The error that was measured of a profile's peak."""
    if not isinstance(quantity, ProfiledQuantity):
        return None
    return ERRORS.get((quantity.profile, f"{purpose_of(quantity.mode)}_peak"))


def _too_small(error: UnreachableError, parts: Mapping[str, int], left: Fraction) -> NetformError:
    """The error where nothing fits, with the part that alone is too large, or with all parts."""
    alone = next((name for name, size in parts.items() if size > left), None)
    if alone is not None:
        verb = "takes" if alone == "optimizer" else "take"
        why = f"the {alone} alone {verb} {bytes_in_words(parts[alone])}"
    else:
        listed = ", ".join(f"{name} {bytes_in_words(size)}" for name, size in parts.items())
        why = f"these are {listed}"
    return NetformError(f"{error.message}; {why}", hint="give a larger memory")
