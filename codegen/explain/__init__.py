"""Derivations for readers: ``text``, ``markdown`` and ``latex`` print them."""

from __future__ import annotations

from .as_json import as_json
from .render import latex, markdown, mathematical
from .text import text

__all__ = ["as_json", "latex", "markdown", "mathematical", "text"]
