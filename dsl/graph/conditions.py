"""The domain of a network's formulas: the values of their letters for which the network exists."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sympy import Dummy, Expr, Integer, Mul, Symbol, degree, expand, factor_terms

from ...grammar.errors import Mark, NetformError, Source, Span
from ..algebra.floor_forms import Extent, value_of
from ..algebra.periodic_sets import EVERY, PeriodicSet, PeriodTooLongError
from ..algebra.polynomials import Algebra, Point, Poly, exact, value_at, whole_step
from ..algebra.progressions import ABOVE, AT, Progression
from .loops import Loop


@dataclass(frozen=True, slots=True)
class Whole:
    """A count that must be whole and at least 1, and the layer that needs it."""

    count: Poly
    what: str
    layer: str
    source: Source
    span: Span


@dataclass(frozen=True, slots=True)
class Rounds:
    """A symbolic number of rounds, which must be whole and at least ``least``."""

    count: Poly
    least: int
    layer: str
    source: Source
    span: Span


@dataclass(frozen=True, slots=True)
class Equal:
    """Two counts of channels that a merge needs to be equal, and where each comes from."""

    one: Poly
    other: Poly
    layer: str
    source: Source
    span: Span
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Least:
    """An extent, a function of the input's, that must have some pixels at least."""

    extent: Extent
    least: int
    layer: str
    source: Source
    span: Span


@dataclass(frozen=True, slots=True)
class SameExtent:
    """Two extents of branches, functions of the input's, that a merge needs to be equal."""

    one: int | Extent
    other: int | Extent
    layer: str
    source: Source
    span: Span
    marks: tuple[Mark, ...]


Condition = Whole | Rounds | Equal | Least | SameExtent


def in_all_rounds(condition: Condition, loop: Loop) -> Iterator[Condition]:
    """A condition on any round of a loop, as conditions on all of its rounds.

    A polynomial in the number of the round is whole, or 0, in all rounds where it is in the first
    few, one more than its degree.
    """
    match condition:
        case Whole():
            counts = {"count": condition.count}
        case Equal():
            counts = {"one": condition.one, "other": condition.other}
        case _:
            yield condition
            return
    degree = max(count.degree(loop.entering) for count in counts.values())
    rounds: list[int | Poly] = list(range(degree + 1)) if degree > 0 else [0]
    if any(coefficient < 0 for coefficient in loop.growth.values()):
        rounds.append(loop.count - 1)
    for number in rounds:
        changed = {name: loop.in_round(count, number) for name, count in counts.items()}
        yield replace(condition, **changed)


def check(conditions: Sequence[Condition], point: Point, algebra: Algebra) -> None:
    """Raise NetformError, naming the layer, where a condition does not hold at a point."""
    w = point[0]
    extents = {name: int(value) for name, value in zip(algebra.names, point, strict=False)}
    for condition in conditions:
        if isinstance(condition, Least | SameExtent):
            _check_extents(condition, extents)
            continue
        if isinstance(condition, Equal):
            one, other = value_at(condition.one, point), value_at(condition.other, point)
            if one != other:
                raise NetformError(
                    f"{condition.layer} needs equally many channels from all branches, but "
                    f"{_counts(algebra, condition.one, one)} and {_counts(algebra, condition.other, other)} "
                    + ("enter" if w == 1 else f"enter at w = {w}"),
                    condition.span,
                    condition.source,
                    _remedy_of_equal(algebra, condition),
                    condition.marks,
                )
            continue
        value = value_at(condition.count, point)
        if isinstance(condition, Rounds):
            _check_rounds(condition, value, algebra)
            continue
        if value.denominator == 1 and value >= 1:
            continue
        formula = algebra.expression(condition.count)
        met = f"has {value}" if w == 1 else f"has {formula} = {value} at w = {w}"
        kind = "at least 1 of its" if value.denominator == 1 else "a whole number of"
        raise NetformError(
            f"{condition.layer} needs {kind} {condition.what}, but {met}",
            condition.span,
            condition.source,
            _remedy(conditions, w),
        )


