"""The model of a program: a function for every block, loops where the source repeats.

The record of what was unrolled is walked part by part. What an atom wrote as an expression of its
block's parameters is written so in Python; everything else is written as the number it is. Two
calls of a block share a function where their statements are the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from ...dsl.algebra.polynomials import Point, Poly, value_at
from ...dsl.graph.build import Built
from ...dsl.graph.layer import Layer
from ...dsl.graph.scope import Binding, Frame, Scope
from ...dsl.graph.trace import Called, Grouped, Merged, Placed, Record, Repeated, Step, Tapped
from ...dsl.graph.width import Width
from ...dsl.kinds import VALUE, Kind, spellings
from ...dsl.kinds.base.readers import Given
from ...dsl.kinds.conv import Conv
from ...dsl.kinds.deconv import Deconv
from ...dsl.kinds.fc import Fc
from ...grammar import tree
from ...grammar.printer import show_chain, show_head
from ..python.source import WIDTH, Call, Name, Value, docstring_text, literal
from . import names
from .expressions import Lookup, Written, plain, written
from .facts import facts_of
from .layer_names import activation
from .names import LOOP_VARIABLES, Names
from .spelling import SpellingContext, spell
from .statements import (
    Assign,
    LayerName,
    Loop,
    Plain,
    Statement,
    agreed,
    folded,
    layer_name,
    lines,
    needed,
)


@dataclass(frozen=True, slots=True)
class Model:
    """Python source: the functions of blocks, and the statements of ``build_model``.

    ``is_wide`` says that they scale channels by a function ``wide``, and ``separator`` joins the
    parts of a layer's name.
    """

    functions: list[str]
    statements: list[str]
    is_wide: bool
    separator: str


def write_model(built: Built, point: Point, width: Width, blocks: Collection[str]) -> Model:
    """The model of a network at one point, from the tensor ``x`` to ``x``.

    ``blocks`` are the names of all blocks, which variables leave to their functions.
    """
    writer = _Writer(built, point, width, blocks)
    frame = Frame("", built.layers[0].source)
    main = _Function(frame, {}, Names(blocks), {}, False, writer.separator)
    statements, last = writer.bracket(built.record, main, _Flow("x", "x", 0))
    output = built.layers[-1]
    if output.output.area == 1 and output not in writer.facts.vectors:
        # one label an image: a vector, not a map
        statements.append(Assign("x", Call("layers.Flatten"), last))
        last = "x"
    if last != "x":
        statements.append(Plain("x", last))
    variants = [variant for found in writer.variants.values() for variant in found]
    return Model(
        [variant.text() for variant in variants],
        list(lines(needed(statements, "x"))),
        writer.is_wide,
        writer.separator,
    )


@dataclass(slots=True)
class _Variant:
    """A function of a block: its statements are those of every call that shares it."""

    name: str
    definition: tree.Definition
    parameters: tuple[str, ...]
    statements: tuple[Statement, ...]
    result: str

    def text(self) -> str:
        """The function as Python source."""
        head = show_head(self.definition).removeprefix("def ")
        said = f"{head} [ {show_chain(self.definition.body.chain)} ]"
        if len(said) + 10 > WIDTH:
            said = f"The block {head}."
        return "\n".join(
            [
                f"def {self.name}({', '.join(['x', *self.parameters, 'name'])}):",
                f'    """{docstring_text(said)}"""',
                *lines(needed(self.statements, self.result)),
                f"    return {self.result}",
            ]
        )


@dataclass(frozen=True, slots=True)
class _Function:
    """The function being written, and where in it: its frame, how names are written, its loops.

    ``texts`` are the parameters of the frames seen in it, by the frame's identity and name, and
    ``taps`` the variables of their taps. ``separator`` joins the parts of a layer's name.
    ``channels`` is c in the bracket at hand, ``brackets`` how many brackets around needed one.
    """

    frame: Frame
    texts: Mapping[tuple[int, str], Written]
    names: Names
    taps: dict[tuple[int, str], str]
    prefixed: bool
    separator: str = "_"
    loops: int = 0
    channels: Written | None = None
    brackets: int = 0

    def name(self, layer: str) -> LayerName:
        """A layer's name as seen from the function."""
        own = layer[len(self.frame.name) + 1 :] if self.frame.name else layer
        return layer_name(own, self.prefixed, self.separator)

    def tap(self, frame: Frame, name: str) -> str:
        """The variable of a tap; taps of inlined blocks have their own."""
        key = id(frame), name
        if key not in self.taps:
            self.taps[key] = self.names.variable(name)
        return self.taps[key]

    def depth(self, naming: Frame) -> int:
        """Which part of a layer's name a frame counts."""
        own = naming.name[len(self.frame.name) :].strip(".")
        return own.count(".") + 1 if own else 0


