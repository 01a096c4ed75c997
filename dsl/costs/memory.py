"""The textbook model of memory: what inference and training keep, in bytes.

    inference   feature maps + parameters
    training    feature maps + error signals + parameters + gradients + optimizer slots

Feature maps are the image and every output that is kept (``feature_maps``); an error signal
belongs to every output but not to the image, a gradient to every trainable parameter, and slots
are the values that Keras' optimizers keep beside single numbers such as a count of steps.
Norms, activations and dropout work in place. A real framework takes more memory: workspaces,
copies, and what its implementation of a layer keeps for the backward pass.

Source: the books' model, as in lectures on memory and computation in convolutional networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:  # the tables below need no SymPy
    from ..algebra.polynomials import Poly
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


@dataclass(frozen=True, slots=True)
class Slots:
    """The values that an optimizer keeps: ``each`` for every trainable parameter.

    ``sums`` means that it also keeps one for every row and column of kernels, along their last two
    axes, and ``spares_matrices`` that a weight of a matrix has one less, except in the last layers.
    """

    each: int
    sums: bool = False
    spares_matrices: bool = False

    def values(self, totals: Totals) -> Poly:
        """How many values these are."""
        found = totals.trainable * self.each
        if self.sums:
            found = found + totals.sums
        return found - totals.matrices if self.spares_matrices else found


SLOTS = {
    "sgd": Slots(0),
    "momentum": Slots(1),
    "rmsprop": Slots(1),
    "adagrad": Slots(1),
    "lion": Slots(1),
    "adam": Slots(2),
    "adamw": Slots(2),
    "adamax": Slots(2),
    "nadam": Slots(2),
    "adadelta": Slots(2),
    "lamb": Slots(2),
    "ftrl": Slots(2),
    "adafactor": Slots(1, sums=True),
    "muon": Slots(2, spares_matrices=True),
    "schedulefree": Slots(2),
}


def memory(
    totals: Totals,
    purpose: str,
    dtype: str = "float32",
    optimizer: str = "adam",
    copies: int = 0,
) -> Poly:
    """Bytes for one step, as a polynomial in w and the batch B.

    ``copies`` are values that training keeps for every trainable parameter beside the
    optimizer's: averaged weights, and the sum of the gradients of a batch that is split; B are then the
    images of one part. Raises ValueError for a purpose, data type or optimizer that is not listed
    here.
    """
    policy, slots = policy_of(dtype), slots_of(optimizer)
    if purpose == "inference":
        return totals.feature_maps * totals.batch * policy.compute + totals.params * policy.variable
    if purpose == "training":
        flowing = totals.feature_maps + totals.error_signals
        variables = totals.params + totals.trainable * (1 + copies) + slots.values(totals)
        return flowing * totals.batch * policy.compute + variables * policy.variable
    raise ValueError(f"memory is for inference or training, not for {purpose!r}")


def policy_of(dtype: str) -> Policy:
    """The bytes of a data type policy; raises ValueError for one that is not listed here."""
    return _listed("data type", dtype, POLICIES)


def slots_of(optimizer: str) -> Slots:
    """What an optimizer keeps; raises ValueError for one that is not listed here."""
    return _listed("optimizer", optimizer, SLOTS)


def training_in_words(optimizer: str, copies: int) -> str:
    """What training keeps for its parameters.

    >>> training_in_words("adam", 0), training_in_words("adam", 2)
    ('adam', 'adam + 2 values a parameter')
    """
    more = f" + {copies} value{'s' if copies > 1 else ''} a parameter" if copies else ""
    return f"{optimizer}{more}"


def _listed(what: str, name: str, known: dict[str, _Entry]) -> _Entry:
    if name not in known:
        raise ValueError(f"the {what} is one of {', '.join(known)}, not {name!r}")
    return known[name]
