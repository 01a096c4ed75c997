"""pool: max pooling."""

from __future__ import annotations

from dataclasses import dataclass

from .base.kind import value
from .base.readers import size
from .base.window import Pooling, Sizes


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool(Pooling):
    """The largest value under each window: ``pool2``, ``pool3s2``."""

    op = "pool"
    keeps_sign = True

    kernel: Sizes = value(size(1), "kernel", "pool2")
