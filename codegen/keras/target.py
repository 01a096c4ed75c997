"""Keras as a target of netform."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...dsl.kinds import Kind
from ...dsl.network import Network
from ...dsl.questions.output_spec import output_spec_of
from ...dsl.questions.trainable import check
from ..run.training_run import run
from ..target import Target
from .emit import emit
from .spelling import is_spelled


class Keras(Target):
    """Keras 3, on TensorFlow, JAX or PyTorch."""

    def spells(self, kind: type[Kind]) -> bool:
        """Whether Keras has a spelling for the kind."""
        return is_spelled(kind)

    def check(self, network: Network, w: Any = 1, rounding: str | None = None) -> None:
        """Raise NetformError where no program can train the network on its data."""
        evaluated = network.at(w, 1, rounding)
        check(network, evaluated, output_spec_of(network, evaluated))

    def write(self, network: Network, w: Any = 1, rounding: str | None = None) -> str:
        """The Keras program that trains the network at a width."""
        return emit(network, w, rounding)

    def run(
        self, program: str, name: str, folder: Path, options: Sequence[str], quiet: bool
    ) -> dict[str, Any]:
        """Run the program in its run folder with this Python; returns its summary."""
        return run(program, name, folder, options, quiet)


TARGET = Keras()
