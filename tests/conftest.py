"""How the properties are tried: the same examples every time, so that a failure stays."""

import os
import signal
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

from hypothesis import HealthCheck, is_hypothesis_test, settings

from support.by_commit import is_drawn

# a shell starts what runs in the background with Ctrl-C ignored, and its children inherit that
signal.signal(signal.SIGINT, signal.default_int_handler)

LONG = 400  # examples
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
settings.register_profile("long", max_examples=LONG, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    """The long part draws more examples of one in two properties, of others at other commits."""
    if settings.default.max_examples < LONG:
        return
    left_out = [
        item
        for item in items
        if is_hypothesis_test(item.obj)
        and not item.get_closest_marker("long")
        and not is_drawn(item.nodeid, 1 / 2)
    ]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
