"""The fields of layers and the arguments of calls, as expressions of a block's parameters.

An expression is written only where Python gives it the value that the layer has; otherwise the
number itself is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from ...dsl.algebra.polynomials import Point, Poly, value_at
from ...dsl.graph.build import LayerGraph
from ...dsl.graph.layer import Layer
from ...dsl.graph.scope import Binding, Scope
from ...dsl.graph.unrolling.trace import Called, Placed, Record, Repeated, Step
from ...dsl.graph.width import Width
from ...dsl.kinds import VALUE, Kind, spellings
from ...dsl.kinds.base.readers import Given
from ...dsl.kinds.conv import Conv
from ...dsl.kinds.deconv import Deconv
from ...dsl.kinds.fc import Fc
from ...grammar import tree
from ..python.source import Name, Value, literal
from . import names
from .expressions import Lookup, PythonExpression, int_if_whole, python_expression
from .function import Function


@dataclass(slots=True)
class Fields:
    """Writes fields and arguments of one network at a point and a width.

    ``is_wide`` becomes true when output channels are scaled by the program's function ``wide``.
    """

    graph: LayerGraph
    point: Point
    width: Width
    is_wide: bool = False

    def lookup(self, scope: Scope, function: Function) -> Lookup:
        """How the names of a scope are written in a function."""

        def find(name: str) -> PythonExpression | None:
            known = function.parameters.get((scope.frame, name))
            if known is None and name == "c":
                return function.channels
            return known

        return find

    def channels_of_bracket(self, entry: int, function: Function) -> PythonExpression:
        """The variable for c in a bracket whose input is the output of step ``entry``."""
        channels = self.graph.places[entry][-1].output.channels
        variable = names.channels(function.brackets)
        return PythonExpression(
            variable, value_at(channels, self.point), varies=True, is_literal=True
        )

    def value(self, binding: Binding) -> Fraction:
        """The value of an argument."""
        assert binding.value is not None
        number = binding.value.number
        return number if isinstance(number, Fraction) else value_at(number, self.point)

    def parameter(self, binding: Binding, variable: str) -> PythonExpression:
        """An argument inside the function that takes it."""
        is_literal = bool(binding.value and binding.value.literal)
        return PythonExpression(variable, self.value(binding), varies=True, is_literal=is_literal)

    def argument(self, binding: Binding, call: Called, function: Function) -> PythonExpression:
        """An argument as it is written in a call, or as the number it is."""
        value = self.value(binding)
        assert not isinstance(binding.argument, tree.Group)
        if binding.scope is not call.inner:  # a default is written as its number
            found = python_expression(binding.argument, self.lookup(binding.scope, function))
            if found is not None and found.value == value:
                return found
        is_literal = bool(binding.value and binding.value.literal)
        return PythonExpression(literal(int_if_whole(value)), value, is_literal=is_literal)

    def with_parameters_of(self, call: Called, function: Function) -> Function:
        """The function, with the parameters of a block that is written in place."""
        frame = call.inner.frame
        for name, binding in frame.arguments.items():
            if not isinstance(binding.argument, tree.Group) and binding.value is not None:
                known = {(frame, name): self.argument(binding, call, function)}
                function = replace(function, parameters={**function.parameters, **known})
        return function

    def fields(self, step: Step, layer: Layer, function: Function) -> dict[str, Value]:
        """The fields of an atom that stay expressions in the program."""
        atom = step.node
        assert isinstance(atom, tree.Atom)
        found: dict[str, Value] = {}
        known = spellings(type(layer.kind))
        lookup = self.lookup(step.scope, function)
        sizes = [(VALUE, atom.value), *((m.letter, m.value) for m in atom.modifiers)]
        for letter, size in sizes:
            if not size or all(isinstance(expression, tree.Number) for expression in size):
                continue
            field = known[letter].field
            parts = [python_expression(expression, lookup) for expression in size]
            if field == "bias" or any(part is None for part in parts):
                continue
            value = self._field(layer.kind, field, [part for part in parts if part], step)
            if value is not None:
                found[field] = value
        return found

    def _field(self, kind: Kind, field: str, parts: list[PythonExpression], step: Step) -> Value:
        """A field in Python, where that gives what the layer has; else None."""
        if not any(part.varies for part in parts):
            return None
        expected = getattr(kind, field)
        if isinstance(kind, (Conv, Deconv, Fc)) and field in ("filters", "units"):
            return self._output_channels(parts[0], expected, kind.fixed or step.is_final)
        values = [part.value for part in parts]
        if isinstance(expected, tuple):
            if values * (len(expected) // len(values)) != list(expected):
                return None
        elif values != [expected]:
            return None
        found = tuple(Name(part.text) for part in parts)
        return found[0] if len(found) == 1 else found

    def _output_channels(self, part: PythonExpression, expected: Poly, is_fixed: bool) -> Value:
        """Output channels, scaled where the width is not 1."""
        count = value_at(expected, self.point)
        is_scaled = self.width.rounding is not None or self.point[0] != 1
        if is_scaled and not (is_fixed or part.is_literal):
            scaled = self.width.channels(Given(part.value), False, self.graph.algebra)
            if value_at(scaled, self.point) == count:
                self.is_wide = True
                return Name(f"wide({part.text})")
            return None
        return Name(part.text) if part.value == count else None


def entry_of_c(record: Record, steps: Sequence[Step]) -> int | None:
    """The step whose channels are c in a bracket; None where the bracket does not use c."""
    for expression, scope in _expressions(record, steps):
        if "c" in tree.names(expression):
            return scope.entry
    return None


def _expressions(record: Record, steps: Sequence[Step]) -> Iterator[tuple[tree.Expression, Scope]]:
    """The expressions in a bracket itself, not those in brackets inside it."""
    for part in record:
        match part:
            case Placed(step=number):
                step = steps[number - 1]
                assert isinstance(step.node, tree.Atom)
                yield from ((expression, step.scope) for expression in tree.expressions(step.node))
            case Called(node=call, caller=caller):
                yield from ((expression, caller) for expression in tree.expressions(call))
            case Repeated(rounds=rounds):
                for inner in rounds[:1]:
                    yield from _expressions(inner, steps)
            case _:
                pass
