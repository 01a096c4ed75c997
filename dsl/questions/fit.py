"""What fits a card: the largest batch, or value of another symbol, whose memory fits.

The memory is the textbook model's. A driver, a framework and its workspaces take more, so the
answer comes with a second one that keeps a margin free.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ...grammar.errors import NetformError
from ...grammar.short_repr import ShortRepr
from ..costs.quantities import QUANTITIES
from .claims import Claim
from .solution import Solution
from .solve import solve

if TYPE_CHECKING:
    from ..network import Network

MARGIN = Fraction(1, 10)


@dataclass(frozen=True, slots=True)
class Fit(ShortRepr):
    """The largest value that fits all of a memory, and the largest that keeps a margin free.

    The second is None where nothing is that small. Of batches, ``multiple_of_8`` and
    ``power_of_two`` are the largest of their kind inside the margin.
    """

    full: Solution
    safe: Solution | None
    margin: Fraction

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
    margin: Fraction = MARGIN,
    step: Any = None,
    values: Mapping[str, Any] | None = None,
) -> Fit:
    """The largest value of a symbol whose ``training`` or ``inference`` fits ``memory`` bytes.

    The optimizer is the network's own unless given, ``margin`` the part of the memory that the
    second answer leaves free. Raises NetformError where nothing fits.

    >>> import netform
    >>> found = fit(netform.parse("input 8x8x1 conv16k3 fc10"), 2**20)
    >>> found.full.value, found.safe.value, found.multiple_of_8, found.power_of_two
    (103, 91, 88, 64)
    """
    quantity = QUANTITIES[f"memory_{purpose}"]

    def inside(budget: Fraction) -> Solution:
        claim = Claim(quantity, "<=", budget)
        return solve(network, claim, symbol, dtype, optimizer, step, values)

    full = inside(Fraction(memory))
    try:
        safe = inside(Fraction(math.floor(memory * (1 - margin))))
    except NetformError:  # no value leaves the margin free
        safe = None
    return Fit(full, safe, margin)
