"""id: nothing."""

from __future__ import annotations

from dataclasses import dataclass

from .base.kind import Pointwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity(Pointwise):
    """What enters leaves: ``id``."""

    op = "id"
    keeps_sign = True
