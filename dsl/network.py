"""The network: layers in place, and every quantity as a formula."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from sympy import Expr

from ..grammar import tree
from ..grammar.errors import NetformError, did_you_mean
from ..grammar.printer import show
from . import domain, memory
from .aperture import Aperture, Interval, traced_back
from .build import Built, build
from .figures import Figures
from .layer import Layer
from .polynomials import Poly, exact, expression
from .quantities import QUANTITIES
from .ratio import Ratio, ratio
from .settings import Data, Train, data_of, train_of
from .totals import Totals, total
from .width import ROUNDING, Width

SYMBOLS = ("w", "B")


class Network:
    """A convolutional network and its costs, for every width w and batch B.

    ``program`` is its syntax tree, ``layers`` are its layers in place, ``data`` and ``train`` the
    settings of its training program. Raises NetformError where the tree says no network.
    """

    def __init__(self, program: tree.Program, name: str = "network") -> None:
        self.program, self.name = program, name
        self._built: Built = build(program, Width())
        self.data: Data = data_of(program)
        self.train: Train = train_of(program)
        self.check_width(Fraction(1))

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers in order; the first is the input."""
        return self._built.layers

    @functools.cached_property
    def totals(self) -> Totals:
        """Sums over the layers, as polynomials."""
        return total(self.layers)

    def poly(self, quantity: str, dtype: str = "float32", optimizer: str = "adam") -> Poly:
        """A quantity as a polynomial in w and B; only memory depends on the last two."""
        if quantity not in QUANTITIES:
            raise NetformError(
                f"no quantity is called {quantity}", hint=did_you_mean(quantity, QUANTITIES)
            )
        return QUANTITIES[quantity].poly(self.totals, dtype=dtype, optimizer=optimizer)

    @property
    def params(self) -> Expr:
        """All parameters, as the framework counts them."""
        return self.formula("params")

    @property
    def trainable(self) -> Expr:
        """Parameters that training changes."""
        return self.formula("trainable")

    @property
    def non_trainable(self) -> Expr:
        """Statistics that norms keep."""
        return self.formula("non_trainable")

    @property
    def weights(self) -> Expr:
        """Trainable parameters but for the biases."""
        return self.formula("weights")

    @property
    def biases(self) -> Expr:
        """Biases, and the shifts of norms."""
        return self.formula("biases")

    @property
    def macs(self) -> Expr:
        """Multiply-adds of the forward pass of one image."""
        return self.formula("macs")

    @property
    def flops(self) -> Expr:
        """Floating-point operations of the forward pass of one image: 2 * macs."""
        return self.formula("flops")

    @property
    def train_macs(self) -> Expr:
        """Multiply-adds of the forward and backward pass of one image."""
        return self.formula("train_macs")

    @property
    def feature_maps(self) -> Expr:
        """Values of one image and of all outputs kept for it."""
        return self.formula("feature_maps")

    @property
    def aperture(self) -> Aperture:
        """What one pixel of the last local map sees of the image."""
        return self.layers[-1].aperture

    def sees(self, layer: str, position: Sequence[int]) -> tuple[Interval | None, ...]:
        """Per axis, the first and last image pixel that one pixel of a layer's map sees.

        Unlike ``aperture`` this ends at the borders: of the image, and of every map on the way.
        None where nothing is seen, which up-convolutions with small kernels leave.
        """
        names = [found.name for found in self.layers]
        if layer not in names:
            raise NetformError(f"no layer is called {layer}", hint=did_you_mean(layer, names))
        seen = [{index} for index in position]
        for found in reversed(self.layers[: names.index(layer) + 1]):
            map = found.input
            connections = found.kind.sight(map)
            if connections is None:
                seen = [set(range(extent)) for extent in map.extents]
            elif connections:
                axes = zip(seen, connections, map.extents, strict=True)
                seen = [traced_back(*axis) for axis in axes]
        return tuple((min(axis), max(axis)) if axis else None for axis in seen)

    def memory(self, purpose: str, dtype: str = "float32", optimizer: str = "adam") -> Expr:
        """Textbook memory in bytes, in w and B; the purpose is inference or training."""
        return expression(memory.memory(self.totals, purpose, dtype, optimizer))

    def formula(
        self,
        quantity: str,
        free: Iterable[str] = SYMBOLS,
        dtype: str = "float32",
        optimizer: str = "adam",
    ) -> Expr:
        """A quantity as an expression in the symbols left free; the others are 1."""
        free = set(free)
        poly = self.poly(quantity, dtype, optimizer)
        for name in free - set(SYMBOLS):
            raise NetformError(
                f"no symbol of this network is called {name}", hint=did_you_mean(name, SYMBOLS)
            )
        for index in sorted(
            (i for i, name in enumerate(SYMBOLS) if name not in free), reverse=True
        ):
            poly = poly.subs([(index, 1)])
        return expression(poly)

    def domain(self) -> list[str]:
        """Where the formulas hold, in words."""
        return domain.in_words(self._built.conditions)

    def check_width(self, w: Fraction) -> None:
        """Raise NetformError, naming the layer, where the network does not exist at this width."""
        domain.check(self._built.conditions, w, self.program.source)

    def at(self, w: Any = 1, B: Any = 1, rounding: str | None = None) -> Figures:
        """The network's figures at a width and a batch.

        ``rounding`` makes channel counts whole where w does not: floor, nearest or divisor8.
        Raises NetformError where no such network exists.
        """
        width, batch = exact(w), exact(B)
        if width <= 0:
            raise NetformError(f"w is a positive number, not {width}", hint="write w=1/2, say")
        if batch < 1 or batch.denominator != 1:
            raise NetformError(
                f"B is a positive whole number, not {batch}", hint="write B=128, say"
            )
        if rounding is None:
            self.check_width(width)
            return Figures(self.layers, self.totals, width, batch)
        if rounding not in ROUNDING:
            raise NetformError(
                f"no rounding rule is called {rounding}", hint=did_you_mean(rounding, ROUNDING)
            )
        built = build(self.program, Width(width, rounding))
        domain.check(built.conditions, width, self.program.source)
        return Figures(built.layers, total(built.layers), width, batch)

    def ratio(self, quantity: str, w: Any, B: Any = 1) -> Ratio | None:
        """What multiplying the width by w does to a quantity; None where it is 0 throughout.

        >>> import netform
        >>> half = netform.parse("input 8x8x1 conv16k3 fc10").ratio("params", w="1/2")
        >>> half.exact, half.limit
        (521/1041, 1/2)
        """
        figures = self.at(w, B)
        return ratio(self.poly(quantity), figures.w, figures.B)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Network) and self.program == other.program

    def __hash__(self) -> int:
        return hash(self.program)

    def __str__(self) -> str:
        return show(self.program)

    def __repr__(self) -> str:
        return f"netform.parse({' '.join(show(self.program).split())!r})"
