"""tanh: an activation."""

from __future__ import annotations

from dataclasses import dataclass

from .base.kind import Pointwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Tanh(Pointwise):
    """The hyperbolic tangent: ``tanh``."""

    op = "tanh"
    in_post = True
