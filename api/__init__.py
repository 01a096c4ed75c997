"""netform: a convolutional network as a line of text, and what it costs as exact formulas.

>>> import netform
>>> net = netform.parse("input 32x32x3  conv32k3 conv64k3 pool2  conv128k3 pool2  fc10")
>>> net.params
92160*w**2 + 83008*w + 10
"""

from __future__ import annotations

from netform.dsl.questions.grid import grid
from netform.grammar.errors import NetformError
from netform.network import Network, load, parse, show
from netform.plots.plot import plot

__version__ = "0.1.0"

__all__ = ["NetformError", "Network", "grid", "load", "parse", "plot", "show"]
