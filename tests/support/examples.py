"""How many examples a property draws where each of them takes long, as a Keras model does."""

import os

from hypothesis import settings

_ALL = settings.default.max_examples

# A third of the examples in `make test`, and all of them in `make test-long`.
FEW = settings(max_examples=_ALL if os.environ.get("HYPOTHESIS_PROFILE") == "long" else _ALL // 3)
