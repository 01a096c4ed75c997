"""The parts of a step's memory at numbers for all symbols, and which of them is the largest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ...grammar.short_repr import ShortRepr
from ..algebra.polynomials import exact
from ..costs.memory import POLICIES
from ..costs.quantities import QUANTITIES, Quantity
from ..graph.symbols import WIDTH_AND_BATCH
from ..memory.account import Account, account_of
from ..memory.cases import in_letters
from ..memory.profiled_quantity import (
    ProfiledQuantity,
    by_profile,
    quantities_by_profile,
)
from ..memory.profiles import check_dtype

if TYPE_CHECKING:
    from ..network import Network


@dataclass(frozen=True, slots=True)
class Dominant(ShortRepr):
    """What takes most of a memory of ``total`` bytes: a part, and a layer by what it made."""

    total: int
    part: str
    part_bytes: int
    layer: str
    layer_bytes: int


def dominant(
    network: Network,
    quantity: ProfiledQuantity,
    values: Mapping[str, Any],
    dtype: str,
    optimizer: str,
    copies: int,
) -> Dominant:
    """What takes most of the memory at some values of the network's symbols."""
    account = account_at(network, quantity, values, dtype, optimizer, copies)
    parts = _parts(account)
    part = max(parts, key=parts.__getitem__)
    layers = {
        layer.name: sum(_number(account, tensor.bytes) for tensor in tensors)
        for layer, tensors in account.by_layer()
    }
    layer = max(layers, key=layers.__getitem__, default="")
    total = _number(account, account.total)
    return Dominant(total, part, parts[part], layer, layers.get(layer, 0))


def parts_at(
    network: Network,
    quantity: Quantity,
    values: Mapping[str, Any],
    dtype: str,
    optimizer: str,
    copies: int,
) -> dict[str, int]:
    """The bytes of every part at some values of the symbols; parts without any are left out."""
    if isinstance(quantity, ProfiledQuantity):
        return _parts(account_at(network, quantity, values, dtype, optimizer, copies))
    lets = {name: value for name, value in values.items() if name not in WIDTH_AND_BATCH}
    scales = {name: value for name, value in values.items() if name in WIDTH_AND_BATCH}
    at, size = network.at(**scales, values=lets), POLICIES[dtype].variable
    total = at.of(quantity, dtype=dtype, optimizer=optimizer, copies=copies)
    parts = {"parameters": at.params * size}
    if quantity.name == "memory_training":
        parts["gradients"] = at.trainable * size
        parts["averaged"] = at.trainable * copies * size
        without = at.of(quantity, dtype=dtype, optimizer="sgd", copies=copies)
        parts["optimizer"] = total - without
    parts["activations"] = total - sum(parts.values())
    return {name: size for name, size in parts.items() if size}


def account_at(
    network: Network,
    quantity: ProfiledQuantity,
    values: Mapping[str, Any],
    dtype: str,
    optimizer: str,
    copies: int,
    rounding: str | None = None,
) -> Account:
    """The account by a profile at some values of the symbols; w and B are 1 unless given."""
    check_dtype(dtype, quantity.profile)
    given = {name: exact(value) for name, value in values.items()}
    at = {name: given.pop(name, Fraction(1)) for name in WIDTH_AND_BATCH}
    network = network.having(**given) if given else network
    found = in_letters(network, (), at["w"], rounding)
    return account_of(found, at, quantity.profile, dtype, optimizer, copies, quantity.mode)


def total_at(
    network: Network,
    quantity: ProfiledQuantity,
    values: Mapping[str, Any],
    dtype: str,
    optimizer: str,
    copies: int,
    rounding: str | None = None,
) -> int:
    """All bytes by a profile at some values of the symbols; w and B are 1 unless given."""
    account = account_at(network, quantity, values, dtype, optimizer, copies, rounding)
    return _number(account, account.total)


def memory_totals(
    network: Network,
    profile: str,
    mode: str | None,
    values: Mapping[str, Any],
    rounding: str | None = None,
) -> dict[str, int]:
    """All bytes of each purpose by a profile, by their titles, as the network's settings train it.

    Nothing by the textbook, unless a mode is given that it counts in its own way.
    """
    train = network.train
    found = {}
    for title, (name, by, in_mode) in quantities_by_profile(profile, mode).items():
        asked = by_profile(QUANTITIES[name], by, in_mode)
        if isinstance(asked, ProfiledQuantity):
            model = "float32", train.optimizer, train.copies
            found[title] = total_at(network, asked, values, *model, rounding)
    return found


def _parts(account: Account) -> dict[str, int]:
    parts = {name: _number(account, poly) for name, poly in account.parts.items()}
    return {name: size for name, size in parts.items() if size}


def _number(account: Account, poly: Any) -> int:
    figure = account.figure(poly)
    assert isinstance(figure, int)
    return figure
