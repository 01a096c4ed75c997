"""The least time of a forward pass and of a training step on a device: the roofline.

A layer takes at least the time of its arithmetic at the device's peak, and at least the time of the
bytes that it moves at the device's bandwidth; the larger of the two limits it. Layers that run one
after the other take the sum. A program that keeps everything between layers on the chip still does
all the arithmetic, reads the images and the parameters, and writes the outputs; in training it
reads and writes the parameters and the values of the optimizer. No program beats this bound.

A multiply-add is two operations. All times are exact rationals, in seconds.

Source: Williams, Waterman, Patterson, "Roofline: an insightful visual performance model", 2009.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ...grammar.budget import Work, spend
from ...grammar.errors import NetformError, did_you_mean, quoted
from ...grammar.short_repr import LONGEST, LongTuple, ShortRepr, cut
from ..algebra.polynomials import Poly, value_at, whole
from ..algebra.rates import rounded
from ..algebra.units import json_number
from ..costs.evaluated import EvaluatedNetwork
from ..costs.memory import SLOTS, slots_of
from ..costs.totals import Totals, shares
from ..costs.traffic import moved_values, read_of_image, updated_values
from .data_types import DATA_TYPES, MODES
from .machines import Machine

if TYPE_CHECKING:
    from ..network import Network

_STEPS_OF_A_ROW = 40


@dataclass(frozen=True, slots=True)
class Bound(ShortRepr):
    """Work of some layers on a machine: operations, bytes, and the seconds that each takes."""

    flops: int
    bytes: int
    arithmetic_time: Fraction
    memory_time: Fraction

    @property
    def time(self) -> Fraction:
        """The least seconds: the larger of both."""
        return max(self.arithmetic_time, self.memory_time)

    @property
    def limited_by(self) -> str | None:
        """``arithmetic`` or ``memory``, whichever takes longer; None where nothing is done."""
        if not self.time:
            return None
        return "arithmetic" if self.arithmetic_time > self.memory_time else "memory"

    @property
    def intensity(self) -> Fraction | None:
        """Operations for each byte; None where no byte moves."""
        return Fraction(self.flops, self.bytes) if self.bytes else None

    def as_json(self) -> dict[str, Any]:
        """JSON values; all numbers are exact but ``seconds_float``, which is rounded."""
        return {
            "flops": self.flops,
            "bytes": self.bytes,
            "intensity": _json(self.intensity),
            "limited_by": self.limited_by,
            **times_json(self.time),
        }


@dataclass(frozen=True, slots=True)
class LayerBound(ShortRepr):
    """The bound of one layer, by its name."""

    name: str
    text: str
    bound: Bound


@dataclass(frozen=True, slots=True)
class StepBound(ShortRepr):
    """A step with ``batch`` images: its layers that do anything, their sum, and the whole.

    ``total`` are the operations and bytes of all layers; they run one after the other, which takes
    ``time``. ``whole`` is the bound of any program that does these multiply-adds.
    """

    batch: Fraction
    layers: Sequence[LayerBound]
    total: Bound
    time: Fraction
    whole: Bound

    @property
    def images_per_second(self) -> Fraction | None:
        """The most images a second, layer by layer; None where nothing is done."""
        return self.batch / self.time if self.time else None

    @property
    def most_images_per_second(self) -> Fraction | None:
        """The images a second that no program can beat; None where nothing is done."""
        return self.batch / self.whole.time if self.whole.time else None

    def as_json(self) -> dict[str, Any]:
        """JSON values: every layer, all layers one after the other, and any program."""
        total = self.total.as_json() | times_json(self.time)
        del total["limited_by"]  # each layer has its own
        rates = (self.images_per_second, self.most_images_per_second)
        one_by_one, any_program = (
            {
                "images_per_second": _json(rate),
                "images_per_second_float": None if rate is None else rounded(rate),
            }
            for rate in rates
        )
        return {
            "layers": [{"name": found.name, **found.bound.as_json()} for found in self.layers],
            "layer_by_layer": total | one_by_one,
            "any_program": self.whole.as_json() | any_program,
        }


@dataclass(frozen=True, slots=True)
class Roofline(ShortRepr):
    """The bounds of a network on a machine: of a forward pass, and of a training step.

    ``fused`` says that layers that work in place move no maps.
    """

    network: str
    machine: Machine
    w: Fraction
    B: Fraction
    optimizer: str
    fused: bool
    inference: StepBound
    training: StepBound

    def __repr__(self) -> str:
        return cut(f"Roofline of {self.network} on {self.machine.name}, B = {self.B}", LONGEST)

    def of(self, mode: str) -> StepBound:
        """The bounds of a mode, ``inference`` or ``training``."""
        return {"inference": self.inference, "training": self.training}[mode]

    def as_json(self, modes: Sequence[str] = MODES) -> dict[str, Any]:
        """JSON values: integers, ``p/q`` as text, and what ends with ``_float`` rounded."""
        return {
            "network": self.network,
            "device": self.machine.as_json(),
            "symbols": {"w": json_number(self.w), "B": json_number(self.B)},
            "optimizer": self.optimizer,
            "fused": self.fused,
            "flops_per_multiply_add": 2,
            **{mode: self.of(mode).as_json() for mode in modes},
        }


def times_json(seconds: Fraction) -> dict[str, Any]:
    """A time in seconds, exactly and rounded."""
    return {"seconds": json_number(seconds), "seconds_float": rounded(seconds)}


def _json(number: Fraction | None) -> int | str | None:
    return None if number is None else json_number(number)


def roofline(
    network: Network,
    machine: Machine,
    w: Any = 1,
    B: Any = 1,
    optimizer: str | None = None,
    fused: bool = False,
) -> Roofline:
    """The bounds of a network on a machine, at a width and a batch.

    The optimizer is the network's own, with its averaged weights and split batches, unless given.
    Raises NetformError where no such network exists, or no optimizer has the name.
    """
    own = network.train
    check_optimizer(optimizer)
    at = network.at(w, B)
    model = optimizer or own.optimizer, own.copies if optimizer is None else 0
    step = _Step(at, machine, *model, fused)
    bounds = (step.bound_of(mode) for mode in MODES)
    return Roofline(network.name, machine, at.w, at.B, model[0], fused, *bounds)


def check_optimizer(name: str | None) -> None:
    """Raise NetformError where no optimizer has this name; None is the network's own."""
    if name is not None and name not in SLOTS:
        raise NetformError(f"no optimizer is called {quoted(name)}", hint=did_you_mean(name, SLOTS))


