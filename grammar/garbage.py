"""Python's search for circular garbage, put off while an answer is worked out."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def garbage_kept() -> Iterator[None]:
    """No search for garbage inside: nothing that is built there is garbage yet.

    Searching again and again through all that was built so far takes a third of the time of
    10,000 layers, and more for more.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
