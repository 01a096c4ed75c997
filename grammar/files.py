"""Texts from outside: files and streams of bytes, which are UTF-8.

Only regular files are opened: a named pipe may wait for ever, and a device may never end.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import IO

from .budget import MOST_BYTES
from .errors import NetformError, Source

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)
REMOVED = Path("/removed working directory")  # which has no file


def read_source(path: str | Path) -> Source:
    """A ``.net`` file as it is written, be it a network or definitions that others use.

    Raises NetformError where the file cannot be read.
    """
    try:
        content = content_of(path)
    except (OSError, ValueError) as error:
        raise NetformError(
            f"the file cannot be read: {reason_of(error)}",
            source=Source("", str(path)),
            hint="give the path of a .net file, or the network itself after -e",
        ) from None
    return decoded(content, str(path))


def working_directory() -> Path:
    """The working directory; where it was removed, a path that names no file."""
    try:
        return Path.cwd()
    except OSError:
        return REMOVED


def content_of(path: str | Path) -> bytes:
    """The bytes of a file; raises OSError where it is no regular file, or is too long for a text."""
    _check_regular(os.stat(path).st_mode)  # to open a device may do something
    descriptor = os.open(
        path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    with open(descriptor, "rb") as file:
        _check_regular(os.fstat(descriptor).st_mode)  # and it may have been another one
        return content_within_limit(file)


def content_within_limit(file: IO[bytes]) -> bytes:
    """All bytes of an open file; raises OSError where it is too long for a text."""
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise OSError(errno.EFBIG, f"it has more than {MOST_BYTES:,} bytes")
    return content


def _check_regular(mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = next((words for is_kind, words in _KINDS if is_kind(mode)), "something else")
        raise OSError(errno.EINVAL, f"it is {kind}, not a regular file")


def reason_of(error: OSError | ValueError) -> str:
    """Why a file cannot be read, in the words of the system."""
    return getattr(error, "strerror", None) or str(error)


def folder_of(path: str | Path) -> Path:
    """A folder by its full path; raises NetformError where links lead nowhere."""
    try:
        return Path(path).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # links in a circle, or a lost folder
        reason = getattr(error, "strerror", None) or "its links form a circle"
        raise NetformError(
            f"the folder {path} cannot be used: {reason}", hint="give the folder itself"
        ) from None


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
