"""The train settings: how the program trains."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ...grammar.short_repr import ShortRepr


@dataclass(frozen=True, slots=True)
class Train(ShortRepr):
    """How the program trains.

    The length is ``epochs``, or ``steps`` of a batch each where that is given. ``decay`` is the
    weight decay, without biases and norms; ``warmup`` and ``early`` are epochs, ``split`` the
    micro-batches of a step, ``clip`` the largest norm of all gradients together, ``smooth`` the
    label smoothing and ``ema`` the momentum of averaged weights; 0 turns it off. ``logs``  are
    further things to write. ``device`` is ``cpu``, or ``gpu:`` and a card's number; ``memory`` the
    most bytes of a card to take, 0 is all; ``devices`` is how many share every batch.
    """

    optimizer: str = "adam"
    learning_rate: Fraction = Fraction(1, 1000)
    batch: int = 32
    epochs: int = 10
    steps: int = 0
    decay: Fraction = Fraction(0)
    schedule: str | None = None
    warmup: int = 0
    early: int = 0
    split: int = 1
    clip: Fraction = Fraction(0)
    smooth: Fraction = Fraction(0)
    ema: Fraction = Fraction(0)
    policy: str = "float32"
    jit: bool | None = None
    balanced: bool = False
    logs: tuple[str, ...] = ()
    device: str | None = None
    memory: int = 0
    devices: int = 1

    @property
    def copies(self) -> int:
        """Values that are kept for every trainable parameter, beside the optimizer's own."""
        return (self.ema > 0) + (self.split > 1)
