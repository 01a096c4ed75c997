"""Time netform on VGG-16: the text parsed, every formula and every aperture; prints JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from sympy import Expr
from sympy.core.cache import clear_cache
from timing import measure

import netform
from netform.dsl.aperture import Aperture
from netform.dsl.quantities import QUANTITIES

VGG16 = """
input 224x224x3
conv64k3  conv64k3             pool2
conv128k3 conv128k3            pool2
conv256k3 conv256k3 conv256k3  pool2
conv512k3 conv512k3 conv512k3  pool2
conv512k3 conv512k3 conv512k3  pool2
fc4096 drop0.5  fc4096 drop0.5  fc1000
"""
TRUE = {"params": 138_357_544, "macs": 15_470_264_320}


def count(net: netform.Network) -> tuple[dict[str, Expr], list[Aperture]]:
    """Every total as a formula in w and B; the network's aperture and each layer's."""
    formulas = {quantity: net.formula(quantity) for quantity in QUANTITIES}
    return formulas, [net.aperture, *(layer.aperture for layer in net.layers)]


def time_netform(before: Callable[[], object] = lambda: None) -> dict[str, Any]:
    timing, (formulas, apertures) = measure(lambda: netform.parse(VGG16), count, before)
    values = {quantity: int(formulas[quantity].subs("w", 1)) for quantity in TRUE}
    assert values == TRUE, f"VGG-16 has {TRUE}, but netform counts {values}"
    assert apertures[0].size == (212, 212), f"VGG-16 sees 212 pixels, not {apertures[0].size}"
    return {"version": netform.__version__, "device": "text"} | asdict(timing) | values


def main() -> None:
    rows = {
        "netform": time_netform(),
        "netform, no SymPy cache": time_netform(before=clear_cache),
    }
    print(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
