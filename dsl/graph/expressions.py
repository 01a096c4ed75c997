"""The values of expressions: exact numbers, or polynomials if they contain a letter."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TypeAlias

from ...grammar import tree
from ...grammar.budget import HIGHEST_POWER, LARGEST_NUMBER, MOST_TERMS, Work, spend
from ...grammar.errors import NetformError, Source, Span, did_you_mean, quoted
from ..algebra.polynomials import Algebra, Poly, number_of
from ..algebra.roundings import ROUNDINGS
from ..kinds import BY_OP
from ..kinds.base.readers import Given
from .scope import NOWHERE, Frame, Scope

Value: TypeAlias = Fraction | Poly
INPUT_SYMBOLS = ("H", "W", "R")
_STEPS_OF_A_PART = 2


class UnknownChannelsError(Exception):
    """A value depends on c before shapes are known."""

    def __init__(self, name: tree.Name, source: Source) -> None:
        super().__init__(name.name)
        self.name, self.source = name, source


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Evaluates expressions for one set of values.

    ``width`` is the value of w. ``values`` are numbers given for lets and input symbols,
    ``lets`` their definitions, with the source of each. ``channels`` gives the channels that
    leave a step; it is None for what is evaluated before shapes are known.
    """

    algebra: Algebra
    width: Value
    lets: Mapping[str, tuple[tree.Let, Source]]
    values: Mapping[str, Fraction]
    channels: Callable[[int], Poly] | None = None
    _known_lets: dict[str, Given] = field(default_factory=dict)
    _open_lets: list[str] = field(default_factory=list)
    _known_values: dict[object, int] = field(default_factory=lambda: {(): 0})

    def with_channels(self, channels: Callable[[int], Poly]) -> Evaluation:
        """The same evaluation where the output channels of every step are known."""
        return replace(self, channels=channels)

    def number_of_values(self, frame: Frame) -> int | None:
        """A number for the values of a call's parameters; None where some are not known yet."""
        values = []
        for name, binding in frame.arguments.items():
            if binding.value is None and not isinstance(binding.argument, tree.Group):
                return None
            values.append((name, binding.value))
        return self._known_values.setdefault(tuple(values), len(self._known_values))

    def value(self, expression: tree.Expression, scope: Scope) -> Given:
        """The value of an expression; raises NetformError at the part that has none.

        Raises UnknownChannelsError where it needs the channels of a step before they are known.
        """
        if isinstance(expression, tree.Number):  # nearly always
            return Given(expression.value)
        given = self._value(expression, scope)
        if not isinstance(given.number, Fraction):
            number = number_of(given.number)
            if number is not None:
                return Given(number, given.literal)
        return given

    def _value(self, expression: tree.Expression, scope: Scope) -> Given:
        source = scope.frame.source
        spend(_STEPS_OF_A_PART, Work.TERMS)
        match expression:
            case tree.Number():
                return Given(expression.value)
            case tree.Name():
                return self._named(expression, scope)
            case tree.Negation():
                operand = self._value(expression.operand, scope)
                return Given(-operand.number, operand.literal)
            case tree.Function():
                return self._rounded(expression, scope)
            case tree.Operation():
                left = self._value(expression.left, scope)
                right = self._value(expression.right, scope)
                value = self._operate(expression, left.number, right.number, source)
                self._check_size(value, expression.span, source)
                return Given(value, left.literal or right.literal)

    def _named(self, name: tree.Name, scope: Scope) -> Given:
        word, frame = name.name, scope.frame
        if word in frame.arguments:
            return self._argument(name, frame)
        if word == "c":
            if self.channels is None or scope.entry == NOWHERE:
                raise UnknownChannelsError(name, frame.source)
            channels = self.channels(scope.entry)
            number = number_of(channels)
            return Given(channels if number is None else number, literal=True)
        if word == "w":
            return Given(self.width, literal=True)
        if word in self.values:
            return Given(self.values[word])
        if word in self.algebra.names[2:]:
            return Given(self.algebra.symbol(word))
        if word in self.lets:
            return self._let(name, frame)
        raise self._unknown(name, frame)

    def _argument(self, name: tree.Name, frame: Frame) -> Given:
        """The value of a parameter: that of its argument where the block is called."""
        binding = frame.arguments[name.name]
        if isinstance(binding.argument, tree.Group):
            raise NetformError(
                f"{quoted(name.name)} is a chain here, and an expression needs a number",
                name.span,
                frame.source,
                f"write {quoted(name.name)} as a layer, or give a number as the argument",
            )
        if binding.value is not None:
            return binding.value
        value = self.value(binding.argument, binding.scope)
        if not binding.varies:
            binding.value = value
        return value

    def _unknown(self, name: tree.Name, frame: Frame) -> NetformError:
        word = name.name
        if word in INPUT_SYMBOLS:
            return NetformError(
                f"{word} has no value",
                name.span,
                frame.source,
                f"give one with --set {word}=224, or write let {word} = 224",
            )
        known = [*frame.arguments, *self.lets, "w", "c"]
        letters = re.match("[a-z]*", word)
        is_layer = letters is not None and letters[0] in BY_OP
        return NetformError(
            f"no symbol is called {quoted(word)}",
            name.span,
            frame.source,
            f"write a chain that is an argument in brackets: [{quoted(word)}]"
            if is_layer
            else did_you_mean(word, known),
        )

    def _let(self, name: tree.Name, frame: Frame) -> Given:
        word = name.name
        if word not in self._known_lets:
            let, source = self.lets[word]
            if word in self._open_lets:
                circle = " needs ".join([*self._open_lets[self._open_lets.index(word) :], word])
                raise NetformError(
                    f"lets depend on each other in a circle: {circle}",
                    let.span,
                    source,
                    "give one of them a number",
                )
            self._open_lets.append(word)
            try:
                self._known_lets[word] = self.value(let.value, Scope(Frame("", source), NOWHERE))
            except UnknownChannelsError as met:
                raise NetformError(
                    "a let is the same everywhere, but c is the number of input channels of one layer",
                    met.name.span,
                    met.source,
                    "write c in the layer itself",
                ) from None
            self._open_lets.pop()
        return self._known_lets[word]

    def _rounded(self, function: tree.Function, scope: Scope) -> Given:
        if function.name not in ROUNDINGS:
            raise NetformError(
                f"no function is called {quoted(function.name)}",
                function.span,
                scope.frame.source,
                did_you_mean(function.name, ROUNDINGS),
            )
        argument = self.value(function.argument, scope)
        if isinstance(argument.number, Fraction):
            rounded = Fraction(ROUNDINGS[function.name](argument.number))
            return Given(rounded, argument.literal)
        letter = self.algebra.rounded(function.name, argument.number)
        self._check_size(letter, function.span, scope.frame.source)
        return Given(letter, argument.literal)

    def _operate(
        self, operation: tree.Operation, left: Value, right: Value, source: Source
    ) -> Value:
        if operation.operator == "/":
            if not isinstance(right, Fraction) or right == 0:
                raise NetformError(
                    "a divisor is a number other than 0, without w and other letters",
                    operation.right.span,
                    source,
                    "divide by a number, such as (64*w/2)",
                )
            if isinstance(left, Fraction):
                return left / right
            return left * self.algebra.constant(1 / right)
        if isinstance(left, Fraction) != isinstance(right, Fraction):
            left, right = self.algebra.poly(left), self.algebra.poly(right)
        match operation.operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right

    def _check_size(self, value: Value, span: Span, source: Source) -> None:
        """Raise NetformError where a value is too large to go on with."""
        if isinstance(value, Fraction):
            numbers = [abs(value.numerator), value.denominator]
        else:
            power, size = self.algebra.power_and_size(value)
            if power > HIGHEST_POWER:
                raise NetformError(
                    f"powers of a letter stay at most {HIGHEST_POWER}, but this expression has a "
                    "higher one",
                    span,
                    source,
                    "write a lower power",
                )
            if len(value) > MOST_TERMS:
                raise NetformError(
                    f"an expression has at most {MOST_TERMS:,} terms, but this one has "
                    f"{len(value):,}",
                    span,
                    source,
                    "write a number instead of some of its letters",
                )
            numbers = [math.ceil(size)]
            numbers += (max(abs(c.numerator), c.denominator) for c in value.values())
        if max(numbers) > LARGEST_NUMBER:
            raise NetformError(
                "numbers stay below 10^18, but this expression is larger",
                span,
                source,
                "write smaller numbers",
            )
