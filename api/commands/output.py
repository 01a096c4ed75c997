"""What commands write: JSON, text, files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from netform.grammar.errors import NetformError, printable


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, indent=2))


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
    """All of standard input; raises NetformError where there is none."""
    if sys.stdin is None:
        raise NetformError("standard input is closed", hint="give a file, or a text after -e")
    with click.open_file("-", "rb") as file:
        content: bytes = file.read()
        return content
