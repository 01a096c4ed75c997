"""add: the sum of branches."""

from __future__ import annotations

from dataclasses import dataclass

from .base.merge import Merge


@dataclass(frozen=True, slots=True, kw_only=True)
class Add(Merge):
    """The sum of the branches; one alone is added to its input: ``add[conv64k3 conv64k3]``."""

    op = "add"
