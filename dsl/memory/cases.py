"""A quantity of a network in symbols: a polynomial, or of a peak the largest of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from ...grammar.short_repr import ShortRepr
from ..algebra.polynomials import Poly
from ..costs.in_symbols import NetworkInSymbols
from ..costs.quantities import Quantity
from ..graph.build import build
from ..graph.symbols import WIDTH_AND_BATCH
from ..graph.valued_program import ValuedProgram
from ..graph.width import Width
from .profiled_quantity import ProfiledQuantity
from .profiles import check_dtype

if TYPE_CHECKING:
    from sympy import Expr


@dataclass(frozen=True, slots=True)
class Cases(ShortRepr):
    """The value of a quantity is the largest of ``polys``, in the letters of ``network``."""

    network: NetworkInSymbols
    polys: tuple[Poly, ...]

    def formula(self, numbers: Mapping[str, Fraction]) -> Expr:
        """The value with numbers in place of some symbols, simplified, as a SymPy expression."""
        from sympy import Max

        found = [self.network.formula(poly, numbers) for poly in self.polys]
        return found[0] if len(found) == 1 else Max(*found, evaluate=False)

    def text(self, numbers: Mapping[str, Fraction]) -> str:
        """The same as SymPy prints it; SymPy loads only where it has to."""
        if len(self.polys) == 1:
            return self.network.text(self.polys[0], numbers)
        return str(self.formula(numbers))


def in_letters(
    network: ValuedProgram, free: Sequence[str], w: Fraction, rounding: str | None = None
) -> NetworkInSymbols:
    """The network with some symbols as letters, as accounts need it.

    Where w is no letter all channels are numbers, since which tensors are copied can depend on
    them.
    """
    lets = tuple(n for n in network.symbols if n in free and n not in WIDTH_AND_BATCH)
    width = Width() if "w" in free else Width(w, rounding)
    known = {name: value for name, value in network.values.items() if name not in lets}
    return NetworkInSymbols(build(network.program, width, known, lets))


def profiled_cases(
    network: ValuedProgram,
    quantity: ProfiledQuantity,
    free: Sequence[str],
    numbers: Mapping[str, Fraction],
    dtype: str = "float32",
    optimizer: str = "adam",
    copies: int = 0,
) -> Cases:
    """Memory by a profile, with some symbols free; ``numbers`` are those of w and B.

    Raises NetformError where the profile cannot follow the network, or has no such data type.
    """
    from .account import account_of
    from .dominance import largest, least_values
    from .peak import Peak

    check_dtype(dtype, quantity.profile)
    found = in_letters(network, free, numbers.get("w", Fraction(1)))
    ones = dict.fromkeys(WIDTH_AND_BATCH, Fraction(1))
    values = {n: numbers.get(n, one) for n, one in ones.items() if n not in free}
    profile, mode = quantity.profile, quantity.mode
    account = account_of(found, values, profile, dtype, optimizer, copies, mode)
    total = account.total
    totals = [m.total for m in total.moments] if isinstance(total, Peak) else [total]
    polys = [found.algebra.with_numbers(total, values) for total in totals]
    kept = largest(list(enumerate(polys)), least_values(found)) if len(polys) > 1 else [0]
    return Cases(found, tuple(polys[number] for number in kept))


def counts_anew(quantity: Quantity, symbol: str) -> bool:
    """Whether a quantity has to be counted anew at every number of a symbol, to be exact.

    This is so for a peak at every symbol but B: which copies a framework makes depends on the
    numbers of channels and of pixels, which a formula leaves out. Which tensors Keras' layers keep
    on PyTorch depends on them too. With B alone free a formula is exact from 2 on, as
    :func:`counts_one_image_apart` says.
    """
    return symbol != "B" and counts_one_image_apart(quantity)


def counts_one_image_apart(quantity: Quantity) -> bool:
    """Whether the formula in B of a quantity is exact from two images on only."""
    return isinstance(quantity, ProfiledQuantity) and (
        quantity.mode.endswith("_peak") or quantity.profile == "keras-torch"
    )
