"""A network at one width and one batch: the same quantities, as whole numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ...grammar.budget import Work, spend
from ...grammar.errors import Source
from ...grammar.garbage import garbage_kept
from ...grammar.short_repr import LONGEST, LongTuple, ShortRepr, cut
from ..algebra.polynomials import Point, Poly, value_at, whole
from ..graph.build import LayerGraph
from ..graph.layer import Layer
from ..kinds.base.cost import Cost
from ..kinds.base.receptive_field import Aperture
from ..kinds.base.shape import Shape
from .in_symbols import NetworkInSymbols
from .memory import memory
from .named_quantities import NamedQuantities
from .quantities import Quantity, quantity_of
from .totals import shares

STEPS_OF_A_LAYER = 2


@dataclass(frozen=True, slots=True)
class EvaluatedLayer(ShortRepr):
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

    def __repr__(self) -> str:
        return cut(f"Layer {self.name}: {self.text}, {self.size}", LONGEST)

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
class EvaluatedNetwork(NamedQuantities[int], ShortRepr):
    """The figures of a network at width ``w`` and batch ``B``.

    ``point`` are the numbers of all letters of ``formulas``.
    """

    formulas: NetworkInSymbols
    w: Fraction
    B: Fraction
    point: Point

    def __repr__(self) -> str:
        size = f"{len(self.formulas.layers):,} layers, {self.params:,} parameters"
        return cut(f"Network at w = {self.w}, B = {self.B}: {size}", LONGEST)

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
        return self.of(quantity_of(quantity))

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
    def layers(self) -> Sequence[EvaluatedLayer]:
        """The figures of every layer, the input first."""
        with garbage_kept():
            return LongTuple(self.layers_at(range(len(self.formulas.layers))))

    def layer_at(self, number: int) -> EvaluatedLayer:
        """The figures of a layer by its number; the input is 0."""
        return next(self.layers_at([number]))

    def layers_at(self, numbers: Sequence[int]) -> Iterator[EvaluatedLayer]:
        """The figures of layers by their numbers; those of equal layers are found once."""
        spend(STEPS_OF_A_LAYER * len(numbers), Work.LAYERS)
        return self._layers_at(numbers)

    def _layers_at(self, numbers: Sequence[int]) -> Iterator[EvaluatedLayer]:
        outputs: dict[Shape, tuple[int, ...]] = {}
        counts: dict[Cost, dict[str, int]] = {}
        for number in numbers:
            layer = self.formulas.layers[number]
            shape, cost = layer.output, layer.cost
            if shape not in outputs:
                outputs[shape] = self._output(layer)
            if cost not in counts:
                counts[cost] = self._counts(layer)
            yield _figures(layer, outputs[shape], counts[cost])

    def by_layer(self, quantities: Iterable[str]) -> dict[str, tuple[int, ...]]:
        """What every layer adds to some quantities, the input first; the sums are the quantities.

        Raises NetformError where no quantity has the name.
        """
        found = [quantity_of(name) for name in quantities]
        layers = [share for _, share in shares(self.formulas.layers)] if found else []
        spend(len(layers) * len(found), Work.LAYERS)
        return {q.name: tuple(self._value(q.poly(share)) for share in layers) for q in found}

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


def _figures(layer: Layer, output: tuple[int, ...], counts: Mapping[str, int]) -> EvaluatedLayer:
    return EvaluatedLayer(
        name=layer.name,
        text=layer.text,
        op=layer.op,
        output=output,
        **counts,
        aperture=layer.aperture,
        is_post=layer.is_post,
        source=layer.source,
        offset=layer.span.start,
    )
