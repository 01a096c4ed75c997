"""The layout of Python source: line breaks, quotes and blank lines, by ``ruff format``."""

from __future__ import annotations

import functools
import os
import subprocess

from ...grammar.errors import NetformError
from .source import WIDTH

# nothing that a user configures for ruff changes a program
_OPTIONS = (
    "--isolated", "--no-cache", "--quiet", "--line-length", str(WIDTH), "--target-version", "py311",
)  # fmt: skip


def formatted(source: str) -> str:
    """The source as ``ruff format`` leaves it.

    Raises NetformError where ruff is not installed.

    >>> formatted("x = f( 1,2 )")
    'x = f(1, 2)\\n'
    """
    environment = {name: value for name, value in os.environ.items() if name[:5] != "RUFF_"}
    command = [_ruff(), "format", *_OPTIONS, "-"]
    result = subprocess.run(
        command,
        input=source.encode(),
        capture_output=True,
        env=environment,
        cwd=os.path.dirname(command[0]),  # exists, unlike perhaps the working directory
        check=False,
    )
    if result.returncode:
        raise RuntimeError(f"ruff cannot format this program: {result.stderr.decode()}\n{source}")
    return result.stdout.decode()


@functools.cache
def _ruff() -> str:
    """The path of ruff's executable."""
    try:
        from ruff.__main__ import find_ruff_bin

        return str(find_ruff_bin())
    except (ImportError, FileNotFoundError):
        raise NetformError(
            "ruff is not installed, and netform formats Python programs with it",
            hint="install it: pip install ruff",
        ) from None
