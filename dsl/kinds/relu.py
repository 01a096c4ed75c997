"""relu: the rectifier, with or without a cap."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .base.activation import Activation
from .base.kind import value
from .base.readers import positive


@dataclass(frozen=True, slots=True, kw_only=True)
class Relu(Activation):
    """Negative values become zero: ``relu``; ``relu6`` also caps at 6."""

    op = "relu"
    is_non_negative = True

    cap: Fraction | None = value(positive, "cap", "relu6", default=None)
