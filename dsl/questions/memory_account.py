"""What a step of a network keeps in memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ...grammar.garbage import garbage_kept
from ..algebra.polynomials import exact
from ..graph.symbols import WIDTH_AND_BATCH, check_number
from ..memory.account import Account, account_of

if TYPE_CHECKING:
    from ..network import Network


def account(
    network: Network,
    profile: str,
    free: Iterable[str],
    w: Any,
    B: Any,
    dtype: str,
    optimizer: str | None,
    mode: str = "training",
    devices: int = 1,
) -> Account:
    """The account at a width and a batch, with some symbols free.

    Where w is no letter all channels are numbers, since which tensors are copied can depend on
    them.
    """
    chosen = network.free_symbols(free)
    given = {"w": exact(w), "B": exact(B)}
    for name, value in given.items():
        check_number(name, value)
    network.check_width(given["w"])
    lets = tuple(name for name in network.symbols if name in chosen and name not in given)
    has_letter_w = "w" in chosen
    found = network.in_symbols(lets) if has_letter_w else network.in_symbols_at(given["w"], lets)
    values = {name: given[name] for name in WIDTH_AND_BATCH if name not in chosen}
    if values.keys() >= set(found.algebra.names):
        found.point(values)  # raises NetformError where no network exists
    own = network.train
    copies = own.copies if optimizer is None else 0
    with garbage_kept():
        return account_of(
            found,
            values,
            profile,
            dtype,
            optimizer or own.optimizer,
            copies=copies,
            mode=mode,
            devices=devices,
        )
