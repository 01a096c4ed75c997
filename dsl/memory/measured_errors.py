"""How far predictions of memory were from measurements: the signed error in percent.

``make docs`` writes measured_errors.json from the files of docs/measured.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def _read(path: Path) -> dict[tuple[str, str], Mapping[str, Any]]:
    found = json.loads(path.read_text(encoding="utf-8"))
    return {(profile, mode): error for profile in found for mode, error in found[profile].items()}


# (profile, mode): its median, the worst, and what it was measured on
ERRORS: Mapping[tuple[str, str], Mapping[str, Any]] = _read(
    Path(__file__).with_name("measured_errors.json")
)