@dataclass(frozen=True, slots=True)
class _Step:
    """A network at a point, on a machine, with the model of its training."""

    at: EvaluatedNetwork
    machine: Machine
    optimizer: str
    copies: int
    fused: bool

    def bound_of(self, mode: str) -> StepBound:
        """The bounds of a mode."""
        layers = LongTuple(self._layers(mode))
        flops = sum(layer.bound.flops for layer in layers)
        total = self._bound(flops, sum(layer.bound.bytes for layer in layers))
        time = sum((layer.bound.time for layer in layers), Fraction(0))
        whole = self._bound(flops, self._bytes_of_any_program(mode) if layers else 0)
        return StepBound(self.at.B, layers, total, time, whole)

    def _layers(self, mode: str) -> Iterator[LayerBound]:
        known: dict[int, Bound] = {}  # of shares, which equal layers have
        for layer, share in shares(self.at.formulas.layers):
            spend(_STEPS_OF_A_ROW, Work.LAYERS)
            if id(share) not in known:
                known[id(share)] = self._bound_of(share, mode)
            bound = known[id(share)]
            if bound.time:
                yield LayerBound(layer.name, layer.text, bound)

    def _bound_of(self, share: Totals, mode: str) -> Bound:
        """The bound of what a layer adds to the totals."""
        moved = moved_values(share, mode, self.optimizer, self.copies, self.fused)
        macs = share.macs if mode == "inference" else share.train_macs
        return self._bound(self._number(macs * share.batch) * 2, self._bytes(*moved))

    def _bytes_of_any_program(self, mode: str) -> int:
        """Images, parameters and outputs once; in training variables twice, and no outputs."""
        layers, totals = self.at.formulas.layers, self.at.formulas.totals
        image = max(self._number(values * totals.batch) for values in read_of_image(layers))
        policy = DATA_TYPES[self.machine.dtype].policy
        if mode == "training":
            variables = updated_values(totals, slots_of(self.optimizer), self.copies) * 2
            return image * policy.compute + self._number(variables) * policy.variable
        output = layers[-1].output.values * totals.batch
        return (image + self._number(output + totals.params)) * policy.compute

    def _bytes(self, flowing: Poly, staying: Poly) -> int:
        policy = DATA_TYPES[self.machine.dtype].policy
        return self._number(flowing) * policy.compute + self._number(staying) * policy.variable

    def _number(self, poly: Poly) -> int:
        return whole(value_at(poly, self.at.point))

    def _bound(self, flops: int, moved: int) -> Bound:
        machine = self.machine
        return Bound(flops, moved, flops / machine.arithmetic, moved / machine.bandwidth)
