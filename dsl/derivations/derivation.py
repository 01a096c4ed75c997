"""A derivation: how a figure follows from the layers, step by step, as data.

Each part is one thing that a textbook prints: a rule with its letters and their values, a
table of what every layer contributes, a sum collected by powers, the growth of an aperture along
a path, or a sentence. :mod:`netform.codegen.explain` prints them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from sympy import Add, Expr, Rational

from ...grammar.short_repr import ShortRepr
from ..algebra.stated_formulas import Formula, Letter, letters_of, substituted, sum_of_formulas


@dataclass(frozen=True, slots=True)
class Term(ShortRepr):
    """A part of a rule: its name, its formula, and the reason for it in words."""

    name: str
    formula: Formula
    words: str


@dataclass(frozen=True, slots=True)
class DerivationStep(ShortRepr):
    """A rule, with values in the place of its letters, worked out.

    ``names`` are what it derives: ``params``, or ``H_out`` and ``W_out`` where both are equal.
    The rule is the sum of its ``terms``; without terms it is 0, and ``words`` explain why.
    ``number`` is the value at a point, None where a symbol has no number.
    """

    names: tuple[str, ...]
    terms: tuple[Term, ...]
    simplified: Expr
    number: Fraction | None
    words: str = ""

    @property
    def rule(self) -> Formula:
        """The rule in letters."""
        return sum_of_formulas(term.formula for term in self.terms)

    @property
    def letters(self) -> tuple[Letter, ...]:
        """The letters of the rule, in the order in which they occur."""
        return letters_of(self.rule)

    @property
    def substituted(self) -> Formula:
        """The rule with its value in the place of every letter."""
        return substituted(self.rule)


@dataclass(frozen=True, slots=True)
class Contribution(ShortRepr):
    """What equal layers add to a total: their names and op, and the step of one of them."""

    layers: tuple[str, ...]
    op: str
    step: DerivationStep

    @property
    def simplified(self) -> Expr:
        """What all of them add."""
        terms = Add.make_args(self.step.simplified)
        return Add(*(len(self.layers) * term for term in terms))

    @property
    def number(self) -> Fraction | None:
        """What all of them add, as a number."""
        return None if self.step.number is None else len(self.layers) * self.step.number


@dataclass(frozen=True, slots=True)
class Contributions(ShortRepr):
    """Every layer that adds to a total, in order, equal ones together."""

    name: str
    rows: tuple[Contribution, ...]

    @property
    def rules(self) -> tuple[tuple[tuple[str, ...], DerivationStep], ...]:
        """The rules that the rows follow, and for each the ops whose layers do."""
        found: dict[tuple[tuple[str, str], ...], tuple[list[str], DerivationStep]] = {}
        for row in self.rows:
            rule = tuple((_shape(term.formula), term.words) for term in row.step.terms)
            ops, _ = found.setdefault(rule, ([], row.step))
            if row.op not in ops:
                ops.append(row.op)
        return tuple((tuple(ops), step) for ops, step in found.values())

    @property
    def letters(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The letters of the rules, and what each means."""
        meanings: dict[str, dict[str, None]] = {}
        for _, step in self.rules:
            for letter in step.letters:
                meanings.setdefault(letter.symbol, {})[letter.meaning] = None
        return tuple((symbol, tuple(found)) for symbol, found in meanings.items())


@dataclass(frozen=True, slots=True)
class Power(ShortRepr):
    """The terms of a sum in one product of symbols: how often each coefficient comes."""

    symbols: Expr
    coefficients: tuple[tuple[int, Rational], ...]
    sum: Rational


@dataclass(frozen=True, slots=True)
class Collected(ShortRepr):
    """A sum grouped by powers, and its value."""

    name: str
    powers: tuple[Power, ...]
    simplified: Expr
    number: Fraction | None


@dataclass(frozen=True, slots=True)
class Growth(ShortRepr):
    """One layer on a path: the aperture and jump, in pixels of the image, before and after it.

    ``kernel`` is the span of its kernel with dilation. Where the recurrence is not
    valid, ``words`` explain what applies instead; ``size`` is then the result, least and most where
    pixels differ.
    """

    layer: str
    written: str
    kernel: int
    stride: int
    before: int
    jump_before: Fraction
    size: int | tuple[int, int]
    jump: Fraction
    words: str = ""


@dataclass(frozen=True, slots=True)
class Path(ShortRepr):
    """How the receptive field grows from the image to a layer, along axes that are equal."""

    axes: tuple[str, ...]
    layer: str
    rows: tuple[Growth, ...]
    size: int | tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sentence(ShortRepr):
    """A thing to know, in words."""

    words: str


@dataclass(frozen=True, slots=True)
class Result(ShortRepr):
    """What is derived: its formula, and its number; a pair is the least and the most."""

    name: str
    formula: Expr | None
    number: Fraction | tuple[int, int] | None


@dataclass(frozen=True)
class Derivation(ShortRepr):
    """How a quantity of a network, or of one ``layer`` of it, is derived.

    ``at`` are the numbers of the symbols that are left free, ``domain`` is where the formulas
    are valid. Derivations that this one needs first are among its parts.
    """

    network: str
    quantity: str
    unit: str
    meaning: str
    layer: str | None
    written: str | None
    parts: tuple[Part, ...]
    results: tuple[Result, ...]
    at: tuple[tuple[str, Fraction], ...]
    domain: tuple[str, ...]

    @property
    def formula(self) -> Expr | None:
        """What is derived, as an expression; of several results the first."""
        return self.results[0].formula

    @property
    def number(self) -> Fraction | tuple[int, int] | None:
        """What is derived, as a number; of several results the first."""
        return self.results[0].number


Part: TypeAlias = DerivationStep | Contributions | Collected | Path | Sentence | Derivation


def collected(
    name: str, rows: Iterable[Contribution], simplified: Expr, number: Fraction | None
) -> Collected:
    """The sum of some contributions, grouped by powers in the order of the whole."""
    found: dict[Expr, dict[Rational, int]] = {}
    for row in rows:
        for part in Add.make_args(row.step.simplified):
            coefficient, symbols = part.as_coeff_Mul()
            times = found.setdefault(symbols, {})
            times[coefficient] = times.get(coefficient, 0) + len(row.layers)
    order = [term.as_coeff_Mul()[1] for term in simplified.as_ordered_terms()]
    order += [symbols for symbols in found if symbols not in order]
    powers = [_power(symbols, found[symbols]) for symbols in order if symbols in found]
    return Collected(name, tuple(powers), simplified, number)


def _power(symbols: Expr, times: dict[Rational, int]) -> Power:
    pairs = tuple((count, coefficient) for coefficient, count in times.items())
    return Power(symbols, pairs, sum((n * c for n, c in pairs), Rational(0)))


def listed(names: Sequence[str]) -> str:
    """``conv1, conv2 and conv3``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _shape(stated: Formula) -> str:
    """A formula without its values, for telling rules apart."""
    from ..algebra.stated_formulas import expression

    return str(expression(stated))
