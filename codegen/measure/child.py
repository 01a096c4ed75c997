"""The process that measures: ``python -m netform.codegen.measure.child FOLDER``.

FOLDER has task.json, and model_program.py where Keras builds the model. A line of JSON is written
to told.jsonl for the device, and one for every batch that was measured; the last one tells why the
process failed, where it did.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from .in_child import NoCardError

_OUT_OF_MEMORY = re.compile(
    r"out of memory|not enough memory|OutOfMemory|RESOURCE_EXHAUSTED|bad_alloc|OOM when|"
    r"[Cc]an.?(?:no)?t allocate memory|could not create a (?:primitive|memory)|YNNPACK operation failed|MemoryError",
)


def main() -> None:
    """Measure, and leave at once: a process without memory cannot tidy up."""
    folder = Path(sys.argv[1])
    task = json.loads((folder / "task.json").read_text(encoding="utf-8"))
    with open(folder / "told.jsonl", "w", encoding="utf-8") as told:

        def tell(entry: Mapping[str, Any]) -> None:
            told.write(json.dumps(entry) + "\n")
            told.flush()

        try:
            backend = import_module(f"{__package__}.on_{task['backend']}")
            backend.measure(task, folder / "model_program.py", tell)
        except Exception as error:
            lines = f"{error}".strip().splitlines() or [""]
            kind = _kind(error)
            message = lines[0] if kind == "card" else f"{type(error).__name__}: {lines[0]}"
            tell({"failed": kind, "message": message})
            os._exit(3)
    os._exit(0)


def _kind(error: Exception) -> str:
    """Whether a card, memory or something else was missing."""
    if isinstance(error, NoCardError):
        return "card"
    text = f"{type(error).__name__} {error}"
    is_memory = isinstance(error, MemoryError) or _OUT_OF_MEMORY.search(text)
    return "memory" if is_memory else "error"


if __name__ == "__main__":
    main()
