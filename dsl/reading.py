"""One atom to one layer kind: its numbers are read, its modifiers looked up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..grammar import tree
from ..grammar.errors import NetformError, Source, Span, quoted
from ..grammar.printer import show_atom, show_modifier
from .expressions import Value, evaluate
from .kinds import BY_OP, VALUE, Kind, Spelling, spellings
from .kinds.readers import Context, Given, Unfit
from .width import Width


@dataclass(frozen=True, slots=True)
class Reading:
    """What the numbers of an atom mean: the input's rank, the width rule, the symbols."""

    rank: int
    width: Width
    names: Mapping[str, Value]
    source: Source

    def kind(self, atom: tree.Atom, bias: bool | None = None, fixed: bool = False) -> Kind:
        """The layer that an atom says; raises NetformError where it says none.

        ``bias`` is what a layer with weights has unless its atom says otherwise, and ``fixed``
        keeps w away from its channels.
        """
        kind = BY_OP[atom.op]
        known = spellings(kind)
        fixed = fixed or any(modifier.letter == "!" for modifier in atom.modifiers)
        context = Context(self.rank, lambda given: self.width.channels(given, fixed))
        fields: dict[str, object] = {} if bias is None else {"bias": bias}
        if atom.value is not None:
            if VALUE not in known:
                raise self._wrong(f"{atom.op} takes no number", atom.span, f"write {atom.op} alone")
            value = known[VALUE]
            fields[value.field] = self._number(atom, value, atom.value, atom.span, context)
        seen: set[str] = set()
        for modifier in atom.modifiers:
            spelling = known.get(modifier.letter)
            if spelling is None or modifier.letter == VALUE:
                raise self._unknown_modifier(atom, modifier, known.values())
            if modifier.letter in seen:
                raise self._wrong(
                    f"{atom.op} takes {modifier.letter} once, but this is the second",
                    modifier.span,
                    "leave one of them out",
                )
            seen.add(modifier.letter)
            fields[spelling.field] = (
                True
                if modifier.value is None
                else self._number(atom, spelling, modifier.value, modifier.span, context)
            )
        for spelling in known.values():
            if spelling.required and spelling.field not in fields:
                raise self._missing(atom, spelling)
        return kind(**fields)

    def _number(
        self, atom: tree.Atom, spelling: Spelling, value: tree.Size, span: Span, context: Context
    ) -> object:
        if spelling.read is None:
            raise self._wrong(
                f"{spelling.letter} takes no number", span, f"write {spelling.letter} alone"
            )
        given = [
            Given(e.value) if isinstance(e, tree.Number) else evaluate(e, self.names, self.source)
            for e in value
        ]
        try:
            return spelling.read(given, context)
        except Unfit as unfit:
            raise self._wrong(
                f"{atom.op} takes {unfit.needed} as its {spelling.meaning}, not {unfit.met}",
                span,
                f"write {spelling.example}",
            ) from None

    def _missing(self, atom: tree.Atom, spelling: Spelling) -> NetformError:
        written = spelling.example
        if spelling.letter != VALUE:
            written = show_atom(tree.Atom(atom.op, atom.value)) + written
        return self._wrong(f"{atom.op} needs its {spelling.meaning}", atom.span, f"write {written}")

    def _unknown_modifier(
        self, atom: tree.Atom, modifier: tree.Modifier, known: Iterable[Spelling]
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
        return self._wrong(f"{atom.op} has no modifier {quoted(word)}", modifier.span, hint)

    def _wrong(self, message: str, span: Span, hint: str) -> NetformError:
        return NetformError(message, span, self.source, hint)