def _check_rounds(condition: Rounds, value: Fraction, algebra: Algebra) -> None:
    if value.denominator == 1 and value >= condition.least:
        return
    raise NetformError(
        f"{condition.layer} needs a whole number of rounds of at least {condition.least}, but has "
        f"{algebra.expression(condition.count)} = {value}",
        condition.span,
        condition.source,
        "change the symbols in that number",
    )


def _check_extents(condition: Least | SameExtent, extents: Mapping[str, int]) -> None:
    if isinstance(condition, Least):
        met = value_of(condition.extent, extents)
        if met >= condition.least:
            return
        raise NetformError(
            f"{condition.layer} needs {condition.least} pixels, but {met} enter it at "
            f"{condition.extent.symbol} = {extents[condition.extent.symbol]}",
            condition.span,
            condition.source,
            "use a larger input",
        )
    one, other = (value_of(extent, extents) for extent in (condition.one, condition.other))
    if one != other:
        raise NetformError(
            f"{condition.layer} needs branches of one size, but {condition.one} is {one} and "
            f"{condition.other} is {other}",
            condition.span,
            condition.source,
            "; ".join(sizes_in_words([condition])),
            condition.marks,
        )


def candidates(conditions: Sequence[Condition], progression: Progression) -> PeriodicSet:
    """The numbers of steps of a progression at which the network exists.

    Raises PeriodTooLongError where the conditions repeat too rarely to be looked at.
    """
    positive = {AT, ABOVE}
    needed: dict[tuple[Poly, bool], None] = {}  # each once; and whether it is 0, not positive
    counts: dict[Poly, None] = {}
    for condition in conditions:
        match condition:
            case Whole(count=count):
                counts[progression.restricted(count)] = None
                needed[progression.restricted(count - 1), False] = None
            case Rounds(count=count, least=least):
                counts[progression.restricted(count)] = None
                needed[progression.restricted(count - least), False] = None
            case Equal(one=one, other=other):
                needed[progression.restricted(one - other), True] = None
            case Least(extent=extent, least=least):
                needed[progression.restricted(extent.poly - least), False] = None
            case SameExtent(one=one, other=other):
                difference = _extent_poly(one, progression) - _extent_poly(other, progression)
                needed[progression.restricted(difference), True] = None
    found = EVERY
    for count in counts:
        found &= progression.whole(count)
    for poly, is_zero in needed:
        found &= progression.where(poly, {AT} if is_zero else positive)
    return found


def _extent_poly(extent: int | Extent, progression: Progression) -> Poly:
    return progression.algebra.constant(extent) if isinstance(extent, int) else extent.poly


def sizes_in_words(conditions: Sequence[Condition]) -> list[str]:
    """What the conditions say of the input's extents: the least, and a divisor or residues."""
    words = [
        f"{condition.one} = {condition.other}"
        for condition in conditions
        if isinstance(condition, SameExtent) and _symbol_of(condition) is None
    ]
    for symbol, found in _by_symbol(conditions).items():
        words += _of_symbol(symbol, found)
    return list(dict.fromkeys(words))


def _by_symbol(conditions: Sequence[Condition]) -> dict[str, list[Least | SameExtent]]:
    """The conditions on extents that are functions of one symbol, by that symbol."""
    found: dict[str, list[Least | SameExtent]] = {}
    for condition in conditions:
        if isinstance(condition, Least | SameExtent):
            symbol = _symbol_of(condition)
            if symbol is not None:
                found.setdefault(symbol, []).append(condition)
    return found


def _symbol_of(condition: Least | SameExtent) -> str | None:
    """The one symbol that the extents of a condition are functions of."""
    symbols = {extent.symbol for extent in _extents(condition) if isinstance(extent, Extent)}
    return symbols.pop() if len(symbols) == 1 else None


