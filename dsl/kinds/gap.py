"""gap: global average pooling."""

from __future__ import annotations

from dataclasses import dataclass

from .base.window import GlobalPooling


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap(GlobalPooling):
    """The mean of every channel: ``gap``."""

    op = "gap"
    keeps_sign = True
