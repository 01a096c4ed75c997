"""gelu: an activation."""

from __future__ import annotations

from dataclasses import dataclass

from .base.activation import Activation


@dataclass(frozen=True, slots=True, kw_only=True)
class Gelu(Activation):
    """x times the normal distribution function of x: ``gelu``. Exact, not by tanh."""

    op = "gelu"
