"""softmax: an activation."""

from __future__ import annotations

from dataclasses import dataclass

from .base.activation import Activation


@dataclass(frozen=True, slots=True, kw_only=True)
class Softmax(Activation):
    """The channels of every pixel become shares that sum to 1: ``softmax``."""

    op = "softmax"
    is_non_negative = True
