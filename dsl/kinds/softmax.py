"""softmax: an activation."""

from __future__ import annotations

from dataclasses import dataclass

from .base.kind import Pointwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Softmax(Pointwise):
    """The channels of every pixel become shares that sum to 1: ``softmax``."""

    op = "softmax"
    in_post = True
