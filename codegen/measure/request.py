"""What is to be measured: a network, on a backend, at some batches."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ...dsl.network import Network
from ...grammar.errors import NetformError, did_you_mean, quoted
from ...grammar.short_repr import ShortRepr

BACKENDS = {  # and the profiles that predict what each of them takes
    "tensorflow": ("tensorflow",),
    "jax": ("jax",),
    "torch": ("torch", "keras-torch"),
}
PLAIN = frozenset({"torch", "textbook"})  # profiles of a network without Keras
COMPARED = {"torch": ("torch", "textbook")}  # what is also held against a profile's measurement
_DEVICE = re.compile(r"cpu|gpu:[0-9]{1,3}")


@dataclass(frozen=True)
class Request(ShortRepr):
    """A network on a backend: ``steps`` of training for each of the batches.

    ``device`` is ``cpu``, ``gpu:0``, or None for a card where there is one. ``seconds`` is the time
    that a process has. The optimizer is the network's own where it is None. ``profiles`` are some
    of the backend's; all of them where it is empty.
    """

    network: Network
    backend: str
    batches: Sequence[int]
    w: Fraction = Fraction(1)
    dtype: str = "float32"
    optimizer: str | None = None
    steps: int = 3
    device: str | None = None
    seconds: float = 600.0
    profiles: Sequence[str] = ()

    @property
    def models(self) -> Sequence[str]:
        """The profiles whose models are measured."""
        return self.profiles or BACKENDS[self.backend]

    @property
    def optimizer_name(self) -> str:
        """The optimizer that trains."""
        return self.optimizer or self.network.train.optimizer

    def check(self) -> None:
        """Raise NetformError where nothing can be measured."""
        check_backend(self.backend)
        if self.device is not None and not _DEVICE.fullmatch(self.device):
            raise NetformError(
                f"no device is called {quoted(self.device)}", hint="write cpu, or gpu:0"
            )
        for batch in self.batches:
            check_batch(batch)


def check_batch(batch: Fraction | int) -> int:
    """A batch as a whole number; raises NetformError where it is none, or has no image."""
    if batch < 1 or batch != int(batch):
        raise NetformError(f"a batch of {batch} cannot be run", hint="give one such as B=8")
    return int(batch)


def check_backend(backend: str) -> None:
    """Raise NetformError where there is no such backend, or it is not installed."""
    if backend not in BACKENDS:
        raise NetformError(
            f"no backend is called {quoted(backend)}", hint=did_you_mean(backend, BACKENDS)
        )
    missing = [name for name in (backend, "keras") if importlib.util.find_spec(name) is None]
    if missing:
        raise NetformError(
            f"measuring on {backend} needs {' and '.join(missing)}",
            hint=f"pip install {' '.join(missing)}",
        )


def installed_backends() -> list[str]:
    """The backends that can be measured here."""
    if importlib.util.find_spec("keras") is None:
        return []
    return [name for name in BACKENDS if importlib.util.find_spec(name) is not None]


def default_backend() -> str:
    """The backend that Keras is told to use; the first installed one where it is told nothing."""
    return os.environ.get("KERAS_BACKEND") or next(iter(installed_backends()), "tensorflow")
