"""The largest or smallest value of one symbol for which a claim holds, with its certificate.

The values are those at which the network exists: whole numbers from 1 on, and of the width the
multiples of its step. The largest value of ``params <= 500k`` is the last at which the claim
holds, beyond which it never holds again; the smallest of ``params >= 500k`` is the first.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ...grammar.errors import NetformError
from ..algebra.exact_numbers import least_common_multiple
from ..algebra.periodic_sets import PeriodicSet, PeriodTooLongError
from ..algebra.polynomials import exact, number_of
from ..algebra.progressions import Progression
from ..algebra.units import verb
from ..costs.in_symbols import NetworkInSymbols
from ..costs.quantities import QUANTITIES, Quantity
from ..graph.symbols import WIDTH_AND_BATCH, check_number
from ..memory.cases import counts_one_image_apart
from ..memory.profiled_quantity import TEXTBOOK, ProfiledQuantity, by_profile
from .claim_search import Question
from .claims import Claim, read_claim
from .counted_search import CountedQuestion
from .memory_parts import total_at
from .solution import Number, Solution, grouped, int_if_whole

if TYPE_CHECKING:
    from ..network import Network

TYPICAL = 5040  # steps at which a network exists if any does, nearly always: many divisors


def solve(
    network: Network,
    claim: Claim | str,
    symbol: str,
    dtype: str = "float32",
    optimizer: str | None = None,
    step: Any = None,
    values: Mapping[str, Any] | None = None,
    profile: str = TEXTBOOK,
    mode: str | None = None,
) -> Solution:
    """The largest value of a symbol that keeps a claim with <= or <, the smallest with >= or >.

    ``values`` fix the other symbols: w and B are 1 and lets their numbers unless given. ``step``
    is what values are multiples of: 1, and for w what makes all channels whole, unless given. The
    optimizer is the network's own unless given; averaged weights and split batches count as in the
    network's settings. ``profile`` and ``mode`` are the model of memory. Raises NetformError where
    no value is known to be the answer.
    """
    found = read_claim(claim) if isinstance(claim, str) else claim
    if not isinstance(found.quantity, ProfiledQuantity):
        found = replace(found, quantity=by_profile(found.quantity, profile, mode))
    own = network.train.optimizer if optimizer is None else optimizer
    question = _question(network, found.quantity, symbol, dtype, own, step, values or {})
    return question.solution(found)


def _question(
    network: Network,
    quantity: Quantity,
    symbol: str,
    dtype: str,
    optimizer: str,
    step: Any,
    values: Mapping[str, Any],
) -> Question:
    network, fixed = _with_values(network, symbol, values)
    copies = network.train.copies
    numbers = {name: fixed[name] for name in WIDTH_AND_BATCH if name in fixed}
    cases = network.cases(quantity, (symbol,), numbers, dtype, optimizer, copies)
    formulas = network.in_symbols((symbol,))
    step = _step(formulas, symbol, step)
    progression = Progression(cases.network.algebra, symbol, step, fixed)
    polys = tuple(progression.restricted(poly) for poly in cases.polys)
    constants = [number for poly in polys if (number := number_of(poly)) is not None]
    along = Progression(formulas.algebra, symbol, step, fixed)
    if len(constants) == len(polys):
        raise _independent(quantity, symbol, max(constants), along, formulas)
    candidates = _candidates(formulas, along, fixed)
    asked = quantity, symbol, cases, polys, progression, candidates, dtype, optimizer, copies
    if not (isinstance(quantity, ProfiledQuantity) and counts_one_image_apart(quantity)):
        return Question(*asked)

    @functools.cache
    def count(value: Number) -> Number:
        at = {**numbers, symbol: value}
        return total_at(network, quantity, at, dtype, optimizer, copies)

    return CountedQuestion(*asked, count)


def _with_values(
    network: Network, symbol: str, values: Mapping[str, Any]
) -> tuple[Network, dict[str, Fraction]]:
    """The network with other symbols at some values, and the numbers of all its symbols."""
    if symbol in values:
        raise NetformError(
            f"{symbol} is the unknown, so it has no value", hint="fix other symbols only"
        )
    given = {name: exact(value) for name, value in values.items()}
    for name, value in given.items():
        check_number(name, value)
    scales = {name: given.pop(name) for name in WIDTH_AND_BATCH if name in given}
    network = network.having(**given) if given else network
    return network, {**scales, **network.values}


def _candidates(
    formulas: NetworkInSymbols, progression: Progression, fixed: Mapping[str, Fraction]
) -> PeriodicSet:
    """The numbers of steps at which the network exists; raises NetformError if there are none."""
    symbol = progression.symbol
    try:
        candidates = formulas.existing(progression)
    except PeriodTooLongError:
        raise NetformError(
            f"the {symbol} at which this network exists repeat too rarely to look at every case",
            hint=f"look at fewer values: give {symbol} a larger --step",
        ) from None
    if candidates.after(0) is None:
        typical = {**fixed, symbol: progression.step * TYPICAL}
        formulas.check(formulas.algebra.point(typical))
        raise NetformError(
            f"this network does not exist at any {symbol}", hint="see its domain: formula"
        )
    return candidates


def _step(formulas: NetworkInSymbols, symbol: str, given: Any) -> Fraction:
    """What the values of a symbol are multiples of."""
    known = formulas.width_step if symbol == "w" else Fraction(1)
    if given is not None:
        step = exact(given)
        if step <= 0:
            raise NetformError(
                f"a step is a positive number, not {step}", hint="write for example 1/20"
            )
        if (symbol == "B" or symbol in formulas.extents) and step.denominator != 1:
            raise NetformError(
                f"{symbol} is a whole number, so its step is not {step}",
                hint="give a whole step",
            )
        return step if known is None else least_common_multiple(step, known)
    if known is None and formulas.is_scaled:
        raise NetformError(
            "the widths of this network have no known step, since its channels are rounded, or "
            "no multiples of w",
            hint="give a step, such as all multiples of 1/20: --step 1/20",
        )
    return known or Fraction(1)


def _independent(
    quantity: Quantity,
    symbol: str,
    number: Fraction,
    progression: Progression,
    formulas: NetworkInSymbols,
) -> NetformError:
    others = [
        name
        for name, other in QUANTITIES.items()
        if (poly := formulas.poly(other)) and number_of(progression.restricted(poly)) is None
    ]
    return NetformError(
        f"{quantity.name} {verb(quantity.unit)} {grouped(int_if_whole(number))} at every {symbol}",
        hint=f"choose a quantity that depends on {symbol}: {', '.join(others)}"
        if others
        else f"nothing of this network depends on {symbol}",
    )
