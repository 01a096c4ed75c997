"""Standard streams that may be closed, full or gone, and what is said then."""

from __future__ import annotations

import errno
import io
import os
import sys

from netform.grammar.errors import printable
from netform.grammar.files import REMOVED, working_directory


class ClosedStream(io.TextIOBase):
    """A standard stream that was closed before the program started: nothing can be written to it."""

    def write(self, text: str) -> int:
        """Raises OSError."""
        raise OSError(errno.EBADF, "it is closed", "standard output")


def open_standard_streams() -> None:
    """Let no file that is opened later take the number of a standard stream that is closed."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    if sys.stdout is None:
        sys.stdout = ClosedStream()
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # until the end


def os_error_in_words(error: OSError) -> str:
    """What the system could not do, in a line."""
    if error.errno == errno.ENOENT and working_directory() == REMOVED:
        return "netform: the working directory does not exist any more"
    reason = error.strerror or str(error)
    if error.filename is None:
        return f"netform: the output cannot be written: {printable(reason)}"
    return f"netform: {printable(str(error.filename))}: {printable(reason)}"
