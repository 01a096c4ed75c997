"""The quantities a network has: their names, units and meanings, in one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...grammar.errors import NetformError, did_you_mean
from .memory import memory

if TYPE_CHECKING:  # the names below need no SymPy
    from ..algebra.polynomials import Poly


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that a network has for every width w (and batch B).

    ``poly`` takes the totals and, by name, the ``dtype``, ``optimizer`` and ``copies`` that only
    memory depends on.
    """

    name: str
    unit: str
    meaning: str
    poly: Callable[..., Poly]


_ALL = (
    Quantity(
        "params", "values", "all parameters, as the framework counts them", lambda t, **_: t.params
    ),
    Quantity("trainable", "values", "parameters that training changes", lambda t, **_: t.trainable),
    Quantity(
        "non_trainable", "values", "statistics that norms keep", lambda t, **_: t.non_trainable
    ),
    Quantity(
        "weights", "values", "trainable parameters but for the biases", lambda t, **_: t.weights
    ),
    Quantity("biases", "values", "biases, and the shifts of norms", lambda t, **_: t.biases),
    Quantity("macs", "multiply-adds", "forward pass of one image", lambda t, **_: t.macs),
    Quantity("flops", "operations", "forward pass of one image: 2 * macs", lambda t, **_: t.flops),
    Quantity(
        "train_macs",
        "multiply-adds",
        "forward and backward pass of one image",
        lambda t, **_: t.train_macs,
    ),
    Quantity(
        "feature_maps",
        "values",
        "one image and all outputs kept for it",
        lambda t, **_: t.feature_maps,
    ),
    Quantity(
        "memory_inference",
        "bytes",
        "textbook memory of inference",
        lambda t, **model: memory(t, "inference", **model),
    ),
    Quantity(
        "memory_training",
        "bytes",
        "textbook memory of a training step, with Adam unless said",
        lambda t, **model: memory(t, "training", **model),
    ),
)

QUANTITIES: dict[str, Quantity] = {quantity.name: quantity for quantity in _ALL}
SHORT_NAMES = {"memory": "memory_training"}  # of quantities


def quantity_of(name: str) -> Quantity:
    """The quantity of a name, or of a short name; raises NetformError where there is none."""
    full = SHORT_NAMES.get(name, name)
    if full not in QUANTITIES:
        raise NetformError(f"no quantity is called {name}", hint=did_you_mean(name, QUANTITIES))
    return QUANTITIES[full]
