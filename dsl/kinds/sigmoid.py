"""sigmoid: an activation."""

from __future__ import annotations

from dataclasses import dataclass

from .base.activation import Activation


@dataclass(frozen=True, slots=True, kw_only=True)
class Sigmoid(Activation):
    """1 / (1 + exp(-x)): ``sigmoid``."""

    op = "sigmoid"
    is_non_negative = True
