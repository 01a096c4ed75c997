"""Parsers whose tables are kept in the user's cache, since making them takes 0.1 s.

The tables are JSON, so a file that somebody else has written there cannot carry code; Lark's own
cache is a pickle, which can. They are not shipped with the package, since they belong to one
version of Lark.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lark
from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

_Json = dict[str, Any]

_OTHERS_WRITE = 0o022  # of a folder's mode


def cached_parser(grammar: str, name: str, transformer: Any, start: Sequence[str]) -> Lark:
    """An LALR parser for a grammar; ``name`` names the file of its tables."""
    key = {"grammar": grammar, "start": list(start), "lark": lark.__version__}
    folder = _own_folder()
    file = folder / f"{name}.json" if folder else None
    tables = _read(file, key) if file else None
    if tables is not None:
        with contextlib.suppress(Exception):  # JSON of another form raises many kinds
            tables["data"]["options"]["transformer"] = transformer
            return Lark.load(tables)  # a dict is loaded, not unpickled
    parser = Lark(grammar, parser="lalr", transformer=transformer, start=list(start))
    if file:
        _write(file, key, parser)
    return parser


def _own_folder() -> Path | None:
    """A folder that only this user can write to; None where there is none."""
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "netform"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except (OSError, RuntimeError):  # no home, or none that can be written
        return None
    if not hasattr(os, "getuid"):  # on Windows, a user's folder is the user's
        return folder
    is_own = found.st_uid == os.getuid() and not found.st_mode & _OTHERS_WRITE
    return folder if is_own else None


def _read(file: Path, key: _Json) -> Any:
    """The tables in a file; None where it has none of this grammar and this version of Lark."""
    try:
        found = json.loads(file.read_bytes())
        if found["key"] != key:
            return None
        tables, parser = found["tables"], found["tables"]["data"]["parser"]["parser"]
        tables["memo"] = _numbered(tables["memo"])
        parser["tokens"] = _numbered(parser["tokens"])
        parser["states"] = {int(n): _numbered(row) for n, row in parser["states"].items()}
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None
    return tables


def _numbered(found: _Json) -> dict[int, Any]:
    """A JSON object whose keys were numbers."""
    return {int(number): value for number, value in found.items()}


def _write(file: Path, key: _Json, parser: Lark) -> None:
    data, memo = parser.memo_serialize([TerminalDef, Rule])
    data["options"] = {name: v for name, v in data["options"].items() if name != "transformer"}
    new = file.with_name(f"{file.name}.{os.getpid()}")  # two processes may write at once
    with contextlib.suppress(OSError):  # a full disk, a folder that cannot be written
        new.write_text(json.dumps({"key": key, "tables": {"data": data, "memo": memo}}))
        new.replace(file)
