"""The network a user holds: the formulas of dsl, with the ways out of codegen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from netform.dsl.network import Network as _Network
from netform.dsl.table import Table
from netform.grammar import parser, printer


class Network(_Network):
    __doc__ = _Network.__doc__

    def table(self, w: Any = 1, B: Any = 1, rounding: str | None = None) -> Table:
        """The cost table at a width and a batch."""
        return Table(self.name, self.program.source, self.at(w, B, rounding))

    def emit(self) -> str:
        """The Keras program that trains this network, as source text."""
        from netform.codegen.keras import emit

        return emit(self)


def load(path: str | Path) -> Network:
    """The network in a ``.net`` file; raises NetformError where it is none."""
    return Network(parser.read(path), Path(path).stem)


def parse(text: str, name: str = "network") -> Network:
    """The network that a text says; raises NetformError where it says none."""
    return Network(parser.parse(text), name)


def show(network: _Network) -> str:
    """The network as text in canonical form; ``parse(show(network)) == network``."""
    return printer.show(network.program)
