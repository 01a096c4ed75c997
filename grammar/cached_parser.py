"""Parsers whose tables are kept in the user's cache, since making them takes 0.1 s."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from lark import Lark


def cached_parser(grammar: str, name: str, **options: Any) -> Lark:
    """An LALR parser for a grammar; ``name`` names the file of its tables."""
    options["parser"] = "lalr"
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "netform"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
            raise PermissionError("tables that another user wrote are not read")
        return Lark(grammar, cache=str(folder / f"{name}.tables"), **options)
    except (OSError, RuntimeError):  # no home, or none that can be written
        return Lark(grammar, **options)
