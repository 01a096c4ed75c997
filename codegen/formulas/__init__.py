"""Formulas for other programs: ``to_python`` and ``to_latex``."""

from __future__ import annotations

from .latex import to_latex
from .python import to_python

__all__ = ["to_latex", "to_python"]