def _of_symbol(symbol: str, conditions: Sequence[Least | SameExtent]) -> list[str]:
    same = [condition for condition in conditions if isinstance(condition, SameExtent)]
    meeting, progression = _meeting(symbol, conditions)
    if meeting is not None and meeting.after(0) is None:
        return [f"there is no such {symbol}"]
    if meeting is None or not meeting.is_endless:
        words = list(dict.fromkeys(f"{c.one} = {c.other}" for c in same))
        sizes = EVERY
    else:
        words = []
        sizes = meeting.continued
    residues, period = _shortest(sizes)
    if period > 1:
        named = " or ".join(map(str, sorted(residues)))
        is_divisible = residues == {0}
        words.append(
            f"{symbol} is divisible by {period}"
            if is_divisible
            else f"{symbol} mod {period} is {named}"
        )
    enough = candidates([c for c in conditions if isinstance(c, Least)], progression)
    least, least_met = sizes.after(0), (sizes & enough).after(0)
    if least_met is not None and least_met != least:
        words.append(f"{symbol} is at least {least_met}")
    return words


def _meeting(
    symbol: str, conditions: Sequence[Least | SameExtent]
) -> tuple[PeriodicSet | None, Progression]:
    """The sizes at which branches meet, None where too many would have to be looked at."""
    extents = [e for c in conditions for e in _extents(c) if isinstance(e, Extent)]
    progression = Progression(extents[0].algebra, symbol, Fraction(1), {})
    same = [condition for condition in conditions if isinstance(condition, SameExtent)]
    try:
        return candidates(same, progression), progression
    except PeriodTooLongError:
        return None, progression


