"""One atom to one layer kind: its numbers are read, its modifiers looked up."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from ...grammar import tree
from ...grammar.budget import Work, spend
from ...grammar.errors import NetformError, Source, Span, quoted
from ...grammar.printer import show_atom, show_modifier
from ...grammar.short_repr import ShortRepr
from ..algebra.polynomials import Poly
from ..kinds import BY_OP, VALUE, Kind, Spelling, spellings
from ..kinds.base.readers import Context, FieldValueError, Given
from ..kinds.base.shape import Shape
from .effect import Effect
from .expressions import Evaluation
from .scope import Scope
from .width import Width


@dataclass(frozen=True, eq=False)
class ReadLayer(ShortRepr):
    """The layer of an atom, and the values of the atom's numbers in their order.

    ``effects`` keeps the effects of the layer on its input shapes. Written as text, it is the
    atom with its numbers worked out.
    """

    kind: Kind
    atom: tree.Atom
    given: tuple[Given, ...]
    effects: dict[Shape, Effect] = field(default_factory=dict)

    def __reduce__(self) -> tuple[object, ...]:
        return ReadLayer, (self.kind, self.atom, self.given)

    @functools.cached_property
    def text(self) -> str:
        """The atom with a number for every expression that is one."""
        return show_atom(_worked_out(self.atom, self.given))

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class LayerReader:
    """What the numbers of an atom mean: the input's rank, the width rule, the symbols.

    ``known`` keeps the layers read by the numbers of their atoms.
    """

    rank: int
    width: Width
    evaluation: Evaluation
    known: dict[object, ReadLayer] = field(default_factory=dict)

    def layer(
        self, atom: tree.Atom, scope: Scope, bias: bool | None = None, fixed: bool = False
    ) -> ReadLayer:
        """The layer of an atom; raises NetformError if it is no layer.

        ``bias`` is what a layer with weights has unless its atom sets another, and ``fixed``
        keeps w away from its channels.
        """
        given = self._given(atom, scope)
        key = (atom, bias, fixed, given)
        found = self.known.get(key)
        if found is None:
            kind = self._kind(atom, given, scope.frame.source, bias, fixed)
            found = self.known[key] = ReadLayer(kind, atom, given)
        return found

    def post(self, chain: tree.PostChain, source: Source) -> Sequence[tuple[str, ReadLayer]]:
        """The layers of a post chain, and the name of each: bn, relu, relu2 for a second."""
        named: list[tuple[str, ReadLayer]] = []
        numbers: Counter[str] = Counter()
        for word in chain:
            spend(1, Work.LAYERS)
            numbers[word.op] += 1
            number = numbers[word.op]
            name = word.op if number == 1 else f"{word.op}{number}"
            named.append((name, self._word(word, source)))
        return named

    def _word(self, word: tree.PostOp, source: Source) -> ReadLayer:
        """The layer of a word of a post chain."""
        if word not in self.known:
            value = (word.value,) if word.value else None
            given = (Given(word.value.value),) if word.value else ()
            atom = tree.Atom(word.op, value, span=word.span)
            kind = self._kind(atom, given, source, None, False)
            self.known[word] = ReadLayer(kind, atom, given)
        return self.known[word]

    def _given(self, atom: tree.Atom, scope: Scope) -> tuple[Given, ...]:
        """The values of all numbers of an atom, in their order."""
        value = self.evaluation.value
        given = [value(e, scope) for e in atom.value or ()]
        for modifier in atom.modifiers:
            if modifier.value:
                given += [value(e, scope) for e in modifier.value]
        return tuple(given)

    def _kind(
        self,
        atom: tree.Atom,
        given: tuple[Given, ...],
        source: Source,
        bias: bool | None,
        fixed: bool,
    ) -> Kind:
        kind = BY_OP[atom.op]
        known = spellings(kind)
        fixed = fixed or any(modifier.letter == "!" for modifier in atom.modifiers)
        algebra = self.evaluation.algebra
        context = Context(self.rank, lambda given: self.width.channels(given, fixed, algebra))
        fields: dict[str, object] = {} if bias is None else {"bias": bias}
        numbers = iter(given)
        if atom.value is not None:
            if VALUE not in known:
                hint = f"write {atom.op} alone"
                raise NetformError(f"{atom.op} takes no number", atom.span, source, hint)
            value = known[VALUE]
            written = [next(numbers) for _ in atom.value]
            fields[value.field] = self._number(atom, value, written, atom.span, context, source)
        seen: set[str] = set()
        for modifier in atom.modifiers:
            spelling = known.get(modifier.letter)
            if spelling is None or modifier.letter == VALUE:
                raise _unknown_modifier(atom, modifier, known.values(), source)
            if modifier.letter in seen:
                raise NetformError(
                    f"{atom.op} takes {modifier.letter} once, but this is the second",
                    modifier.span,
                    source,
                    "leave one of them out",
                )
            seen.add(modifier.letter)
            written = [next(numbers) for _ in modifier.value or ()]
            fields[spelling.field] = (
                True
                if modifier.value is None
                else self._number(atom, spelling, written, modifier.span, context, source)
            )
        for spelling in known.values():
            if spelling.required and spelling.field not in fields:
                raise _missing(atom, spelling, source)
        return kind(**fields)

    def _number(
        self,
        atom: tree.Atom,
        spelling: Spelling,
        given: list[Given],
        span: Span,
        context: Context,
        source: Source,
    ) -> object:
        if spelling.read is None:
            hint = f"write {spelling.letter} alone"
            raise NetformError(f"{spelling.letter} takes no number", span, source, hint)
        try:
            return spelling.read(given, context)
        except FieldValueError as error:
            raise NetformError(
                f"{atom.op} takes {error.needed} as its {spelling.meaning}, not {self._shown(error.given)}",
                span,
                source,
                f"write {spelling.example}",
            ) from None

    def _shown(self, given: str | Fraction | Poly) -> str:
        """A number in decimals where that is exact, a polynomial in the letters of the network."""
        if isinstance(given, str):
            return given
        if not isinstance(given, Fraction):
            return self.evaluation.algebra.text(given)
        decimal = str(float(given))
        return decimal if Fraction(decimal) == given and given.denominator != 1 else str(given)


def has_c(atom: tree.Atom) -> bool:
    """Whether an atom has c, the number of input channels."""
    return any("c" in tree.names(expression) for expression in tree.expressions(atom))


def _worked_out(atom: tree.Atom, given: Iterable[Given]) -> tree.Atom:
    """The atom with a number for every expression that is one, except those with w and c."""
    numbers = iter(given)

    def size(written: tree.Size | None) -> tree.Size | None:
        return written and tuple(_plain(expression, next(numbers)) for expression in written)

    value = size(atom.value)
    modifiers = tuple(replace(m, value=size(m.value)) for m in atom.modifiers)
    return replace(atom, value=value, modifiers=modifiers)


def _plain(expression: tree.Expression, given: Given) -> tree.Expression:
    number = given.number
    if given.literal or not isinstance(number, Fraction) or number.denominator != 1:
        return expression
    return tree.Number(number)


def _missing(atom: tree.Atom, spelling: Spelling, source: Source) -> NetformError:
    written = spelling.example
    if spelling.letter != VALUE:
        written = show_atom(tree.Atom(atom.op, atom.value)) + written
    return NetformError(
        f"{atom.op} needs its {spelling.meaning}", atom.span, source, f"write {written}"
    )


def _unknown_modifier(
    atom: tree.Atom, modifier: tree.Modifier, known: Iterable[Spelling], source: Source
) -> NetformError:
    word = modifier.letter
    choices = [s for s in known if s.letter != VALUE]
    near = [s for s in choices if len(word) > 1 and s.meaning.startswith(word[:3])]
    if near:
        hint = f"did you mean {show_modifier(replace(modifier, letter=near[0].letter))}?"
    elif choices:
        hint = f"{atom.op} takes " + "; ".join(f"{s.letter} {s.meaning}" for s in choices)
    else:
        hint = f"{atom.op} takes no modifiers"
    return NetformError(f"{atom.op} has no modifier {quoted(word)}", modifier.span, source, hint)
