"""The account of a training step's memory: what takes how much, by the model of a profile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ...grammar.errors import NetformError, did_you_mean, quoted
from ...grammar.short_repr import ShortRepr
from ..algebra.polynomials import Poly, sum_of_polynomials, value_at, whole
from ..algebra.units import json_number
from ..costs.in_symbols import NetworkInSymbols
from ..costs.memory import SLOTS
from ..graph.layer import Layer
from . import keras_torch_profile, textbook_profile, torch_profile
from .kept import BYTES, KeptTensor
from .profiles import PROFILES

if TYPE_CHECKING:
    from sympy import Expr


_KEPT_TENSORS: Mapping[str, Callable[[Sequence[Layer], str], Sequence[KeptTensor]]] = {
    "textbook": textbook_profile.kept_tensors,
    "torch": torch_profile.kept_tensors,
    "keras-torch": keras_torch_profile.kept_tensors,
}


@dataclass(frozen=True)
class Account(ShortRepr):
    """What a training step keeps in memory, in bytes, as polynomials in the network's letters.

    ``values`` are the numbers of letters that are not free. ``parts`` are sums by purpose, ``kept``
    the tensors between the passes, in the order in which they are kept.
    """

    profile: str
    network: NetworkInSymbols
    values: Mapping[str, Fraction]
    parts: Mapping[str, Poly]
    kept: Sequence[KeptTensor]

    def figure(self, poly: Poly) -> int | Expr:
        """Bytes as a number; as an expression where a letter has no value."""
        algebra = self.network.algebra
        if self.values.keys() >= set(algebra.names):
            return whole(value_at(poly, algebra.point(self.values)))
        known = {name: value for name, value in self.values.items() if name in algebra.names}
        return self.network.expression(poly).subs(known)

    @property
    def total(self) -> Poly:
        """All parts together."""
        return sum_of_polynomials(self.parts.values())

    def as_json(self) -> dict[str, Any]:
        """The account as JSON values: numbers are integers, formulas text."""
        return {
            "profile": self.profile,
            "mode": "training",
            "symbols": {name: json_number(value) for name, value in self.values.items()},
            "parts": {name: self._json(poly) for name, poly in self.parts.items()},
            "total": self._json(self.total),
            "layers": [
                {"name": layer.name, "kept": [self._tensor(tensor) for tensor in tensors]}
                for layer, tensors in self.by_layer()
            ],
        }

    def _tensor(self, tensor: KeptTensor) -> dict[str, Any]:
        return {
            "tensor": tensor.tensor,
            "dtype": tensor.dtype,
            "bytes": self._json(tensor.bytes),
            "why": "; ".join(tensor.why),
        }

    def _json(self, poly: Poly) -> int | str:
        figure = self.figure(poly)
        return figure if isinstance(figure, int) else str(figure)

    def by_layer(self) -> Iterator[tuple[Layer, list[KeptTensor]]]:
        """The layers in order, and what is kept of what each of them made."""
        place = {layer: number for number, layer in enumerate(self.network.layers)}
        found = sorted(self.kept, key=lambda tensor: place[tensor.layer])
        for layer, tensors in groupby(found, key=lambda tensor: tensor.layer):
            yield layer, list(tensors)


def account_of(
    network: NetworkInSymbols,
    values: Mapping[str, Fraction],
    profile: str = "torch",
    dtype: str = "float32",
    optimizer: str = "adam",
    copies: int = 0,
) -> Account:
    """The account of a training step, at some values of the network's letters.

    ``copies`` are values that training keeps for every trainable parameter beside the
    optimizer's: averaged weights, sums of gradients. Raises NetformError where no profile has the
    name, or it cannot follow the network.
    """
    check_profile(profile)
    totals, size = network.totals, BYTES[dtype]
    kept = _KEPT_TENSORS[profile](network.layers, dtype)
    parts = {
        "parameters": totals.params * size,
        "gradients": totals.trainable * size,
        "optimizer": SLOTS[optimizer].values(totals) * size,
        "copies": totals.trainable * (copies * size),
        "activations": sum_of_polynomials(tensor.bytes for tensor in kept),
    }
    return Account(profile, network, values, parts, kept)


def check_profile(name: str) -> None:
    """Raise NetformError where no profile has this name."""
    if name not in PROFILES:
        raise NetformError(
            f"no profile is called {quoted(name)}", hint=did_you_mean(name, PROFILES)
        )
