"""The formulas of a program: its quantities as polynomials in the symbols left free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ..grammar import tree
from ..grammar.budget import answers, arrive_at
from ..grammar.errors import NetformError
from .algebra.polynomials import Poly, TooFewLetters, exact
from .costs.in_symbols import NetworkInSymbols
from .costs.quantities import Quantity, quantity_of
from .graph.build import build
from .graph.symbols import WIDTH_AND_BATCH, check_number
from .graph.valued_program import ValuedProgram
from .graph.width import Width
from .memory.cases import Cases, profiled_cases
from .memory.profiled_quantity import ProfiledQuantity, by_profile

if TYPE_CHECKING:
    from sympy import Expr

    from .costs.conventions import Convention


class Formulas(ValuedProgram):
    """A program with numbers for some of its symbols, and what it costs as formulas.

    Raises NetformError where no such network exists.
    """

    def __init__(self, program: tree.Program, values: Mapping[str, Any] | None = None) -> None:
        super().__init__(program, values)
        arrive_at(program.source, program.input.span)
        self._in_symbols: dict[tuple[str, ...], NetworkInSymbols] = {}
        self._at_width: tuple[Fraction, tuple[str, ...], NetworkInSymbols] | None = None
        self._own = self.in_symbols()
        self._widths: set[Fraction] = set()  # at which it is known to exist

    @answers
    def in_symbols(self, free: Iterable[str] | None = None) -> NetworkInSymbols:
        """The network with w, B and the symbols in ``free`` as letters, all others as numbers.

        Left out, the symbols of the input that have no number are free. Raises NetformError where
        a symbol is not one of the network's, or one without a number is not free.
        """
        chosen = self.free_symbols(free)
        names = tuple(name for name in self.symbols[2:] if name in chosen)
        if names not in self._in_symbols:
            self._in_symbols[names] = self._built(Width(), names)
        arrive_at(self.program.source, self.program.input.span)
        return self._in_symbols[names]

    @answers
    def in_symbols_at(self, w: Fraction, names: tuple[str, ...]) -> NetworkInSymbols:
        """The network with all channels as numbers, and some lets and extents as letters.

        The last one is remembered, since figures are often asked for at one width for many batches.
        """
        if self._at_width is None or self._at_width[:2] != (w, names):
            self._at_width = w, names, self._built(Width(w), names)
        return self._at_width[2]

    def _built(self, width: Width, names: tuple[str, ...], roundings: int = 0) -> NetworkInSymbols:
        """The network with some lets and extents as letters, and letters for some roundings."""
        values = {name: value for name, value in self.values.items() if name not in names}
        return NetworkInSymbols(build(self.program, width, values, names, roundings))

    @answers
    def formula(
        self,
        quantity: str,
        free: Iterable[str] | None = None,
        dtype: str = "float32",
        optimizer: str = "adam",
        convention: str | None = None,
        values: Mapping[str, Any] | None = None,
        profile: str = "textbook",
        mode: str | None = None,
    ) -> Expr:
        """A quantity as an expression in the symbols left free: w, B, H, W, R and any let.

        w and B are 1 unless free or in ``values``; other symbols are their numbers. Left out, w
        and B are free unless in ``values``, and the symbols of the input that have no number.
        With a ``convention``, macs or flops are what that tool counts; it counts one of them.
        Memory is the textbook's unless there is a ``profile``, and a ``mode`` such as
        ``training_peak``, which is a ``Max`` of polynomials.

        >>> import netform
        >>> net = netform.parse("input 8x8x1 let n = 4  conv(n)k3 conv(2*n)k3 fc10")
        >>> net.formula("feature_maps", free=["R"])
        13*R**2 + 10
        """
        asked = by_profile(quantity_of(quantity), profile, mode)
        cases, numbers = self._formula(asked, free, convention, values, dtype, optimizer)
        return cases.formula(numbers)

    @answers
    def formula_text(
        self,
        quantity: str,
        free: Iterable[str] | None = None,
        dtype: str = "float32",
        optimizer: str = "adam",
        convention: str | None = None,
        values: Mapping[str, Any] | None = None,
        profile: str = "textbook",
        mode: str | None = None,
    ) -> str:
        """A formula as ``str`` of :meth:`formula`, quickly: mostly SymPy is not loaded for it."""
        asked = by_profile(quantity_of(quantity), profile, mode)
        cases, numbers = self._formula(asked, free, convention, values, dtype, optimizer)
        return cases.text(numbers)

    def _formula(
        self,
        quantity: Quantity,
        free: Any,
        convention: str | None,
        values: Any,
        dtype: str,
        optimizer: str,
    ) -> tuple[Cases, dict[str, Fraction]]:
        """A quantity in the symbols left free, and the numbers of w and B where they are not."""
        chosen, numbers = self._chosen(free, values)
        if convention is None:
            return self.cases(quantity, chosen, numbers, dtype, optimizer), numbers
        from .costs.conventions import convention_of

        found = self.in_symbols(chosen)
        counted = self._counted(convention_of(convention, quantity.name), found)
        return Cases(counted[0], (counted[1],)), numbers

    @answers
    def cases(
        self,
        quantity: Quantity,
        free: Iterable[str] | None = None,
        numbers: Mapping[str, Fraction] | None = None,
        dtype: str = "float32",
        optimizer: str = "adam",
        copies: int = 0,
    ) -> Cases:
        """A quantity as the largest of polynomials in w, B and the symbols in ``free``.

        ``numbers`` are those of w and B where they are not free, which memory by a profile needs.
        """
        model: dict[str, Any] = {"dtype": dtype, "optimizer": optimizer, "copies": copies}
        if isinstance(quantity, ProfiledQuantity):
            chosen = self.free_symbols(free)
            return profiled_cases(self, quantity, chosen, numbers or {}, **model)
        found = self.in_symbols(free)
        return Cases(found, (found.poly(quantity, **model),))

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
        return self._counted(convention, self._built(Width(), found.algebra.names[2:], 1))

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
