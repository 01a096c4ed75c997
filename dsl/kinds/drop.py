"""drop: dropout."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .base.kind import Pointwise, value
from .base.readers import rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop(Pointwise):
    """In training, a random share of the values becomes zero: ``drop0.5``.

    The other values are divided by 1 - share, so that their mean stays. Inference keeps all.
    """

    op = "drop"
    keeps_sign = True

    rate: Fraction = value(rate, "rate", "drop0.5")
