"""What the lowering of a network's convolutions takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..algebra.polynomials import exact
from ..costs.memory import POLICIES
from ..graph.symbols import WIDTH_AND_BATCH, check_number
from ..memory.lowering import Lowering, lowered_layers
from ..memory.profiles import IMAGES, check_name

if TYPE_CHECKING:
    from ..network import Network


def lowering(
    network: Network, images: str, free: Iterable[str], w: Any, B: Any, dtype: str
) -> Lowering:
    """The matrices at a width and a batch, with some symbols free.

    Raises NetformError where no such network exists, or a name is not one of those listed.
    """
    check_name("lowering", images, IMAGES)
    check_name("data type", dtype, dict.fromkeys(POLICIES, ""))
    given = {"w": exact(w), "B": exact(B)}
    for name, value in given.items():
        check_number(name, value)
    network.check_width(given["w"])
    chosen = network.free_symbols(free)
    found = network.in_symbols(name for name in chosen if name not in given)
    values = {name: given[name] for name in WIDTH_AND_BATCH if name not in chosen}
    if values.keys() >= set(found.algebra.names):
        found.point(values)  # raises NetformError where no network exists
    layers = tuple(lowered_layers(found.layers))
    return Lowering(found, values, images, POLICIES[dtype].compute, layers)
