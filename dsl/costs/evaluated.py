"""A network at one width and one batch: the same quantities, as whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ...grammar.budget import Work, spend
from ...grammar.errors import Source
from ...grammar.garbage import garbage_kept
from ..algebra.polynomials import Point, Poly, value_at, whole
from ..graph.build import LayerGraph
from ..graph.layer import Layer
from ..kinds.base.receptive_field import Aperture
from .in_symbols import NetworkInSymbols
from .memory import memory
from .named_quantities import NamedQuantities
from .quantities import QUANTITIES, Quantity

STEPS_OF_A_LAYER = 4


@dataclass(frozen=True, slots=True)
class EvaluatedLayer:
    """One layer's figures: counts are integers, per image; ``output`` is H, W, C."""

    name: str
    text: str
    op: str
    output: tuple[int, ...]
    params: int
    trainable: int
    macs: int
    feature_map: int
    aperture: Aperture
    is_post: bool
    source: Source
    offset: int

    @property
    def is_worth_a_row(self) -> bool:
        """False for layers of a post chain without parameters, which go without saying."""
        return bool(self.params) or not self.is_post

    @property
    def size(self) -> str:
        """The output as text: ``32x32x64``."""
        return "x".join(map(str, self.output))

    @property
    def cells(self) -> tuple[str, ...]:
        """The row of a table: name, text, size, params, macs and feature map."""
        counts = (self.params, self.macs, self.feature_map)
        return self.name, self.text, self.size, *(f"{count:,}" for count in counts)


@dataclass(frozen=True, slots=True)
class EvaluatedNetwork(NamedQuantities[int]):
    """The figures of a network at width ``w`` and batch ``B``.

    ``point`` are the numbers of all letters of ``formulas``.
    """

    formulas: NetworkInSymbols
    w: Fraction
    B: Fraction
    point: Point

    @classmethod
    def at(cls, formulas: NetworkInSymbols, w: Fraction, B: Fraction) -> EvaluatedNetwork:
        """The figures at a width and a batch; raises NetformError where no network exists there."""
        return cls(formulas, w, B, formulas.point({"w": w, "B": B}))

    @property
    def graph(self) -> LayerGraph:
        """The layers in place, from which a program is written."""
        return self.formulas.graph

    def of(self, quantity: Quantity, **model: Any) -> int:
        """The value of a quantity; ``model`` is the dtype, optimizer and copies of memory."""
        return self._value(self.formulas.poly(quantity, **model))

    def __getitem__(self, quantity: str) -> int:
        """The value of a quantity, by its name."""
        return self.of(QUANTITIES[quantity])

    def value_of(self, quantity: str) -> int:
        """The value of a quantity, by its name."""
        return self[quantity]

    @property
    def aperture(self) -> Aperture:
        """The receptive field: what one pixel of the last local map sees of the image."""
        return self.formulas.layers[-1].aperture

    def memory(
        self, purpose: str, dtype: str = "float32", optimizer: str = "adam", copies: int = 0
    ) -> int:
        """Textbook memory in bytes; the purpose is inference or training.

        ``copies`` are values that training keeps for every trainable parameter beside the
        optimizer's: averaged weights, sums of gradients.
        """
        return self._value(memory(self.formulas.totals, purpose, dtype, optimizer, copies))

    @property
    def layers(self) -> list[EvaluatedLayer]:
        """The figures of every layer, the input first; those of equal layers are found once."""
        outputs: dict[int, tuple[int, ...]] = {}  # by the objects, which layers share
        counts: dict[int, dict[str, int]] = {}
        layers = []
        with garbage_kept():
            for layer in self.formulas.layers:
                spend(STEPS_OF_A_LAYER, Work.LAYERS)
                shape, cost = layer.output, layer.cost
                if id(shape) not in outputs:
                    outputs[id(shape)] = self._output(layer)
                if id(cost) not in counts:
                    counts[id(cost)] = self._counts(layer)
                layers.append(
                    EvaluatedLayer(
                        name=layer.name,
                        text=layer.text,
                        op=layer.op,
                        output=outputs[id(shape)],
                        **counts[id(cost)],
                        aperture=layer.aperture,
                        is_post=layer.is_post,
                        source=layer.source,
                        offset=layer.span.start,
                    )
                )
        return layers

    @property
    def input(self) -> tuple[int, ...]:
        """The image: H, W, C."""
        return self._output(self.formulas.layers[0])

    @property
    def output(self) -> tuple[int, ...]:
        """The output of the last layer: H, W, C."""
        return self._output(self.formulas.layers[-1])

    def _output(self, layer: Layer) -> tuple[int, ...]:
        return (*layer.extents, self._value(layer.output.channels))

    def _counts(self, layer: Layer) -> dict[str, int]:
        return {
            "params": self._value(layer.params_poly),
            "trainable": self._value(layer.trainable_poly),
            "macs": self._value(layer.cost.macs),
            "feature_map": self._value(layer.feature_map_poly),
        }

    def _value(self, poly: Poly) -> int:
        return whole(value_at(poly, self.point))
