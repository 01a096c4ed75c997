"""tanh: an activation."""

from __future__ import annotations

from dataclasses import dataclass

from .base.activation import Activation


@dataclass(frozen=True, slots=True, kw_only=True)
class Tanh(Activation):
    """The hyperbolic tangent: ``tanh``."""

    op = "tanh"
