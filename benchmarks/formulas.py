"""Time netform: the text parsed, every formula and every aperture; prints JSON.

python benchmarks/formulas.py VGG-16
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from networks import NETWORKS, Known
from sympy import Expr
from sympy.core.cache import clear_cache
from timing import measure

import netform
from netform.dsl.costs.quantities import QUANTITIES
from netform.dsl.kinds.base.receptive_field import Aperture


def count(net: netform.Network) -> tuple[dict[str, Expr], list[Aperture]]:
    """Every total as a formula in w and B; the network's aperture and each layer's."""
    formulas = {quantity: net.formula(quantity) for quantity in QUANTITIES}
    return formulas, [net.aperture, *(layer.aperture for layer in net.layers)]


def time_netform(known: Known, before: Callable[[], object] = lambda: None) -> dict[str, Any]:
    timing, (formulas, apertures) = measure(lambda: netform.parse(known.text), count, before)
    true = {"trainable": known.trainable, "non_trainable": known.statistics, "macs": known.macs}
    values = {quantity: int(formulas[quantity].subs("w", 1)) for quantity in true}
    assert values == true, f"the network has {true}, but netform counts {values}"
    size = (known.aperture, known.aperture)
    assert apertures[0].size == size, f"the network sees {size}, not {apertures[0].size}"
    return {"version": netform.__version__, "device": "text"} | asdict(timing) | values


def main(network: str) -> None:
    known = NETWORKS[network]
    rows = {
        "netform": time_netform(known),
        "netform, no SymPy cache": time_netform(known, before=clear_cache),
    }
    print(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
