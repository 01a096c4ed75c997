"""The network: layers in place, and every quantity as a formula."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Self

from ..grammar import tree
from ..grammar.budget import answers, arrive_at
from ..grammar.errors import NetformError, did_you_mean
from ..grammar.printer import show
from ..grammar.short_repr import LONGEST, cut
from .algebra.polynomials import Poly, TooFewLetters, exact
from .costs import memory
from .costs.evaluated import EvaluatedNetwork
from .costs.in_symbols import NetworkInSymbols
from .costs.named_quantities import NamedQuantities
from .costs.quantities import quantity_of
from .costs.totals import Totals
from .graph.build import build
from .graph.given_symbols import takes_symbols
from .graph.layer import Layer
from .graph.symbols import (
    WIDTH_AND_BATCH,
    check_number,
    extent_symbols,
    number_of_let,
)
from .graph.valued_program import ValuedProgram
from .graph.width import ROUNDING, Width
from .kinds.base.receptive_field import Aperture
from .settings import Axis, Data, Train, axes_of, data_of, train_of

if TYPE_CHECKING:
    from sympy import Expr

    from .costs.conventions import Convention


MOST_IN_TEXT = 200  # layers of a network that shows itself as it is written


class Network(ValuedProgram, NamedQuantities["Expr"]):
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
        arrive_at(program.source, program.input.span)
        self._in_symbols: dict[tuple[str, ...], NetworkInSymbols] = {}
        self._own = self.in_symbols()
        self._widths: set[Fraction] = set()  # at which it is known to exist
        self.data: Data = data_of(program)
        self.train: Train = train_of(program)
        self.axes: tuple[Axis, ...] = axes_of(program)
        self.check_width(Fraction(1))

    @answers
    def in_symbols(self, free: Iterable[str] | None = None) -> NetworkInSymbols:
        """The network with w, B and the symbols in ``free`` as letters, all others as numbers.

        Left out, the symbols of the input that have no number are free. Raises NetformError where
        a symbol is not one of the network's, or one without a number is not free.
        """
        chosen = self.free_symbols(free)
        names = tuple(name for name in self.symbols[2:] if name in chosen)
        if names not in self._in_symbols:
            self._in_symbols[names] = self._built(names)
        arrive_at(self.program.source, self.program.input.span)
        return self._in_symbols[names]

    def _built(self, names: tuple[str, ...], roundings: int = 0) -> NetworkInSymbols:
        """The network with some lets and extents as letters, and letters for some roundings."""
        values = {name: value for name, value in self.values.items() if name not in names}
        return NetworkInSymbols(build(self.program, Width(), values, names, roundings))

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

    @answers
    def formula(
        self,
        quantity: str,
        free: Iterable[str] | None = None,
        dtype: str = "float32",
        optimizer: str = "adam",
        convention: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> Expr:
        """A quantity as an expression in the symbols left free: w, B, H, W, R and any let.

        w and B are 1 unless free or in ``values``; other symbols are their numbers. Left out, w
        and B are free unless in ``values``, and the symbols of the input that have no number.
        With a ``convention``, macs or flops are what that tool counts; it counts one of them.

        >>> import netform
        >>> net = netform.parse("input 8x8x1 let n = 4  conv(n)k3 conv(2*n)k3 fc10")
        >>> net.formula("feature_maps", free=["R"])
        13*R**2 + 10
        """
        model = {"dtype": dtype, "optimizer": optimizer}
        found, poly, numbers = self._formula(quantity, free, convention, values, model)
        return found.formula(poly, numbers)

    @answers
    def formula_text(
        self,
        quantity: str,
        free: Iterable[str] | None = None,
        dtype: str = "float32",
        optimizer: str = "adam",
        convention: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> str:
        """A formula as ``str`` of :meth:`formula`, quickly: mostly SymPy is not loaded for it."""
        model = {"dtype": dtype, "optimizer": optimizer}
        found, poly, numbers = self._formula(quantity, free, convention, values, model)
        return found.text(poly, numbers)

    def _formula(
        self, quantity: str, free: Any, convention: str | None, values: Any, model: dict[str, str]
    ) -> tuple[NetworkInSymbols, Poly, dict[str, Fraction]]:
        """A quantity in the symbols left free, and the numbers of w and B where they are not."""
        chosen, numbers = self._chosen(free, values)
        found = self.in_symbols(chosen)
        if convention is None:
            return found, found.poly(quantity_of(quantity), **model), numbers
        from .costs.conventions import convention_of

        return *self._counted(convention_of(convention, quantity), found), numbers

    def _chosen(
        self, free: Iterable[str] | None, values: Mapping[str, Any] | None
    ) -> tuple[tuple[str, ...], dict[str, Fraction]]:
        """The symbols left free, and the numbers of w and B where they are not."""
        given = {name: exact(value) for name, value in (values or {}).items()}
        chosen = self.free_symbols(free)
        if free is None:
            chosen = tuple(name for name in chosen if name not in given)
        for name in given.keys() & set(chosen):
            raise NetformError(f"{name} has a value and is left free", hint="leave one of them out")
        for name, value in given.items():
            check_number(name, value)
        self.check_width(given.get("w", Fraction(1)))
        ones = dict.fromkeys(WIDTH_AND_BATCH, Fraction(1))
        return chosen, {n: value for n, value in (ones | given).items() if n not in chosen}

    def _counted(
        self, convention: Convention, found: NetworkInSymbols
    ) -> tuple[NetworkInSymbols, Poly]:
        """What a convention counts in all, and the network with the letters that this takes."""
        from .costs.conventions import counted

        try:
            return found, counted(found.layers, convention)
        except TooFewLetters:
            if found.algebra.most_roundings:
                raise NetformError(
                    f"the count of {convention.name} has more roundings than netform can handle",
                    hint="netform table has it at any width",
                ) from None
        return self._counted(convention, self._built(found.algebra.names[2:], roundings=1))

    @answers
    def domain(
        self, free: Iterable[str] | None = None, values: Mapping[str, Any] | None = None
    ) -> list[str]:
        """Where the formulas in some free symbols hold, in words; w and B may have values."""
        chosen, fixed = self._chosen(free, values)
        return self.in_symbols(chosen).domain(chosen, fixed)

    def check_width(self, w: Fraction) -> None:
        """Raise NetformError, naming the layer, where the network does not exist at this width."""
        if w in self._widths:
            return
        own = self._own
        needed = own.conditions
        if self.open:  # of the input's extents nothing is known yet
            needed = tuple(c for c in needed if not own.needs_extents(c))
        own.check(own.algebra.point({"w": w}), needed)
        self._widths.add(w)

    @answers
    def check_values(self, /, **values: Any) -> None:
        """Raise NetformError, naming the layer, where formulas in these symbols do not hold."""
        numbers = {name: exact(value) for name, value in values.items()}
        self.in_symbols(values).point(numbers)

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
