"""How far predictions of memory were from measurements: the signed error in percent."""

from collections.abc import Mapping
from typing import Any

_ZOO = "17 networks, batches 1, 2 and 7, Adam, float32; PyTorch 2.13 on a CPU with AVX-512"

# (profile, mode): its median, the worst, and what it was measured on
ERRORS: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("torch", "training_peak"): {"median": 0.2, "worst": -4.0, "measured_on": _ZOO},
    ("torch", "inference_peak"): {"median": 0.0, "worst": -27.4, "measured_on": _ZOO},
}
