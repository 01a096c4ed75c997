"""How the properties are tried: the same examples every time, so that a failure stays."""

import os
import signal
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

from hypothesis import HealthCheck, settings

# a shell starts what runs in the background with Ctrl-C ignored, and its children inherit that
signal.signal(signal.SIGINT, signal.default_int_handler)

COMMON: dict[str, Any] = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "print_blob": True,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}
settings.register_profile("default", max_examples=100, **COMMON)
settings.register_profile("mutants", max_examples=5, **COMMON)
settings.register_profile("quick", max_examples=15, **COMMON)
settings.register_profile("long", max_examples=400, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
