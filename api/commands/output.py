"""What commands write: JSON, text, files."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from netform.grammar.errors import NetformError, printable
from netform.grammar.files import content_within_limit, reason_of

_PIECES = 10_000  # that are written together
_quoted = json.encoder.encode_basestring_ascii


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

    A list or an object of many others is cut between them; ``margin`` begins its lines.
    """
    inner = margin + "  "
    if isinstance(value, dict) and value:
        opening = "{"
        for key, part in value.items():
            yield f"{opening}{inner}{_quoted(key)}: "
            yield from json_pieces(part, inner)
            opening = ","
        yield margin + "}"
    elif isinstance(value, list | tuple) and value:
        opening = "["
        for part in value:
            yield opening + inner
            yield _json_text(part, inner)
            opening = ","
        yield margin + "]"
    else:
        yield json.dumps(value)


def _json_text(value: Any, margin: str) -> str:
    """The text of a value inside of a list."""
    if type(value) is int:
        return str(value)
    if type(value) is str:
        return _quoted(value)
    inner = margin + "  "
    if isinstance(value, dict) and value:
        parts = [f"{_quoted(key)}: {_json_text(part, inner)}" for key, part in value.items()]
        return f"{{{inner}{f',{inner}'.join(parts)}{margin}}}"
    if isinstance(value, list | tuple) and value:
        parts = [_json_text(part, inner) for part in value]
        return f"[{inner}{f',{inner}'.join(parts)}{margin}]"
    return json.dumps(value)


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
