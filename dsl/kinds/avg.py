"""avg: average pooling."""

from __future__ import annotations

from dataclasses import dataclass

from .base.kind import value
from .base.readers import size
from .base.window import Pooling, Sizes


@dataclass(frozen=True, slots=True, kw_only=True)
class Avg(Pooling):
    """The mean under each window: ``avg2``. Zeros that p pads are counted in, others are not."""

    op = "avg"
    keeps_sign = True

    kernel: Sizes = value(size(1), "kernel", "avg2")
