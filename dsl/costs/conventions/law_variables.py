"""The variables of laws: the meaning of each, and its value for a layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import floor, prod

from sympy import Symbol

from ...algebra.floor_forms import Extent
from ...algebra.polynomials import Poly, number_of, sum_of_polynomials
from ...graph.layer import Layer
from ...kinds import Merge
from ...kinds.base.cost import Cost
from ...kinds.base.window import Convolving, Windowed
from ...kinds.base.window_sizes import span


@dataclass(frozen=True, slots=True)
class LawVariable:
    """A count in laws; ``value`` computes it for a layer and one image."""

    meaning: str
    value: Callable[[Layer], Poly | int]


LAW_VARIABLES: dict[str, LawVariable] = {}


def _variable(name: str, meaning: str, value: Callable[[Layer], Poly | int]) -> Symbol:
    LAW_VARIABLES[name] = LawVariable(meaning, value)
    return Symbol(name)


def _cost(layer: Layer) -> Cost:
    return layer.kind.cost(layer.input, layer.output)


def _window(layer: Layer) -> Windowed:
    assert isinstance(layer.kind, Windowed)
    return layer.kind


def _convolution(layer: Layer) -> Convolving:
    assert isinstance(layer.kind, Convolving)
    return layer.kind


def _area(extents: Iterable[int | Extent]) -> Poly | int:
    return prod(n if isinstance(n, int) else n.poly for n in extents)


def _dilated_pixels(layer: Layer) -> Poly | int:
    """TensorFlow cuts a map into d pieces along an axis, all as long as the longest."""
    axes = zip(layer.output.extents, _convolution(layer).dilations, strict=True)
    return _area((n + (d - 1)) // d * d for n, d in axes)


def _uncropped_pixels(layer: Layer) -> Poly | int:
    amounts = _convolution(layer).padding or (0,) * len(layer.output.extents)
    return _area(n + 2 * p for n, p in zip(layer.output.extents, amounts, strict=True))


def _pixels_as_if_convolved(layer: Layer) -> Poly | int:
    """Where p is not written, PyTorch's padding p cuts the odd pixel too, and puts it back."""
    kind, extents = _convolution(layer), []
    axes = zip(layer.input.extents, kind.kernel, kind.strides, kind.dilations, strict=True)
    for axis, (n, k, s, d) in enumerate(axes):
        reach = span(k, d)
        p = 0 if kind.valid else (max(reach - s, 0) + 1) // 2
        if kind.padding is not None:
            p = kind.padding[axis]
        extents.append((n + (2 * p - reach)) // s + 1)
    return _area(extents)


def _operations_by_output(layer: Layer) -> Poly:
    steps = prod(_convolution(layer).strides)
    operations = _cost(layer).weights * _uncropped_pixels(layer) * 2 / steps
    number = number_of(operations)
    if number is None:
        return layer.algebra.rounded("floor", operations)
    return layer.algebra.constant(floor(number))


def _values_of_products(layer: Layer) -> Poly:
    kind, maps = layer.kind, [branch.output for branch in layer.inputs]
    assert isinstance(kind, Merge)
    so_far = [maps[kind.largest(maps[: n + 1])].area for n in range(len(maps))]
    return sum_of_polynomials(layer.output.channels * area for area in so_far[1:])


M = _variable("M", "multiply-adds", lambda layer: _cost(layer).macs)
W = _variable("W", "weights", lambda layer: _cost(layer).weights)
b = _variable("b", "biases", lambda layer: _cost(layer).biases)
ENTERING = _variable("in", "input values", lambda layer: layer.input.values)
LEAVING = _variable("out", "output values", lambda layer: layer.output.values)
A = _variable("A", "pixels of the output map; 1 for a vector", lambda layer: layer.output.area)
C = _variable("C", "output channels", lambda layer: layer.output.channels)
c = _variable("c", "input channels", lambda layer: layer.input.channels)
r = _variable("r", "axes of the image", lambda layer: len(layer.input.extents))
K = _variable("K", "pixels under the kernel", lambda layer: prod(_window(layer).kernel))
S = _variable("S", "product of the strides", lambda layer: prod(_window(layer).strides))
N = _variable("N", "branches", lambda layer: len(layer.inputs))
P = _variable(
    "P", "values of the products of two branches, three, and so on to all", _values_of_products
)
D = _variable(
    "D", "as A, with every extent rounded up to a multiple of the dilation", _dilated_pixels
)
U = _variable("U", "as A, before p cuts pixels off", _uncropped_pixels)
F = _variable("F", "floor(2*W*U/S)", _operations_by_output)
Q = _variable(
    "Q", "as A, if the up-convolution were a convolution with its padding", _pixels_as_if_convolved
)