@dataclass(frozen=True, slots=True)
class _Flow:
    """The variable that enters, the one that is assigned to, and the depth of branches."""

    entering: str
    target: str
    depth: int


class _Writer:
    """Walks the record, and keeps the functions written so far."""

    def __init__(self, built: Built, point: Point, width: Width, blocks: Collection[str]) -> None:
        self.built, self.point, self.width = built, point, width
        self.facts = facts_of(built.layers)
        self.rank = len(built.layers[0].output.extents)
        self.variants: dict[str, list[_Variant]] = {}
        self.blocks = blocks
        self.names = Names(())
        self.separator = _separator(built.layers)
        self.is_wide = False

    # ---- chains; each method gives statements and the variable that leaves

    def bracket(
        self, record: Record, function: _Function, flow: _Flow
    ) -> tuple[list[Statement], str]:
        """A chain in brackets, in which c is what enters."""
        entry = _entry_of_c(record, self.built.steps)
        if entry is None:
            return self.chain(record, replace(function, channels=None), flow)
        variable = names.channels(function.brackets)
        channels = self.built.places[entry][-1].output.channels
        value = value_at(channels, self.point)
        inner = replace(
            function,
            channels=Written(variable, value, varies=True, is_literal=True),
            brackets=function.brackets + 1,
        )
        statements, last = self.chain(record, inner, flow)
        return [Plain(variable, f"{flow.entering}.shape[-1]"), *statements], last

    def chain(
        self, record: Record, function: _Function, flow: _Flow
    ) -> tuple[list[Statement], str]:
        statements: list[Statement] = []
        for part in record:
            found, last = self.part(part, function, flow)
            statements += found
            flow = replace(flow, entering=last)
        return statements, flow.entering

    def part(
        self,
        part: Placed | Grouped | Merged | Called | Repeated | Tapped,
        function: _Function,
        flow: _Flow,
    ) -> tuple[list[Statement], str]:
        match part:
            case Placed(step=number):
                return self.placed(number, function, flow)
            case Grouped(parts=parts):
                return self.bracket(parts, function, flow)
            case Merged():
                return self.merged(part, function, flow)
            case Called():
                return self.called(part, function, flow)
            case Repeated():
                return self.repeated(part, function, flow)
            case Tapped(frame=frame, name=name):
                return [Plain(function.tap(frame, name), flow.entering)], flow.entering

    def placed(self, number: int, function: _Function, flow: _Flow) -> tuple[list[Statement], str]:
        """An atom and its post chain."""
        step, layers = self.built.steps[number - 1], self.built.places[number]
        first, *posts = layers
        fused = activation(posts[0].kind) if len(posts) == 1 and first.kind.weighted else None
        statements: list[Statement] = []
        for layer in layers[:1] if fused else layers:
            context = SpellingContext(
                entering=layer.input,
                rank=self.rank,
                point=self.point,
                written=self.fields(step, layer, function) if layer is first else {},
                activation=fused if layer is first else None,
                keep_map=layer in self.facts.kept_maps,
                non_negative=layer.inputs[0] in self.facts.non_negative,
                is_vector=layer.inputs[0] in self.facts.vectors,
            )
            for call in spell(layer.kind, context):
                name = function.name(layer.name)
                named = None if call.suffix is None else replace(name, suffix=call.suffix)
                statements.append(Assign(flow.target, call, flow.entering, named))
                flow = replace(flow, entering=flow.target)
        return statements, flow.entering

    def merged(self, part: Merged, function: _Function, flow: _Flow) -> tuple[list[Statement], str]:
        """The branches one after the other, each into its own variable, then the merge."""
        layer = self.built.places[part.step][0]
        depth = flow.depth + 1
        statements: list[Statement] = []
        ends: list[tuple[str, str]] = []  # the variable of every branch, and one to change it in
        is_alone = len(part.branches) == 1
        if is_alone:
            ends.append((flow.entering, names.tensor(depth, 0)))
        for number, (scope, tap, record) in enumerate(part.branches, start=1):
            target = names.tensor(depth, None if is_alone else number)
            entering = flow.entering if tap is None else function.tap(scope.frame, tap)
            found, last = self.bracket(record, function, _Flow(entering, target, depth))
            known = found and found[0] == _last_channels(statements)
            statements += found[1:] if known else found
            ends.append((last, target))
        tensors = []
        is_mixed = layer in self.facts.vectors
        for before, (last, target) in zip(layer.inputs, ends, strict=True):
            if is_mixed and before not in self.facts.vectors:
                statements.append(Assign(target, Call("layers.Flatten"), last))
                last = target
            tensors.append(last)
        (call,) = spell(layer.kind, SpellingContext(layer.input, self.rank, self.point))
        joined = f"[{', '.join(tensors)}]"
        statements.append(Assign(flow.target, call, joined, function.name(layer.name)))
        return statements, flow.target

    def repeated(
        self, part: Repeated, function: _Function, flow: _Flow
    ) -> tuple[list[Statement], str]:
        """A loop where every round says the same, else one round after the other."""
        count = written(part.node.count, self.lookup(part.scope, function))
        varies = count is not None and count.varies and count.value == len(part.rounds)
        statements: list[Statement] = []
        if not varies and len(part.rounds) < 2:
            return self.rounds(part.rounds, function, flow)
        looped, start = replace(function, loops=function.loops + 1), flow
        if flow.entering != flow.target:
            statements.append(Plain(flow.target, flow.entering))
            start = replace(flow, entering=flow.target)
        rounds = [self.chain(record, looped, start) for record in part.rounds]
        variable = LOOP_VARIABLES[min(function.loops, len(LOOP_VARIABLES) - 1)]
        loop = None
        if all(last == start.target for _, last in rounds) and function.loops < len(LOOP_VARIABLES):
            text = count.text if varies and count else str(len(part.rounds))
            depth = function.depth(part.naming)
            loop = folded([found for found, _ in rounds], text, variable, depth)
        if loop is None:
            return self.rounds(part.rounds, function, flow)
        return [*statements, loop], start.target

    def rounds(
        self, rounds: Sequence[Record], function: _Function, flow: _Flow
    ) -> tuple[list[Statement], str]:
        statements: list[Statement] = []
        for record in rounds:
            found, last = self.chain(record, function, flow)
            statements += found
            flow = replace(flow, entering=last)
        return statements, flow.entering

    def called(self, part: Called, function: _Function, flow: _Flow) -> tuple[list[Statement], str]:
        """A call of the block's function; its chain in place where an argument is a chain."""
        frame = part.inner.frame
        bindings = frame.arguments
        if any(isinstance(binding.argument, tree.Group) for binding in bindings.values()):
            texts = dict(function.texts)
            for name, binding in bindings.items():
                if not isinstance(binding.argument, tree.Group) and binding.value is not None:
                    texts[id(frame), name] = self.argument(binding, part, function, texts)
            inline = replace(function, texts=texts)
            return self.bracket(part.parts, inline, flow)
        used = {name: b for name, b in bindings.items() if b.value is not None}
        own = Names(self.blocks)
        variables = {name: own.variable(name) for name in used}
        inside = {
            (id(frame), name): Written(
                variables[name],
                self.value(binding),
                varies=True,
                is_literal=bool(binding.value and binding.value.literal),
            )
            for name, binding in used.items()
        }
        inner = _Function(frame, inside, own, {}, prefixed=True, separator=self.separator)
        body, result = self.bracket(part.parts, inner, _Flow("x", "x", 0))
        parameters = tuple(variables.values())
        variant = self.variant(part.definition, parameters, tuple(body), result)
        arguments: list[Value] = [
            Name(self.argument(binding, part, function, function.texts).text)
            for binding in used.values()
        ]
        call = Call(variant.name, tuple(arguments), on_tensor=False)
        named = function.name(frame.name)
        return [Assign(flow.target, call, flow.entering, named)], flow.target

    def variant(
        self,
        definition: tree.Definition,
        parameters: tuple[str, ...],
        body: tuple[Statement, ...],
        result: str,
    ) -> _Variant:
        """The function with these statements, a new one where none says the same."""
        variants = self.variants.setdefault(definition.name, [])
        for variant in variants:
            both = agreed(variant.statements, body)
            if both is not None and (variant.parameters, variant.result) == (parameters, result):
                variant.statements = both
                return variant
        name = self.names.function(definition.name)
        variants.append(_Variant(name, definition, parameters, body, result))
        return variants[-1]

    # ---- numbers

    def lookup(self, scope: Scope, function: _Function) -> Lookup:
        """How names are written in a scope, as seen from a function."""

        def find(name: str) -> Written | None:
            known = function.texts.get((id(scope.frame), name))
            if known is not None:
                return known
            if name == "c":
                return function.channels
            return None

        return find

    def argument(
        self,
        binding: Binding,
        part: Called,
        function: _Function,
        texts: Mapping[tuple[int, str], Written],
    ) -> Written:
        """An argument as it is written in a call, or as the number it is."""
        value = self.value(binding)
        assert not isinstance(binding.argument, tree.Group)
        if binding.scope is not part.inner:  # a default is what it comes to
            found = written(
                binding.argument, self.lookup(binding.scope, replace(function, texts=texts))
            )
            if found is not None and found.value == value:
                return found
        is_literal = bool(binding.value and binding.value.literal)
        return Written(literal(plain(value)), value, is_literal=is_literal)

    def value(self, binding: Binding) -> Fraction:
        assert binding.value is not None
        number = binding.value.number
        return number if isinstance(number, Fraction) else value_at(number, self.point)

    def fields(self, step: Step, layer: Layer, function: _Function) -> dict[str, Value]:
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
            parts = [written(expression, lookup) for expression in size]
            field = known[letter].field
            if any(part is None for part in parts) or field == "bias":
                continue
            texts = self.texts(layer.kind, field, [part for part in parts if part], step)
            if texts is not None:
                found[field] = texts
        return found

    def texts(self, kind: Kind, field: str, parts: list[Written], step: Step) -> Value:
        """A field in Python, where that gives what the layer has; else None."""
        if not any(part.varies for part in parts):
            return None
        expected = getattr(kind, field)
        if isinstance(kind, (Conv, Deconv, Fc)) and field in ("filters", "units"):
            return self.channels(parts[0], expected, kind.fixed or step.is_final)
        values = [part.value for part in parts]
        if isinstance(expected, tuple):
            if values * (len(expected) // len(values)) != list(expected):
                return None
        elif values != [expected]:
            return None
        found = tuple(Name(part.text) for part in parts)
        return found[0] if len(found) == 1 else found

    def channels(self, part: Written, expected: Poly, is_fixed: bool) -> Value:
        """Output channels, scaled where the width is not 1."""
        count = value_at(expected, self.point)
        is_scaled = self.width.rounding is not None or self.point[0] != 1
        if is_scaled and not (is_fixed or part.is_literal):
            scaled = self.width.channels(Given(part.value), False, self.built.algebra)
            if value_at(scaled, self.point) == count:
                self.is_wide = True
                return Name(f"wide({part.text})")
            return None
        return Name(part.text) if part.value == count else None


def _separator(layers: Sequence[Layer]) -> str:
    """What joins the parts of names in Keras; with dots they are netform's own, and unique."""
    keras_names = [
        layer.name.replace(".", "_") + suffix
        for layer in layers
        for suffix in ("", "_pad", "_crop")
    ]
    return "_" if len(set(keras_names)) == len(keras_names) else "."


def _last_channels(statements: Sequence[Statement]) -> Statement | None:
    """The statement that gave c its value last; None where a loop may have changed it since."""
    for statement in reversed(statements):
        if isinstance(statement, Loop):
            return None
        if isinstance(statement, Plain) and statement.value.endswith(".shape[-1]"):
            return statement
    return None


def _entry_of_c(record: Record, steps: Sequence[Step]) -> int | None:
    """The step whose channels are c for what stands in a bracket itself; None where none asks."""
    for expression, scope in _expressions(record, steps):
        if "c" in tree.names(expression):
            return scope.entry
    return None


def _expressions(record: Record, steps: Sequence[Step]) -> Iterator[tuple[tree.Expression, Scope]]:
    """What stands in a bracket itself, not in brackets inside it."""
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
