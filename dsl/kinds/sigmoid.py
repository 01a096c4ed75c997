"""sigmoid: an activation."""

from __future__ import annotations

from dataclasses import dataclass

from .base.kind import Pointwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Sigmoid(Pointwise):
    """1 / (1 + exp(-x)): ``sigmoid``."""

    op = "sigmoid"
    in_post = True
