"""The progression of a network along one symbol: its quantities at 1, 2, 3, ... steps, all else fixed.

Where a quantity is below, at or above 0 is found exactly, for all numbers of steps at once:

- A polynomial whose letters do not fall, and whose coefficients about their values at a number
  are not negative, does not fall from there on. Then two searches by doubling and halving find
  everything.
- Any other is a polynomial on every residue class of a period, since floor(q(n)) differs from
  q(n) by what repeats once the denominators of q divide n; its real roots are isolated.

Source: for the second, quasi-polynomials in Stanley, "Enumerative Combinatorics", volume 1, 4.4.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction

from ...grammar.budget import Work, spend
from .periodic_sets import EVERY, NONE, PeriodicSet, PeriodTooLongError, Run, check_period
from .polynomials import Algebra, Poly, number_of, value_at
from .roundings import ROUNDINGS
from .sign_intervals import RING, K, signs
from .sparse_polynomials import Coefficient, Monomial, Polynomial

BELOW, AT, ABOVE = -1, 0, 1  # the sign of a quantity minus a budget
_STEPS_OF_A_CLASS = 8  # of the budget, for each term
FARTHEST_RISE = 1024  # numbers before a quantity rises that are looked at one by one
STEADY = 40  # the least argument from which round8 rounds like a floor


class Progression:
    """A network's letters along ``symbol`` = step, 2*step, ...; ``values`` fix other symbols."""

    def __init__(
        self, algebra: Algebra, symbol: str, step: Fraction, values: Mapping[str, Fraction]
    ) -> None:
        self.algebra, self.symbol, self.step, self.values = algebra, symbol, step, values
        self._own = algebra.names.index(symbol)
        self._fixed: dict[int, Fraction] = {
            index: values.get(name, Fraction(1))
            for index, name in enumerate(algebra.names)
            if index != self._own
        }
        self._varying: dict[int, tuple[str, Poly]] = {}  # roundings, by their letters
        for index, rounding in enumerate(algebra.roundings, len(algebra.names)):
            argument = self.restricted(rounding.argument)
            number = number_of(argument)
            if number is None:
                self._varying[index] = rounding.function, argument
            else:
                self._fixed[index] = Fraction(ROUNDINGS[rounding.function](number))
        self._points: dict[int, list[Fraction]] = {}
        self._classes: dict[tuple[int, int], dict[int, Polynomial]] = {}

    def restricted(self, poly: Poly) -> Poly:
        """The polynomial in the number of steps, and the roundings that vary with it, alone.

        The letter of the symbol is the number of steps.
        """
        terms: dict[Monomial, Coefficient] = {}
        for monomial, factor in poly.items() if poly else ():
            left = list(monomial)
            for index, power in enumerate(monomial):
                if power and index == self._own:
                    factor *= self.step**power
                elif power and index in self._fixed:
                    factor *= self._fixed[index] ** power
                    left[index] = 0
            terms[tuple(left)] = terms.get(tuple(left), 0) + factor
        return self.algebra.ring.from_dict(terms)

    def value(self, poly: Poly, steps: int) -> Fraction:
        """The value of a restricted polynomial at a number of steps."""
        return value_at(poly, self._point(steps))

    def where(self, poly: Poly, wanted: set[int], least: int = 1) -> PeriodicSet:
        """The numbers of steps, from ``least`` on, at which a restricted polynomial has a sign.

        Raises PeriodTooLongError where it is not known to rise and its period is too long.
        """
        number = number_of(poly)
        if number is not None:
            return EVERY if _sign(number) in wanted else NONE
        rise = self._rise(poly, least)
        if rise is None:
            return self._by_class(poly, wanted)
        before = [(n, n) for n in range(least, rise) if _sign(self.value(poly, n)) in wanted]
        zero = self._first(poly, {AT, ABOVE}, rise)
        above = self._first(poly, {ABOVE}, zero)
        ends = ((BELOW, rise, zero - 1), (AT, zero, above - 1), (ABOVE, above, None))
        behind = [
            (first, last)
            for sign, first, last in ends
            if sign in wanted and (last is None or first <= last)
        ]
        return PeriodicSet(1, {0: (*before, *behind)})

    def whole(self, poly: Poly) -> PeriodicSet:
        """The numbers of steps at which a restricted polynomial is whole."""
        if all(coefficient.denominator == 1 for coefficient in poly.values()):
            return EVERY
        period = self._period(poly) * _denominator(poly)
        check_period(period)
        settled = self._settled(poly)
        runs: dict[int, list[Run]] = {}
        for steps in range(1, settled + period):
            if self.value(poly, steps).denominator == 1:
                last = None if steps >= settled else steps
                runs.setdefault(steps % period, []).append((steps, last))
        return PeriodicSet(period, {residue: tuple(found) for residue, found in runs.items()})

    def least(self, poly: Poly, among: PeriodicSet) -> tuple[int, Fraction]:
        """The number of steps, of some, at which a restricted polynomial is least, and the value.

        Among them must be a first, and the polynomial must not fall for ever.
        """
        first = among.after(0)
        assert first is not None
        rise = first if number_of(poly) is not None else self._rise(poly, first)
        if rise is None:
            numbers = set(self._turns(poly, among))
        else:
            numbers = {n for n in range(first, rise) if n in among}
            numbers |= {among.after(rise - 1) or first}
        best = min(numbers, key=lambda steps: self.value(poly, steps))
        return best, self.value(poly, best)

    def is_rising(self, poly: Poly, least: int) -> bool:
        """Whether a restricted polynomial is known not to fall from ``least`` steps on."""
        point = self._point(least)
        shifts = []
        for index in _letters(poly):
            if index in self._varying and not self.is_rising(self._varying[index][1], least):
                return False
            letter = self.algebra.ring.gens[index]
            value = point[index]
            shifts.append((letter, letter + self.algebra.constant(value)))
        about = poly.compose(shifts) if shifts else poly
        return all(c > 0 for monomial, c in about.items() if any(monomial))

    def _rise(self, poly: Poly, least: int) -> int | None:
        """A number not far from ``least`` from which a polynomial is known not to fall."""
        far = (0, *(2**power for power in range(FARTHEST_RISE.bit_length())))
        return next((least + n for n in far if self.is_rising(poly, least + n)), None)

    def _point(self, steps: int) -> list[Fraction]:
        if steps not in self._points:
            point = [Fraction(1)] * len(self.algebra.ring.gens)
            point[self._own] = Fraction(steps)
            for index, (function, argument) in self._varying.items():
                point[index] = Fraction(ROUNDINGS[function](value_at(argument, point)))
            self._points[steps] = point
        return self._points[steps]

    def _first(self, poly: Poly, wanted: set[int], least: int) -> int:
        """The first number from ``least`` on from which a rising polynomial has a sign."""
        if _sign(self.value(poly, least)) in wanted:
            return least
        low, width = least, 1
        while _sign(self.value(poly, low + width)) not in wanted:
            low += width
            width *= 2
        high = low + width
        while high - low > 1:
            middle = (low + high) // 2
            is_reached = _sign(self.value(poly, middle)) in wanted
            low, high = (low, middle) if is_reached else (middle, high)
        return high

    def _by_class(self, poly: Poly, wanted: set[int]) -> PeriodicSet:
        period, settled = self._period(poly), self._settled(poly)
        runs: dict[int, list[Run]] = {}
        for steps in range(1, settled):
            if _sign(self.value(poly, steps)) in wanted:
                runs.setdefault(steps % period, []).append((steps, steps))
        for start in range(settled, settled + period):
            for first, last, sign in signs(self._on_class(poly, start, period)):
                if sign in wanted:
                    end = None if last is None else start + period * last
                    runs.setdefault(start % period, []).append((start + period * first, end))
        return PeriodicSet(period, {residue: tuple(found) for residue, found in runs.items()})

    def _turns(self, poly: Poly, among: PeriodicSet) -> Iterator[int]:
        """Numbers among which a polynomial is least: ends of runs, and where it turns upwards."""
        period = math.lcm(self._period(poly), among.period)
        check_period(period)
        settled = self._settled(poly)
        yield from (steps for steps in range(1, settled) if steps in among)
        for start in range(settled, settled + period):
            here = self._on_class(poly, start, period)
            growth = here.compose([(K, K + 1)]) - here
            turns = {start + period * first for first, _, _ in signs(growth)}
            for first, last in among.runs.get(start % among.period, ()):
                ends = [first] if last is None else [first, last]
                for end in ends:
                    back = end - (end - start) % period
                    turns |= {back, back + period}
            yield from (steps for steps in turns if steps >= settled and steps in among)

    def _on_class(self, poly: Poly, start: int, period: int) -> Polynomial:
        """A polynomial at start + period*k steps, as a polynomial in k."""
        spend(_STEPS_OF_A_CLASS * (1 + len(poly)), Work.CASES)
        if (start, period) not in self._classes:
            self._classes[start, period] = {self._own: K * period + start}
        letters = self._classes[start, period]
        for index in sorted(_letters(poly)):
            if index not in letters:
                function, argument = self._varying[index]
                letters[index] = _rounded(function, self._on_class(argument, start, period))
        total = RING.zero
        for monomial, coefficient in poly.items():
            term = RING.constant(coefficient)
            for index, power in enumerate(monomial):
                if power:
                    term *= letters[index] ** power
            total += term
        return total

    def _period(self, poly: Poly) -> int:
        """The numbers of steps after which the roundings in a polynomial repeat."""
        period = 1
        for index in _letters(poly):
            if index in self._varying:
                function, argument = self._varying[index]
                unit = 8 if function == "round8" else 1
                own = self._period(argument) * _denominator(argument, unit)
                period = math.lcm(period, own)
                check_period(period)
        return period

    def _settled(self, poly: Poly) -> int:
        """The number of steps from which all roundings are floors, except for what repeats."""
        settled = 1
        for index in _letters(poly):
            if index in self._varying:
                function, argument = self._varying[index]
                settled = max(settled, self._settled(argument))
                if function == "round8":
                    if not self.is_rising(argument, 1):
                        raise PeriodTooLongError(0)
                    steady = self._first(argument - STEADY, {AT, ABOVE}, 1)
                    settled = max(settled, steady)
                    check_period(settled)
        return settled


def _letters(poly: Poly) -> set[int]:
    """The letters in a polynomial, by their places."""
    return {index for monomial in poly for index, power in enumerate(monomial) if power}


def _denominator(poly: Poly, unit: int = 1) -> int:
    """What the coefficients of the letters, over a unit, have as their common denominator."""
    return math.lcm(
        *((Fraction(c) / unit).denominator
          for monomial, c in poly.items() if any(monomial))
    )  # fmt: skip


def _rounded(function: str, argument: Polynomial) -> Polynomial:
    """A rounding of a polynomial in k whose remainder does not depend on k."""
    met = argument.constant
    by = {
        "floor": lambda: -(met % 1),
        "ceil": lambda: -met % 1,
        "round8": lambda: 4 - (met + 4) % 8,
    }[function]()
    return argument + by


def _sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)
