"""netform: a convolutional network as a line of text, and what it costs as exact formulas.

>>> import netform
>>> net = netform.parse("input 32x32x3  conv32k3 conv64k3 pool2  conv128k3 pool2  fc10")
>>> net.params
92160*w**2 + 83008*w + 10
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netform.dsl.questions.grid import grid
    from netform.grammar.errors import NetformError
    from netform.network import Network, load, parse, show
    from netform.plots.plot import plot

__version__ = "0.1.0"

__all__ = ["NetformError", "Network", "grid", "load", "parse", "plot", "show"]

_MODULES = {
    "NetformError": "netform.grammar.errors",
    "Network": "netform.network",
    "grid": "netform.dsl.questions.grid",
    "load": "netform.network",
    "parse": "netform.network",
    "plot": "netform.plots.plot",
    "show": "netform.network",
}


def __getattr__(name: str) -> Any:
    """A public name, loaded when it is first used: SymPy takes longer than most commands."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(_MODULES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
