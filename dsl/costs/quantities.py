"""The quantities of a network: one row each, with unit, meaning, value and derivation.

Commands, questions, derivations and the reference read these rows;
docs/contributing/adding-a-quantity.md adds one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from ...grammar.errors import NetformError, did_you_mean, quoted
from ...grammar.short_repr import ShortRepr
from .layer_rules import (
    Adds,
    feature_map,
    multiply_adds,
    operations,
    parameters,
    training_multiply_adds,
)
from .memory import memory
from .traffic_rules import inference_traffic, training_traffic

if TYPE_CHECKING:  # the names below need no SymPy
    from ..algebra.polynomials import Poly
    from .totals import Totals


class Way(Enum):
    """How a quantity of the whole network is derived."""

    SUM = "what every layer adds, and their sum"
    FROM_MACS = "the multiply-adds, and how often each counts"
    MEMORY = "what the model of memory needs, and the model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity(ShortRepr):
    """A number that a network has for every width w (and batch B).

    ``poly`` takes totals, of the network or of one layer, and by name the ``dtype``, ``optimizer``
    and ``copies``, of which the value depends on those in ``depends_on``. ``adds`` are the rules
    of what a layer adds; ``nothing`` explains why a layer adds nothing. Memory has neither:
    its model is applied to the layer. ``in_table`` is true if the table's totals show it.
    """

    name: str
    unit: str
    meaning: str
    poly: Callable[..., Poly]
    way: Way = Way.SUM
    adds: Adds | None = None
    nothing: str = ""
    depends_on: tuple[str, ...] = ()
    in_table: bool = False

    def __repr__(self) -> str:
        return f"Quantity({self.name})"

    def __reduce__(self) -> tuple[object, ...]:
        return quantity_of, (self.name,)


_ALL = (
    Quantity(
        name="params",
        unit="values",
        meaning="all parameters, as the framework counts them",
        poly=lambda totals, **_: totals.params,
        adds=parameters("weights", "biases", "non_trainable"),
        nothing="no parameters",
        in_table=True,
    ),
    Quantity(
        name="trainable",
        unit="values",
        meaning="parameters that training changes",
        poly=lambda totals, **_: totals.trainable,
        adds=parameters("weights", "biases"),
        nothing="nothing to train",
        in_table=True,
    ),
    Quantity(
        name="non_trainable",
        unit="values",
        meaning="statistics that norms keep",
        poly=lambda totals, **_: totals.non_trainable,
        adds=parameters("non_trainable"),
        nothing="no statistics to keep",
    ),
    Quantity(
        name="weights",
        unit="values",
        meaning="trainable parameters except the biases",
        poly=lambda totals, **_: totals.weights,
        adds=parameters("weights"),
        nothing="no weights",
    ),
    Quantity(
        name="biases",
        unit="values",
        meaning="biases, and the shifts of norms",
        poly=lambda totals, **_: totals.biases,
        adds=parameters("biases"),
        nothing="no biases",
    ),
    Quantity(
        name="macs",
        unit="multiply-adds",
        meaning="forward pass of one image",
        poly=lambda totals, **_: totals.macs,
        adds=multiply_adds,
        nothing="nothing is multiplied and added",
        in_table=True,
    ),
    Quantity(
        name="flops",
        unit="operations",
        meaning="forward pass of one image: 2 * macs",
        poly=lambda totals, **_: totals.flops,
        way=Way.FROM_MACS,
        adds=operations,
        nothing="nothing is multiplied and added",
        in_table=True,
    ),
    Quantity(
        name="train_macs",
        unit="multiply-adds",
        meaning="forward and backward pass of one image",
        poly=lambda totals, **_: totals.train_macs,
        way=Way.FROM_MACS,
        adds=training_multiply_adds,
        nothing="nothing is multiplied and added",
        in_table=True,
    ),
    Quantity(
        name="feature_maps",
        unit="values",
        meaning="one image and all outputs kept for it",
        poly=lambda totals, **_: totals.feature_maps,
        adds=feature_map,
        nothing="it works in place",
        in_table=True,
    ),
    Quantity(
        name="memory_inference",
        unit="bytes",
        meaning="textbook memory of inference",
        poly=lambda totals, **model: memory(totals, "inference", **model),
        way=Way.MEMORY,
        depends_on=("dtype",),
    ),
    Quantity(
        name="memory_training",
        unit="bytes",
        meaning="textbook memory of a training step, with Adam unless another optimizer is given",
        poly=lambda totals, **model: memory(totals, "training", **model),
        way=Way.MEMORY,
        depends_on=("dtype", "optimizer", "copies"),
    ),
    Quantity(
        name="traffic_inference",
        unit="bytes",
        meaning="least bytes that a forward pass moves, layer by layer",
        poly=lambda totals, **model: moved_bytes(totals, "inference", **model),
        adds=inference_traffic,
        nothing="nothing moves",
        depends_on=("dtype",),
    ),
    Quantity(
        name="traffic_training",
        unit="bytes",
        meaning="least bytes that a training step moves, layer by layer, with Adam unless another "
        "optimizer is given",
        poly=lambda totals, **model: moved_bytes(totals, "training", **model),
        adds=training_traffic,
        nothing="nothing moves",
        depends_on=("dtype", "optimizer", "copies"),
    ),
)


def moved_bytes(totals: Totals, purpose: str, **model: Any) -> Poly:
    """Bytes that move; the rules of every kind are loaded when they are first needed."""
    from .traffic import traffic

    return traffic(totals, purpose, **model)


QUANTITIES: dict[str, Quantity] = {quantity.name: quantity for quantity in _ALL}
SHORT_NAMES = {"memory": "memory_training"}  # of quantities
NAMES_OF_QUANTITIES = (*QUANTITIES, *SHORT_NAMES)


def quantity_of(name: str) -> Quantity:
    """The quantity of a name, or of a short name; raises NetformError if there is none."""
    found = full_name(name)
    if found not in QUANTITIES:
        raise NetformError(
            f"no quantity is called {quoted(name)}", hint=did_you_mean(name, NAMES_OF_QUANTITIES)
        )
    return QUANTITIES[found]


def full_name(name: str) -> str:
    """The name of a quantity for its name or short name; other words as they are."""
    return SHORT_NAMES.get(name, name)
