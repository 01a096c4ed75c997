"""Text to syntax tree: Lark reads the form, the builder makes the nodes."""

from __future__ import annotations

import functools
import os
from importlib import resources
from pathlib import Path
from typing import Any

from lark import Lark
from lark.exceptions import UnexpectedInput

from . import tree
from .builder import Builder, Misformed
from .complaints import complain
from .errors import NetformError, Source, Span
from .statements import assemble

LONGEST_TEXT = 250_000  # characters


def parse(text: str, name: str = "<text>") -> tree.Program:
    """Read a network as text; ``name`` stands for the text in messages.

    Raises NetformError where the text is not a network in form. Whether the layers exist and fit
    together is decided later, by dsl.

    >>> parse("input 8x8x1 fc10").chain[0].op
    'fc'
    """
    source = Source(text, name)
    if len(text) > LONGEST_TEXT:
        raise NetformError(
            f"a network has at most {LONGEST_TEXT:,} characters, but this text has {len(text):,}",
            Span(0, 0),
            source,
            "write what repeats once",
        )
    try:
        items: Any = _lark().parse(text)  # the builder makes a list of the tree
    except UnexpectedInput as error:
        raise complain(error, source) from None
    except Misformed as error:
        raise NetformError(error.message, error.span, source, error.hint) from None
    return assemble(items, source)


def read(path: str | Path) -> tree.Program:
    """Read a ``.net`` file, which is UTF-8 text."""
    source = Source("", str(path))
    try:
        with open(path, "rb") as file:
            content = file.read(4 * LONGEST_TEXT + 1)
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NetformError(
            f"a .net file is UTF-8 text, but byte {error.start} of this file is not",
            source=source,
            hint="is this the right file?",
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NetformError(
            f"the file cannot be read: {reason}",
            source=source,
            hint="give the path of a .net file, or the network itself after -e",
        ) from None
    return parse(text, str(path))


def grammar_text() -> str:
    return resources.files(__package__).joinpath("netform.lark").read_text(encoding="utf-8")


@functools.cache
def _lark() -> Lark:
    """The parser; its tables are kept in the user's cache, since making them takes 0.14 s."""
    options: dict[str, Any] = {"parser": "lalr", "transformer": Builder()}
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "netform"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
            raise PermissionError("tables that another user wrote are not read")
        return Lark(grammar_text(), cache=str(folder / "grammar.tables"), **options)
    except (OSError, RuntimeError):  # no home, or none that can be written
        return Lark(grammar_text(), **options)