def _shortest(sizes: PeriodicSet) -> tuple[set[int], int]:
    """The residues that some sizes have, by the shortest period that tells them."""
    for period in range(1, sizes.period + 1):
        if sizes.period % period == 0:
            kept = {n % period for n in sizes.runs}
            if len(kept) * (sizes.period // period) == len(sizes.runs):
                break
    return kept, period


def in_domain(expr: Expr, conditions: Sequence[Condition]) -> Expr:
    """An expression without the floors that come out whole wherever the conditions hold.

    Where R is divisible by 16, say, floor(R/8) is R/8.
    """
    for symbol, same in _by_symbol(conditions).items():
        meeting, _ = _meeting(symbol, same)
        if meeting is None or not meeting.is_endless:
            continue
        residues, period = _shortest(meeting.continued)
        if period > 1 and len(residues) == 1:
            (residue,) = residues
            steps = Dummy(integer=True)
            expr = expr.subs(Symbol(symbol), period * steps + residue)
            expr = expand(expr.subs(steps, (Symbol(symbol) - residue) / Integer(period)))
    return expr


def _extents(condition: Least | SameExtent) -> tuple[int | Extent, ...]:
    match condition:
        case Least(extent=extent):
            return (extent,)
        case SameExtent(one=one, other=other):
            return one, other


def step(conditions: Sequence[Condition]) -> Fraction | None:
    """The s whose multiples are the widths that work; None where no such s is known."""
    numerator, denominator = 1, 0
    for count in _counted(conditions):
        own = whole_step(count)
        if own is None:
            return None
        if count.degree(0) > 0:  # least common multiple of fractions
            numerator = math.lcm(numerator, own.numerator)
            denominator = math.gcd(denominator, own.denominator)
    return Fraction(numerator, denominator) if denominator else None


def is_scaled(conditions: Sequence[Condition], algebra: Algebra) -> bool:
    """Whether a count of channels varies with w, rounded or not."""
    return any(algebra.unrounded(count).degree(0) > 0 for count in _counted(conditions))


def in_words(
    conditions: Sequence[Condition], algebra: Algebra, free: Sequence[str] = ("w", "B")
) -> list[str]:
    """The domain in the symbols left free, for people; w and B are 1 where they are not."""
    known = {Symbol(name): Integer(1) for name in ("w", "B") if name not in free}
    words = sizes_in_words(conditions)
    for condition in conditions:
        if isinstance(condition, Equal):
            difference = _simplest(algebra.expression(condition.one - condition.other).subs(known))
            letters = sorted(difference.free_symbols, key=str)
            solution = _root(difference, letters[0]) if len(letters) == 1 else None
            if solution is not None:
                known[letters[0]] = solution
                words.append(f"{letters[0]} = {solution}")
            elif letters:
                one, other = (algebra.expression(c) for c in (condition.one, condition.other))
                words.append(f"{one.subs(known)} = {other.subs(known)}")
    counts = list(_counted(conditions))
    every = step(conditions)
    only_w = all(not any(monomial[1:]) for count in counts for monomial in count)
    positive = all(c > 0 for count in counts for c in count.values())
    if only_w and positive and every is not None and Symbol("w") not in known:
        if any(not count.is_ground for count in counts):
            words.append(f"w is a positive multiple of {every}")
    else:
        whole = [algebra.expression(count).subs(known) for count in counts]
        shown = list(dict.fromkeys(str(count) for count in whole if not count.is_number))
        if shown and "w" in free and Symbol("w") not in known:
            words.append(f"w is positive, and these are positive integers: {', '.join(shown)}")
        elif shown:
            words.append(f"these are positive integers: {', '.join(shown)}")
    words += _rounds_in_words(conditions, algebra)
    if "B" in free:
        words.append("B is a positive integer")
    return list(dict.fromkeys(words))


def _rounds_in_words(conditions: Sequence[Condition], algebra: Algebra) -> list[str]:
    """How many rounds loops have; of a symbol plus a number, what the symbol is."""
    least: dict[Expr, Fraction] = {}
    for condition in conditions:
        if isinstance(condition, Rounds):
            count = algebra.expression(condition.count)
            number, letters = count.as_coeff_Add()
            if not letters.is_Symbol:
                number, letters = Integer(0), count
            bound = condition.least - exact(number)
            least[letters] = max(bound, least.get(letters, bound))
    words = []
    for letters, bound in least.items():
        kind = "a positive integer" if bound == 1 else f"an integer of at least {bound}"
        words.append(f"{letters} is {kind}")
    return words


def _simplest(difference: Expr) -> Expr:
    """A difference without the letters that all its terms share, none of which is 0."""
    sums = [part for part in Mul.make_args(factor_terms(difference)) if part.is_Add]
    return sums[0] if len(sums) == 1 else difference


def _root(difference: Expr, letter: Expr) -> Expr | None:
    """The one positive number at which a linear difference is 0; None where it is not linear."""
    if not difference.is_polynomial(letter) or degree(difference, letter) != 1:
        return None
    root = -difference.subs(letter, 0) / expand(difference).coeff(letter)
    return root if root > 0 else None


def _counted(conditions: Sequence[Condition]) -> Iterator[Poly]:
    for condition in conditions:
        if isinstance(condition, Whole):
            yield condition.count


def _counts(algebra: Algebra, poly: Poly, value: Fraction) -> str:
    return str(value) if poly.is_ground else f"{algebra.expression(poly)} = {value}"


def _remedy_of_equal(algebra: Algebra, condition: Equal) -> str:
    (words,) = in_words([condition], algebra, ("w",)) or ("",)
    if words.startswith("w = "):
        return f"only {words} works; write channels with c to follow what enters, or ! to fix them"
    return "end all branches with equally many channels; c is the number that enters"


def _remedy(conditions: Sequence[Condition], w: Fraction) -> str:
    every = step(conditions)
    if w == 1 or every is None or (w / every).denominator == 1:
        return "change the numbers of channels"
    return (
        f"use a width that is a multiple of {every}, or a rounding rule: floor, nearest or divisor8"
    )
