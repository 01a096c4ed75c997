"""What a target is: a framework that netform writes training programs for.

A target is one folder beside codegen/keras, whose module ``target`` has an object TARGET with
these methods. To add one, add the folder and its name to TARGETS.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from ..dsl.kinds import Kind
from ..dsl.network import Network

TARGETS = ("keras",)


class Target(Protocol):
    """A framework that networks are trained with."""

    def spells(self, kind: type[Kind]) -> bool:
        """Whether the target can write layers of a kind."""

    def check(self, network: Network, w: Any = 1, rounding: str | None = None) -> None:
        """Raise NetformError where no program can train the network on its data."""

    def write(self, network: Network, w: Any = 1, rounding: str | None = None) -> str:
        """The program that trains the network at a width; raises NetformError as ``check``."""

    def run(
        self, program: str, name: str, folder: Path, options: Sequence[str], quiet: bool
    ) -> dict[str, Any]:
        """Run the program in its run folder; returns its summary."""


def target(name: str = TARGETS[0]) -> Target:
    """The target of a name."""
    found: Target = import_module(f".{name}.target", __package__).TARGET
    return found


def safe_name(name: str) -> str:
    """A name made of word characters, for a model or a folder.

    >>> safe_name("my net (2)")
    'my_net_2'
    """
    return re.sub(r"[^0-9A-Za-z_]+", "_", name).strip("_")[:60] or "network"
