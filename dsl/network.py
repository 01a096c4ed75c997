"""The network: layers in place, and every quantity as a formula."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Self

from ..grammar import tree
from ..grammar.budget import answers, arrive_at
from ..grammar.errors import NetformError, did_you_mean
from ..grammar.printer import show
from ..grammar.short_repr import LONGEST, cut
from .algebra.polynomials import Poly, exact
from .costs import memory
from .costs.evaluated import EvaluatedNetwork
from .costs.in_symbols import NetworkInSymbols
from .costs.named_quantities import NamedQuantities
from .costs.quantities import quantity_of
from .costs.totals import Totals
from .formulas import Formulas
from .graph.build import build
from .graph.given_symbols import takes_symbols
from .graph.layer import Layer
from .graph.symbols import (
    WIDTH_AND_BATCH,
    check_number,
    extent_symbols,
    number_of_let,
)
from .graph.width import ROUNDING, Width
from .kinds.base.receptive_field import Aperture
from .settings import Axis, Data, Train, axes_of, data_of, train_of

if TYPE_CHECKING:
    from sympy import Expr


MOST_IN_TEXT = 200  # layers of a network that shows itself as it is written


class Network(Formulas, NamedQuantities["Expr"]):
    """A convolutional network and its costs, for every width w and batch B.

    ``program`` is its syntax tree, ``layers`` are its layers in place, ``data`` and ``train`` the
    settings of its training program. ``values`` are numbers for its lets, other than those it
    gives, and for the symbols of its input. Raises NetformError where no such network exists.
    """

    @answers
    def __init__(
        self,
        program: tree.Program,
        name: str = "network",
        values: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(program, values)
        self.name = name
        self.data: Data = data_of(program)
        self.train: Train = train_of(program)
        self.axes: tuple[Axis, ...] = axes_of(program)
        self.check_width(Fraction(1))

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers in order; the first is the input."""
        return self._own.layers

    @property
    def totals(self) -> Totals:
        """Sums over the layers, as polynomials."""
        return self._own.totals

    def poly(self, quantity: str, dtype: str = "float32", optimizer: str = "adam") -> Poly:
        """A quantity as a polynomial in w and B; only memory depends on the last two."""
        return self._own.poly(quantity_of(quantity), dtype=dtype, optimizer=optimizer)

    @property
    def aperture(self) -> Aperture:
        """The receptive field: what one pixel of the last local map sees of the image."""
        self.check_closed()
        return self.layers[-1].aperture

    def layer(self, name: str) -> Layer:
        """The layer of a name; raises NetformError if there is none."""
        return self._own.layer(name)

    @answers
    def memory(
        self, purpose: str, dtype: str = "float32", optimizer: str = "adam", copies: int = 0
    ) -> Expr:
        """Textbook memory in bytes, in w and B; the purpose is inference or training.

        ``copies`` are further values kept for every parameter: averaged weights, sums of gradients.
        """
        return self._own.expression(memory.memory(self.totals, purpose, dtype, optimizer, copies))

    def value_of(self, quantity: str) -> Expr:
        """The formula of a quantity, in w and B."""
        return self.formula(quantity)

    @takes_symbols("values")
    @answers
    def at(
        self,
        /,
        w: Any = 1,
        B: Any = 1,
        rounding: str | None = None,
        values: Mapping[str, Any] | None = None,
        **named: Any,
    ) -> EvaluatedNetwork:
        """The network's figures at a width and a batch, and at other values of its lets.

        Values are keywords, or in ``values``; ``rounding`` (floor, nearest or divisor8) makes
        channel counts whole. Raises NetformError where no such network exists.
        """
        given = {**(values or {}), **named}
        if given:
            return self.having(**given).at(w, B, rounding)
        self.check_closed()
        arrive_at(self.program.source, self.program.input.span)
        width, batch = exact(w), exact(B)
        check_number("w", width)
        check_number("B", batch)
        if rounding is None:
            return EvaluatedNetwork.at(self._own, width, batch)
        if rounding not in ROUNDING:
            raise NetformError(
                f"no rounding rule is called {rounding}", hint=did_you_mean(rounding, ROUNDING)
            )
        rounded = build(self.program, Width(width, rounding), self.values)
        return EvaluatedNetwork.at(NetworkInSymbols(rounded), width, batch)

    def having(self, /, **values: Any) -> Self:
        """The same network with other values of its lets and input symbols."""
        return type(self)(self.program, self.name, {**self.values, **values})

    def number(self, symbol: str) -> Fraction | None:
        """The number that a symbol has where it is not free; None where it has none."""
        if symbol in WIDTH_AND_BATCH:
            return Fraction(1)
        found = self.values.get(symbol)
        if found is None:
            found = number_of_let(self.program, symbol, self.values)
        sides = zip(self.layers[0].output.extents, extent_symbols(self.program), strict=True)
        extents = (n for n, names in sides if symbol in names and isinstance(n, int))
        return found if found is not None else next(map(Fraction, extents), None)

    def __str__(self) -> str:
        from ..grammar.format.formatter import format_text

        return format_text(show(self.program)).rstrip("\n")

    def __repr__(self) -> str:
        if self.values or self.program.uses or len(self.layers) > MOST_IN_TEXT:
            return cut(f"Network {self.name}: {self._own.graph!r}", LONGEST)
        text = " ".join(show(self.program).split())
        return f"netform.parse({text!r})" if len(text) <= LONGEST else f"Network {cut(text)}"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.program, self.name, self.values)
