"""swish: an activation."""

from __future__ import annotations

from dataclasses import dataclass

from .base.kind import Pointwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Swish(Pointwise):
    """x * sigmoid(x), also called SiLU: ``swish``."""

    op = "swish"
    in_post = True
