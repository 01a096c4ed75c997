"""The network: layers in place, and every quantity as a formula."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sympy import Expr, Symbol

from ..grammar import tree
from ..grammar.errors import NetformError, did_you_mean, quoted
from ..grammar.printer import show
from .algebra.polynomials import Point, Poly, exact
from .costs import memory
from .costs.evaluated import EvaluatedNetwork
from .costs.pixel_trace import trace_pixel
from .costs.quantities import QUANTITIES, Quantity
from .costs.totals import Totals, totals_of
from .graph.build import Built, build
from .graph.conditions import Least, SameExtent
from .graph.definitions import lets_of
from .graph.domain import in_domain
from .graph.domain_in_words import in_words
from .graph.layer import Layer
from .graph.point_check import check_point
from .graph.symbols import (
    WIDTH_AND_BATCH,
    check_number,
    extent_symbols,
    named_sides,
    number_of_let,
    symbols_of,
)
from .graph.width import ROUNDING, Width
from .kinds.base.receptive_field import Aperture, Interval
from .settings import Axis, Data, Train, axes_of, data_of, train_of

if TYPE_CHECKING:
    from .graph.warnings import SpecWarning
    from .questions.claims import Claim
    from .questions.ratio import Ratio
    from .questions.solution import Solution

MOST_NAMES = 20  # of layers, in a hint


class Network:
    """A convolutional network and its costs, for every width w and batch B.

    ``program`` is its syntax tree, ``layers`` are its layers in place, ``data`` and ``train`` the
    settings of its training program. ``values`` are numbers for its lets, other than those it
    gives, and for the symbols of its input. Raises NetformError where the tree says no network.
    """

    def __init__(
        self,
        program: tree.Program,
        name: str = "network",
        values: Mapping[str, Any] | None = None,
    ) -> None:
        self.program, self.name = program, name
        self.values = {symbol: exact(value) for symbol, value in (values or {}).items()}
        self.symbols = symbols_of(program)
        for symbol in self.values:
            self._check_symbol(symbol, self.symbols[2:])
        self.open = tuple(name for name in named_sides(program) if name not in self._valued())
        self._built: Built = build(program, Width(), self.values, self.open)
        self._freed: dict[tuple[str, ...], Built] = {self.open: self._built}
        self.data: Data = data_of(program)
        self.train: Train = train_of(program)
        self.axes: tuple[Axis, ...] = axes_of(program)
        self.check_width(Fraction(1))

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers in order; the first is the input."""
        return self._built.layers

    @property
    def totals(self) -> Totals:
        """Sums over the layers, as polynomials."""
        return totals_of(self._built)

    def poly(self, quantity: str, dtype: str = "float32", optimizer: str = "adam") -> Poly:
        """A quantity as a polynomial in w and B; only memory depends on the last two."""
        return self._quantity(quantity).poly(self.totals, dtype=dtype, optimizer=optimizer)

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
        self.check_closed()
        return self.layers[-1].aperture

    def sees(self, layer: str, position: Sequence[int]) -> tuple[Interval | None, ...]:
        """Per axis, the first and last image pixel that one pixel of a layer's map sees.

        Unlike ``aperture`` this ends at the borders: of the image, and of every map on the way.
        None where nothing is seen, which up-convolutions with small kernels leave.
        """
        found = self.layer(layer)
        self.check_closed()
        return trace_pixel(self.layers, found, position)

    def layer(self, name: str, built: Built | None = None) -> Layer:
        """The layer of a name; raises NetformError where there is none."""
        layers = (built or self._built).layers
        found = next((layer for layer in layers if layer.name == name), None)
        if found is None:
            names = [layer.name for layer in layers]
            hint = did_you_mean(name, names)
            if not hint.startswith("did") and len(names) > MOST_NAMES:
                hint = f"write one of {', '.join(names[:MOST_NAMES])}, ...; netform table has all"
            raise NetformError(f"no layer is called {quoted(name)}", hint=hint)
        return found

    def symbolic(self, free: Iterable[str] | None) -> tuple[tuple[str, ...], Built]:
        """The symbols left free, as :meth:`formula` has them, and the network in them."""
        chosen = self._chosen(free)
        return chosen, self._free(chosen)

    def memory(
        self, purpose: str, dtype: str = "float32", optimizer: str = "adam", copies: int = 0
    ) -> Expr:
        """Textbook memory in bytes, in w and B; the purpose is inference or training.

        ``copies`` are values that training keeps for every trainable parameter beside the
        optimizer's: averaged weights, sums of gradients.
        """
        poly = memory.memory(self.totals, purpose, dtype, optimizer, copies)
        return self._built.algebra.expression(poly)

    def formula(
        self,
        quantity: str,
        free: Iterable[str] | None = None,
        dtype: str = "float32",
        optimizer: str = "adam",
        convention: str | None = None,
    ) -> Expr:
        """A quantity as an expression in the symbols left free: w, B, H, W, R and any let.

        w and B are 1 unless free, a let is the number it was given, and an extent the input's.
        Left out, w and B are free, and the symbols of the input that have no number. With a
        ``convention``, macs or flops are what that tool counts, whichever it counts.

        >>> import netform
        >>> net = netform.parse("input 8x8x1 let n = 4  conv(n)k3 conv(2*n)k3 fc10")
        >>> net.formula("params", free=["n"])
        18*n**2 + 1292*n + 10
        >>> net.formula("feature_maps", free=["R"])
        13*R**2 + 10
        >>> net.formula("macs", convention="torchinfo")
        18432*w**2 + 8192*w + 10
        """
        chosen, built = self.symbolic(free)
        if convention is None:
            poly = self._quantity(quantity).poly(totals_of(built), dtype=dtype, optimizer=optimizer)
        else:
            from .questions.counting import counted_in_letters

            built, poly = counted_in_letters(self, convention, quantity, built)
        expr = in_domain(built.algebra.expression(poly), built.conditions)
        ones = {Symbol(name): 1 for name in WIDTH_AND_BATCH if name not in chosen}
        return expr.subs(ones) if ones else expr

    def warnings(self) -> list[SpecWarning]:
        """What is not wrong but hardly meant, in the order of the text."""
        from .graph.warnings import warnings_of

        return warnings_of(self.program, self._built)

    def domain(self, free: Iterable[str] | None = None) -> list[str]:
        """Where the formulas in some free symbols hold, in words."""
        chosen, built = self.symbolic(free)
        return in_words(built.conditions, built.algebra, chosen)

    def check_width(self, w: Fraction) -> None:
        """Raise NetformError, naming the layer, where the network does not exist at this width."""
        algebra = self._built.algebra
        needed = self._built.conditions
        if self.open:  # of the input's extents nothing is known yet
            needed = tuple(c for c in needed if not isinstance(c, Least | SameExtent))
        check_point(needed, algebra.point({"w": w}), algebra)

    def check_values(self, **values: Any) -> None:
        """Raise NetformError, naming the layer, where formulas in these symbols do not hold."""
        built = self._free(self._chosen(values))
        self.check_numbers(built, {name: exact(value) for name, value in values.items()})

    def check_numbers(self, built: Built, values: Mapping[str, Fraction]) -> Point:
        """The numbers of all letters; raises NetformError, naming the layer, outside the domain."""
        for name, value in values.items():
            check_number(name, value)
        point = built.algebra.point(values)
        check_point(built.conditions, point, built.algebra)
        return point

    def at(
        self, w: Any = 1, B: Any = 1, rounding: str | None = None, **values: Any
    ) -> EvaluatedNetwork:
        """The network's figures at a width and a batch, and at other ``values`` of its lets.

        ``rounding`` makes channel counts whole where w does not: floor, nearest or divisor8.
        Raises NetformError where no such network exists.
        """
        if values:
            return self.having(**values).at(w, B, rounding)
        self.check_closed()
        width, batch = exact(w), exact(B)
        check_number("w", width)
        check_number("B", batch)
        if rounding is None:
            self.check_width(width)
            point = self._built.algebra.point({"w": width, "B": batch})
            return EvaluatedNetwork(self._built, width, batch, point)
        if rounding not in ROUNDING:
            raise NetformError(
                f"no rounding rule is called {rounding}", hint=did_you_mean(rounding, ROUNDING)
            )
        built = build(self.program, Width(width, rounding), self.values)
        point = built.algebra.point({"w": width, "B": batch})
        check_point(built.conditions, point, built.algebra)
        return EvaluatedNetwork(built, width, batch, point)

    def counts(self, convention: str, w: Any = 1, rounding: str | None = None) -> tuple[int, ...]:
        """What a convention counts for every layer at a width, the image first, for one image."""
        from .questions.counting import counts

        return counts(self, convention, w, rounding)

    def having(self, **values: Any) -> Network:
        """The same network with other values of its lets and input symbols."""
        return type(self)(self.program, self.name, {**self.values, **values})

    def ratio(
        self, quantity: str, dtype: str = "float32", optimizer: str = "adam", **changes: Any
    ) -> Ratio | None:
        """What a change of symbols does to a quantity; None where it is 0 throughout.

        A change is an expression in the symbols of the network, such as ``R="2*R"`` or
        ``n="n+1"``. A number multiplies the width, and is what another symbol is before and
        after: ``B=128``.

        >>> import netform
        >>> net = netform.parse("input 8x8x1 conv16k3 fc10")
        >>> half = net.ratio("params", w="1/2")
        >>> half.exact, half.limit
        (521/1041, 1/2)
        >>> net.ratio("macs", R="2*R").formula
        4
        """
        from .questions.ratio import ratio

        model = {"dtype": dtype, "optimizer": optimizer}
        return ratio(self, self._quantity(quantity), model, changes)

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

    def freed(self, names: Iterable[str]) -> Built:
        """The network with some lets and extents as letters beside w and B."""
        chosen = tuple(names)
        for name in chosen:
            self._check_symbol(name, self.symbols)
        return self._free((*chosen, *self.open))

    def solve(
        self,
        claim: Claim | str,
        symbol: str,
        dtype: str = "float32",
        optimizer: str | None = None,
        step: Any = None,
        **values: Any,
    ) -> Solution:
        """The largest value of a symbol inside a budget, or the smallest that reaches one.

        w and B are 1 and a let is its number unless ``values`` fix them. ``step`` is what the
        symbol is a multiple of: 1, and for w what makes all channels whole, unless given; the
        optimizer is the network's own. Raises NetformError where no value is the answer.

        >>> import netform
        >>> net = netform.parse("input 32x32x3 conv32k3 conv64k3 pool2 fc10")
        >>> print(net.solve("params <= 100k", symbol="w"))
        params(w = 9/16) = 98,542 <= 100,000 < params(w = 19/32) = 104,358
        >>> net.solve("memory <= 11 GiB", symbol="B").value
        12698
        """
        from .questions.solve import solve

        return solve(self, claim, symbol, dtype, optimizer, step, values)

    def along(self, symbol: str) -> Built:
        """The network with one symbol as a letter, beside w and B."""
        return self._free(self._chosen((symbol,)))

    def _quantity(self, name: str) -> Quantity:
        if name not in QUANTITIES:
            raise NetformError(f"no quantity is called {name}", hint=did_you_mean(name, QUANTITIES))
        return QUANTITIES[name]

    def _chosen(self, free: Iterable[str] | None) -> tuple[str, ...]:
        chosen = (*WIDTH_AND_BATCH, *self.open) if free is None else tuple(free)
        for name in chosen:
            self._check_symbol(name, self.symbols)
        for name in self.open:
            if name not in chosen:
                self.check_closed()
        return chosen

    def _free(self, chosen: tuple[str, ...]) -> Built:
        """The network with some lets and extents as letters."""
        names = tuple(name for name in self.symbols[2:] if name in chosen)
        if names not in self._freed:
            self._freed[names] = self.lettered(names)
        return self._freed[names]

    def lettered(self, names: tuple[str, ...], roundings: int = 0) -> Built:
        values = {name: value for name, value in self.values.items() if name not in names}
        return build(self.program, Width(), values, names, roundings)

    def _valued(self) -> set[str]:
        return {*self.values, *lets_of(self.program)}

    def check_closed(self) -> None:
        """Raise NetformError where the size of the input is not known."""
        for name in self.open:
            raise NetformError(
                f"{name} has no value",
                self.program.input.span,
                self.program.source,
                f"give one with --set {name}=224, or write let {name} = 224",
            )

    def _check_symbol(self, name: str, known: Sequence[str]) -> None:
        if name not in known:
            raise NetformError(
                f"no symbol of this network is called {name}",
                hint=did_you_mean(name, known) if known else "it has no lets",
            )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Network)
            and self.program == other.program
            and self.values == other.values
        )

    def __hash__(self) -> int:
        return hash(self.program)

    def __str__(self) -> str:
        from ..grammar.format.formatter import format_text

        return format_text(show(self.program)).rstrip("\n")

    def __repr__(self) -> str:
        return f"netform.parse({' '.join(show(self.program).split())!r})"
