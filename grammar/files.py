"""Texts from outside: files and streams of bytes, which are UTF-8."""

from __future__ import annotations

from pathlib import Path

from .budget import MOST_BYTES
from .errors import NetformError, Source


def read_source(path: str | Path) -> Source:
    """A ``.net`` file as it is written, be it a network or definitions that others use.

    Raises NetformError where the file cannot be read.
    """
    try:
        content = content_of(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NetformError(
            f"the file cannot be read: {reason}",
            source=Source("", str(path)),
            hint="give the path of a .net file, or the network itself after -e",
        ) from None
    return decoded(content, str(path))


def content_of(path: str | Path) -> bytes:
    """The bytes of a file, as far as a text may be long; raises OSError."""
    with open(path, "rb") as file:
        return file.read(MOST_BYTES + 1)


def decoded(content: bytes, name: str) -> Source:
    """Bytes as text; a byte order mark at their beginning is left out."""
    try:
        return Source(content.decode("utf-8-sig"), name)
    except UnicodeDecodeError as error:
        raise NetformError(
            f"a .net file is UTF-8 text, but byte {error.start} of this file is not",
            source=Source("", name),
            hint="is this the right file?",
        ) from None
