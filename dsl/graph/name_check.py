"""Checks that the words of a network exist: layers, merges, blocks, and the words of post chains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...grammar import tree
from ...grammar.errors import NetformError, Source, Span, did_you_mean, quoted
from ...grammar.foreign_names import hint_for, merge_for, post_hint_for
from ..kinds import BY_OP, MERGE_BY_OP, VALUE, spellings
from .definitions import definitions_of
from .remat import refuse_on_layer
from .unknown_words import axes_in_name, unknown_word


def check_names(program: tree.Program) -> None:
    """Raise NetformError at the first word that does not exist, with the nearest that does."""
    blocks = definitions_of(program)
    for definition in blocks.values():
        words = _NameCheck(blocks, definition.source, {p.name for p in definition.parameters})
        for parameter in definition.parameters:
            if isinstance(parameter.default, tree.Group):
                words.chain(parameter.default.chain)
        words.chain(definition.body.chain)
    _check_calls(blocks)
    _NameCheck(blocks, program.source, set()).chain(program.chain)
    for post in program.posts:
        for word in post.chain:
            _check_post(word, program.source)


@dataclass(frozen=True, slots=True)
class _NameCheck:
    """Checks chains of one file, in which some words are parameters."""

    blocks: Mapping[str, tree.Definition]
    source: Source
    parameters: set[str]

    def chain(self, chain: tree.Chain) -> None:
        before: tree.Item | None = None
        for item in chain:
            self.item(item, before)
            before = item

    def item(self, item: tree.Item, before: tree.Item | None) -> None:
        match item:
            case tree.Atom():
                self.atom(item, before)
            case tree.Group():
                self.chain(item.chain)
            case tree.Merge():
                self.merge(item)
            case tree.Call():
                self.call(item)
            case tree.Remat() | tree.Repeat():
                self.item(item.part, before)

    def atom(self, atom: tree.Atom, before: tree.Item | None) -> None:
        wrong = refuse_on_layer(atom, self.source)
        if wrong is not None:
            raise wrong
        if atom.op not in BY_OP:
            is_parameter = atom.op in self.parameters and atom == tree.Atom(atom.op)
            if not is_parameter:
                raise unknown_word(atom, before, self.source)
        elif (wrong := axes_in_name(atom, self.source)) is not None:
            raise wrong
        for word in atom.post or ():
            _check_post(word, self.source)

    def merge(self, merge: tree.Merge) -> None:
        if merge.op not in MERGE_BY_OP:
            near = merge_for(merge.op)
            hint = f"did you mean {near}?" if near else hint_for(merge.op)
            raise NetformError(
                f"branches merge by add, cat or mul, not by {quoted(merge.op)}",
                Span(merge.span.start, merge.span.start + len(merge.op)),
                self.source,
                f"put a space between them: {merge.op} [...]"
                if merge.op in BY_OP
                else hint or did_you_mean(merge.op, MERGE_BY_OP),
            )
        for branch in merge.branches:
            self.chain(branch)

    def call(self, call: tree.Call) -> None:
        if call.block not in self.blocks:
            hint = hint_for(self.source.text[call.span.start : call.span.end]) or (
                did_you_mean(call.block, self.blocks) if self.blocks else ""
            )
            raise NetformError(
                f"no block is called {quoted(call.block)}",
                call.span,
                self.source,
                hint or f"define it: def {quoted(call.block)}(n) [ conv(n)k3 ]",
            )
        for argument in call.arguments:
            if isinstance(argument, tree.Group):
                self.chain(argument.chain)


def _check_calls(blocks: Mapping[str, tree.Definition]) -> None:
    """Raise NetformError where blocks call each other in a circle."""
    finished: set[str] = set()
    for start in blocks:
        path: list[tuple[str, Iterator[tree.Call]]] = [(start, tree.calls(blocks[start]))]
        while path and start not in finished:
            name, ahead = path[-1]
            call = next((call for call in ahead if call.block not in finished), None)
            if call is None:
                finished.add(name)
                path.pop()
                continue
            names = [name for name, _ in path]
            if call.block in names:
                circle = [*names[names.index(call.block) :], call.block]
                raise NetformError(
                    f"{quoted(call.block)} calls itself"
                    if len(circle) == 2
                    else f"blocks call each other in a circle: {quoted(' calls '.join(circle))}",
                    call.span,
                    blocks[name].source,
                    "a block does not contain itself; repeat a part with *3",
                )
            path.append((call.block, tree.calls(blocks[call.block])))


def _check_post(word: tree.PostOp, source: Source) -> None:
    known = [op for op, kind in BY_OP.items() if kind.in_post]
    if word.op not in known:
        raise NetformError(
            f"a post chain is made of norms and activations, not of {quoted(word.op)}",
            word.span,
            source,
            post_hint_for(word.op) or did_you_mean(word.op, known),
        )
    if word.value is not None and VALUE not in spellings(BY_OP[word.op]):
        raise NetformError(
            f"{word.op} takes no number", word.span, source, f"write {word.op} alone"
        )
