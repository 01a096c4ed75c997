"""Do the words of a network exist: layers, merges, blocks, and the words of post chains?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ...grammar import tree
from ...grammar.errors import NetformError, Source, Span, did_you_mean, quoted
from ...grammar.printer import show_atom, show_item
from ..kinds import BY_OP, MERGE_BY_OP, VALUE, spellings
from .definitions import definitions_of

# what other libraries call our layers, for the hint
_OTHER_WORDS = {
    "avgpool": "avg", "averagepooling": "avg", "batchnorm": "bn", "batchnormalization": "bn",
    "convtranspose": "deconv", "cropping": "crop", "dense": "fc", "depthwise": "dw",
    "dropout": "drop", "flatten": "flat", "globalaveragepooling": "gap", "globalavgpool": "gap",
    "globalmaxpool": "gmp", "identity": "id", "layernorm": "ln", "linear": "fc", "maxpool": "pool",
    "maxpooling": "pool", "silu": "swish", "upsample": "up", "upsampling": "up",
    "zeropadding": "pad",
}  # fmt: skip


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
                is_parameter = item.op in self.parameters and item == tree.Atom(item.op)
                if item.op not in BY_OP and not is_parameter:
                    raise self.unknown(item, before)
                for word in item.post or ():
                    _check_post(word, self.source)
            case tree.Group():
                self.chain(item.chain)
            case tree.Merge():
                if item.op not in MERGE_BY_OP:
                    raise NetformError(
                        f"branches merge by add, cat or mul, not by {quoted(item.op)}",
                        Span(item.span.start, item.span.start + len(item.op)),
                        self.source,
                        f"put a space between them: {item.op} [...]"
                        if item.op in BY_OP
                        else did_you_mean(item.op, MERGE_BY_OP),
                    )
                for branch in item.branches:
                    self.chain(branch)
            case tree.Call():
                if item.block not in self.blocks:
                    hint = did_you_mean(item.block, self.blocks) if self.blocks else ""
                    raise NetformError(
                        f"no block is called {quoted(item.block)}",
                        item.span,
                        self.source,
                        hint or f"define it: def {quoted(item.block)}(n) [ conv(n)k3 ]",
                    )
                for argument in item.arguments:
                    if isinstance(argument, tree.Group):
                        self.chain(argument.chain)
            case tree.Repeat():
                self.item(item.part, before)

    def unknown(self, atom: tree.Atom, before: tree.Item | None) -> NetformError:
        source, written = self.source, show_atom(atom)
        if isinstance(before, tree.Repeat):
            before = before.part
        known = (
            spellings(BY_OP[before.op])
            if isinstance(before, tree.Atom) and before.op in BY_OP
            else {}
        )
        if isinstance(before, tree.Atom) and atom.op in known:
            return NetformError(
                f"{quoted(written)} stands apart from {quoted(show_atom(before))}",
                atom.span,
                source,
                f"write {quoted(show_atom(before) + written)} without the space",
            )
        if atom.op in ("input", "use", "let", "def", "post", "data", "train", "sweep"):
            return NetformError(
                f"{atom.op} is a statement, but here it stands among layers",
                atom.span,
                source,
                "move it above the first layer, outside of all brackets",
            )
        if before is None and atom.op == "x":
            return NetformError(
                f"{quoted(written)} stands apart from the input",
                atom.span,
                source,
                "write the size in one word: input 32x32x3",
            )
        times = show_atom(replace(atom, op="")) if atom.op == "x" and atom.value else ""
        if before is not None and times:
            return NetformError(
                f"{quoted(written)} is no layer; what repeats is followed by a star",
                atom.span,
                source,
                f"write {quoted(show_item(before))}*{times}",
            )
        if atom.op in MERGE_BY_OP:
            return NetformError(
                f"{atom.op} merges branches, which stand in brackets right behind it",
                atom.span,
                source,
                f"write {atom.op}[conv64k3 | conv64k1], without a space before the bracket",
            )
        stem = atom.op[:-1]
        if (
            stem in BY_OP
            and atom.op[-1] in spellings(BY_OP[stem])
            and VALUE in spellings(BY_OP[stem])
        ):
            value = spellings(BY_OP[stem])[VALUE]
            return NetformError(
                f"{stem} needs its {value.meaning}", atom.span, source, f"write {value.example}"
            )
        near = _OTHER_WORDS.get(atom.op)
        hint = f"did you mean {near}?" if near else did_you_mean(atom.op, BY_OP)
        if hint.startswith("did you mean "):
            hint = f"{hint[:-1]}{quoted(written[len(atom.op) :])}?"
        return NetformError(f"no layer is called {quoted(atom.op)}", atom.span, source, hint)


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
            did_you_mean(word.op, known),
        )
    if word.value is not None and VALUE not in spellings(BY_OP[word.op]):
        raise NetformError(
            f"{word.op} takes no number", word.span, source, f"write {word.op} alone"
        )
