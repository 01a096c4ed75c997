"""The error for a word that is no layer: what it was probably meant to be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from ...grammar import tree
from ...grammar.errors import NetformError, Source, did_you_mean, quoted
from ...grammar.foreign_names import hint_for
from ...grammar.printer import show_atom, show_item
from ...grammar.syntax_needs import STATEMENTS
from ..kinds import BY_OP, MERGE_BY_OP, VALUE, spellings


@dataclass(frozen=True, slots=True)
class _Unknown:
    """A word that is no layer, and the part of the chain before it, where there is one."""

    atom: tree.Atom
    before: tree.Item | None
    source: Source

    @property
    def written(self) -> str:
        return show_atom(self.atom)

    def wrong(self, message: str, hint: str) -> NetformError:
        return NetformError(message, self.atom.span, self.source, hint)


def unknown_word(atom: tree.Atom, before: tree.Item | None, source: Source) -> NetformError:
    """The error at a word that is no layer, behind another part of the chain."""
    if isinstance(before, tree.Repeat):
        before = before.part
    unknown = _Unknown(atom, before, source)
    for rule in (_modifier_apart, _statement, _size_apart, _times, _merge, _value_missing):
        found = rule(unknown)
        if found is not None:
            return found
    hint = hint_for(unknown.written)
    if hint is None:
        hint = did_you_mean(atom.op, BY_OP)
        if hint.startswith("did you mean "):
            hint = f"{hint[:-1]}{quoted(unknown.written[len(atom.op) :])}?"
    return unknown.wrong(f"no layer is called {quoted(atom.op)}", hint)


def axes_in_name(atom: tree.Atom, source: Source) -> NetformError | None:
    """The error at ``conv2d64k3``, which would have 2 channels and a dilation of 64; else None.

    A dilation of 2 or 3 right behind the channels may be meant.
    """
    first = atom.modifiers[0] if atom.modifiers else None
    if first is None or not first.letter.startswith("d") or atom.value not in _AXES:
        return None
    has_dilation = "d" in spellings(BY_OP[atom.op])
    if has_dilation and first.letter == "d" and first.value and first.value[0] in _SMALL:
        return None
    written = show_atom(atom)
    name = show_atom(tree.Atom(atom.op, atom.value)) + first.letter
    return NetformError(
        f"no layer is called {name}; the number of axes is that of the input",
        atom.span,
        source,
        hint_for(written) or f"write {atom.op}",
    )


_AXES = tuple((tree.Number(Fraction(number)),) for number in (1, 2, 3))
_SMALL = tuple(tree.Number(Fraction(number)) for number in (1, 2, 3))


def _modifier_apart(unknown: _Unknown) -> NetformError | None:
    before, written = unknown.before, unknown.written
    if not isinstance(before, tree.Atom) or before.op not in BY_OP:
        return None
    if unknown.atom.op not in spellings(BY_OP[before.op]):
        return None
    return unknown.wrong(
        f"{quoted(written)} is separated from {quoted(show_atom(before))}",
        f"write {quoted(show_atom(before) + written)} without the space",
    )


def _statement(unknown: _Unknown) -> NetformError | None:
    if unknown.atom.op not in STATEMENTS:
        return None
    return unknown.wrong(
        f"{unknown.atom.op} is a statement, but here it is among the layers",
        "move it above the first layer, outside of all brackets",
    )


def _size_apart(unknown: _Unknown) -> NetformError | None:
    if unknown.before is not None or unknown.atom.op != "x":
        return None
    return unknown.wrong(
        f"{quoted(unknown.written)} is separated from the input",
        "write the size in one word: input 32x32x3",
    )


def _times(unknown: _Unknown) -> NetformError | None:
    atom, before = unknown.atom, unknown.before
    if before is None or atom.op != "x" or not atom.value:
        return None
    return unknown.wrong(
        f"{quoted(unknown.written)} is not a layer; a part that repeats is followed by a star",
        f"write {quoted(show_item(before))}*{show_atom(replace(atom, op=''))}",
    )


def _merge(unknown: _Unknown) -> NetformError | None:
    op = unknown.atom.op
    if op not in MERGE_BY_OP:
        return None
    return unknown.wrong(
        f"{op} merges branches, which follow it in brackets",
        f"write {op}[conv64k3 | conv64k1], without a space before the bracket",
    )


def _value_missing(unknown: _Unknown) -> NetformError | None:
    """A layer that takes a value, and one of its modifiers right behind it."""
    op, letter = unknown.atom.op[:-1], unknown.atom.op[-1]
    known = spellings(BY_OP[op]) if op in BY_OP else {}
    if VALUE not in known or letter not in known:
        return None
    return unknown.wrong(f"{op} needs its {known[VALUE].meaning}", f"write {known[VALUE].example}")
