"""gmp: global max pooling."""

from __future__ import annotations

from dataclasses import dataclass

from .base.window import GlobalPooling


@dataclass(frozen=True, slots=True, kw_only=True)
class Gmp(GlobalPooling):
    """The largest value of every channel: ``gmp``."""

    op = "gmp"
    keeps_sign = True
