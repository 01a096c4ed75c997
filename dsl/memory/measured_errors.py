"""How far predictions of memory were from measurements: the signed error in percent."""

from collections.abc import Mapping
from typing import Any

# (profile, mode): its median, the worst, and what it was measured on
ERRORS: Mapping[tuple[str, str], Mapping[str, Any]] = {}
