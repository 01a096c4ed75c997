"""The textbook model of memory: what inference and training must hold, in bytes.

    inference   feature maps + parameters
    training    feature maps + error signals + parameters + gradients + optimizer slots

Feature maps are the image and every output that is kept (``feature_maps``); an error signal
belongs to every output but not to the image, a gradient and a slot to every trainable parameter.
Norms, activations and dropout work in place. A real framework holds more: workspaces, copies,
what its implementation of a layer keeps for the way back.

Source: the books' model, as in lectures on memory and computation in convolutional networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from .polynomials import Poly
from .totals import Totals

_Entry = TypeVar("_Entry")


@dataclass(frozen=True, slots=True)
class Policy:
    """Bytes of a value that flows, and of a variable, under one data type policy of Keras."""

    compute: int
    variable: int


POLICIES = {
    "float32": Policy(4, 4),
    "float64": Policy(8, 8),
    "mixed_float16": Policy(2, 4),
    "mixed_bfloat16": Policy(2, 4),
}

# values that an optimizer keeps for every trainable parameter
SLOTS = {
    "sgd": 0,
    "momentum": 1,
    "rmsprop": 1,
    "adagrad": 1,
    "lion": 1,
    "adam": 2,
    "adamw": 2,
    "adamax": 2,
    "nadam": 2,
    "adadelta": 2,
    "lamb": 2,
    "ftrl": 2,
}


def memory(totals: Totals, purpose: str, dtype: str = "float32", optimizer: str = "adam") -> Poly:
    """Bytes for one step, as a polynomial in w and the batch B.

    Raises ValueError for a purpose, data type or optimizer that is not listed here.
    """
    policy = _listed("data type", dtype, POLICIES)
    slots = _listed("optimizer", optimizer, SLOTS)
    if purpose == "inference":
        return totals.feature_maps * totals.batch * policy.compute + totals.params * policy.variable
    if purpose == "training":
        flowing = totals.feature_maps + totals.error_signals
        variables = totals.params + totals.trainable * (1 + slots)
        return flowing * totals.batch * policy.compute + variables * policy.variable
    raise ValueError(f"memory is for inference or training, not for {purpose!r}")


def bytes_in_words(count: int) -> str:
    """Bytes, and the same in the unit that a card's memory is given in.

    >>> bytes_in_words(5 * 2**30)
    '5,368,709,120 bytes (5.00 GiB)'
    """
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{count:,} bytes ({count / size:.2f} {unit})"
    return f"{count:,} bytes"


def _listed(what: str, name: str, known: dict[str, _Entry]) -> _Entry:
    if name not in known:
        raise ValueError(f"the {what} is one of {', '.join(known)}, not {name!r}")
    return known[name]
