"""Convolution lowering (im2col): the matrix that turns a convolution into a product of matrices.

    convolution      output pixels x (kernel area * input channels)
    up-convolution   input pixels x (kernel area * output channels)

A row has what one window reads, or spreads; groups have their columns side by side. A product of
the map itself needs no other matrix: a kernel of one pixel without stride and padding, and a dense
layer. The matrix is made for one image at a time, as in Caffe, or for the batch at once, as
PyTorch does on a CPU without oneDNN.

Source: Chellapilla, Puri, Simard, "High performance convolutional neural networks for document
processing", 2006.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any

from ...grammar.budget import Work, spend
from ...grammar.short_repr import ShortRepr
from ..algebra.polynomials import Poly, value_at, whole
from ..costs.in_symbols import NetworkInSymbols
from ..graph.layer import Layer
from ..kinds.base.window import Convolving
from ..kinds.deconv import Deconv
from .dominance import largest, least_values
from .request import check_unrolled

if TYPE_CHECKING:
    from sympy import Expr


@dataclass(frozen=True, slots=True)
class LoweredLayer(ShortRepr):
    """The matrix of one image of a layer: its rows and its columns."""

    layer: Layer
    rows: Poly
    columns: Poly


@dataclass(frozen=True)
class Lowering(ShortRepr):
    """The matrices of a network's convolutions, ``images`` at a time, in values of ``size`` bytes.

    ``values`` are the numbers of letters that are not free.
    """

    network: NetworkInSymbols
    values: Mapping[str, Fraction]
    images: str
    size: int
    layers: Sequence[LoweredLayer]

    def bytes(self, lowered: LoweredLayer) -> Poly:
        """The bytes of the matrix of a layer."""
        found = lowered.rows * lowered.columns * self.size
        return found * self.network.algebra.batch if self.images == "batch" else found

    @property
    def largest(self) -> int | Expr:
        """The workspace that all layers can share; a Max where symbols are free."""
        every = [self.bytes(lowered) for lowered in self.layers]
        if not every:
            return 0
        if self._is_known:
            return max(whole(value_at(poly, self._point)) for poly in every)
        from sympy import Max

        some = largest(list(enumerate(every)), least_values(self.network))
        return Max(*(self.network.formula(every[number], self.values) for number in some))

    def figure(self, poly: Poly) -> int | Expr:
        """A count as a number; as an expression where a symbol is free."""
        if self._is_known:
            return whole(value_at(poly, self._point))
        return self.network.formula(poly, self.values)

    @property
    def _is_known(self) -> bool:
        return self.values.keys() >= set(self.network.algebra.names)

    @property
    def _point(self) -> Any:
        return self.network.algebra.point(self.values)

    def as_json(self) -> dict[str, Any]:
        """JSON values: numbers are integers, formulas text."""
        return {
            "images": self.images,
            "layers": [
                {
                    "name": found.layer.name,
                    "rows": _json(self.figure(found.rows)),
                    "columns": _json(self.figure(found.columns)),
                    "bytes": _json(self.figure(self.bytes(found))),
                }
                for found in self.layers
            ],
            "largest": _json(self.largest),
        }


def _json(figure: int | Expr) -> int | str:
    if isinstance(figure, int) or figure.is_Integer:
        return int(figure)
    return str(figure)


def lowered_layers(layers: Sequence[Layer]) -> Iterator[LoweredLayer]:
    """The matrices of all convolutions that need one.

    Raises NetformError where a convolution repeats a free number of times.
    """
    for layer in layers:
        spend(1, Work.LAYERS)
        if isinstance(layer.kind, Convolving) and not _is_a_product(layer.kind):
            check_unrolled(layer)
            yield _lowered(layer, layer.kind.kernel)


def _lowered(layer: Layer, kernel: Sequence[int]) -> LoweredLayer:
    pixels, spread = layer.output, layer.input
    if isinstance(layer.kind, Deconv):
        pixels, spread = spread, pixels
    ring = spread.channels.ring
    return LoweredLayer(layer, ring.constant(1) * pixels.area, spread.channels * prod(kernel))


def _is_a_product(kind: Convolving) -> bool:
    """Whether the map, as it lies in memory, is the matrix."""
    padded = any(isinstance(padding, int) and padding for padding in kind.paddings())
    return {*kind.kernel, *kind.strides} == {1} and not padded
