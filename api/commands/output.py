"""What commands write: JSON, text, files."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from netform.grammar.errors import NetformError, printable
from netform.grammar.files import content_within_limit, reason_of

_PIECES = 10_000  # that are written together
_quoted = json.encoder.encode_basestring_ascii
_BOOLS = {True: "true", False: "false"}
_SIMPLE: dict[type, Callable[[Any], str]] = {int: str, str: _quoted, bool: _BOOLS.__getitem__}


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    pieces: list[str] = []
    for piece in json_pieces(value):
        pieces.append(piece)
        if len(pieces) == _PIECES:
            click.echo("".join(pieces), nl=False)
            pieces.clear()
    click.echo("".join(pieces))


def json_pieces(value: Any, margin: str = "\n") -> Iterator[str]:
    """The text of ``json.dumps(value, indent=2)`` in pieces, so that a long one is never whole.

    A list or an object of many others is cut between them, and an iterator is a list; ``margin``
    begins its lines.
    """
    inner = margin + "  "
    if isinstance(value, dict) and value:
        opening = "{"
        for key, part in value.items():
            yield f"{opening}{inner}{_quoted(key)}: "
            yield from json_pieces(part, inner)
            opening = ","
        yield margin + "}"
    elif isinstance(value, list | tuple | Iterator):
        opening = "["
        for part in value:
            yield opening + inner
            yield _json_text(part, inner)
            opening = ","
        yield margin + "]" if opening == "," else "[]"
    else:
        yield json.dumps(value)


def _json_text(value: Any, margin: str) -> str:
    """The text of a value inside of a list."""
    if simple := _SIMPLE.get(type(value)):
        return simple(value)
    is_object = isinstance(value, dict)
    if not value or not (is_object or isinstance(value, list | tuple)):
        return json.dumps(value)
    inner, known = margin + "  ", _SIMPLE.get
    parts = [
        simple(part) if (simple := known(type(part))) else _json_text(part, inner)
        for part in (value.values() if is_object else value)
    ]
    if is_object:
        parts = [f"{_quoted(key)}: {part}" for key, part in zip(value, parts, strict=True)]
        return f"{{{inner}{f',{inner}'.join(parts)}{margin}}}"
    return f"[{inner}{f',{inner}'.join(parts)}{margin}]"


def print_text(text: str) -> None:
    """Print a text as UTF-8, whatever the encoding of the terminal."""
    click.echo(text.encode(errors="backslashreplace"), nl=False)


def write(path: str, text: str) -> None:
    """Write a file; raises NetformError where it cannot be written."""
    try:
        Path(path).write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise NetformError(f"{printable(path)} cannot be written: {error.strerror}") from None


def standard_input() -> bytes:
    """All of standard input; raises NetformError where there is none, or more than a text has."""
    if sys.stdin is None:
        raise NetformError("standard input is closed", hint="give a file, or a text after -e")
    with click.open_file("-", "rb") as file:
        try:
            return content_within_limit(file)
        except OSError as error:
            raise NetformError(
                f"standard input cannot be read: {reason_of(error)}",
                hint="write what repeats once: [conv64k3]*8",
            ) from None
