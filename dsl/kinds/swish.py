"""swish: an activation."""

from __future__ import annotations

from dataclasses import dataclass

from .base.activation import Activation


@dataclass(frozen=True, slots=True, kw_only=True)
class Swish(Activation):
    """x * sigmoid(x), also called SiLU: ``swish``."""

    op = "swish"
