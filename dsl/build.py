"""Syntax tree to layers: kinds are looked up, numbers read, post chains added, shapes inferred."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from ..grammar import tree
from ..grammar.errors import NetformError, Source, Span, did_you_mean, quoted
from ..grammar.printer import show_atom, show_modifier
from .aperture import Reach, Sight
from .cost import FREE
from .domain import Condition
from .expressions import Value, evaluate
from .kinds import BY_OP, VALUE, Kind, Spelling, spellings
from .kinds.input import Input
from .kinds.readers import Context, Given, Unfit
from .layer import Layer
from .polynomials import constant
from .shape import LONGEST_SIDE, Misfit, Shape
from .width import Width

MOST_LAYERS = 100_000
MOST_CHANNELS = 10**12
DEFAULT_POST: tree.PostChain = (tree.PostOp("relu"),)

# what other libraries call our layers, for the hint
_OTHER_WORDS = {
    "avgpool": "avg", "averagepooling": "avg", "batchnorm": "bn", "batchnormalization": "bn",
    "convtranspose": "deconv", "cropping": "crop", "dense": "fc", "depthwise": "dw",
    "dropout": "drop", "flatten": "flat", "globalaveragepooling": "gap", "globalavgpool": "gap",
    "globalmaxpool": "gmp", "identity": "id", "layernorm": "ln", "linear": "fc", "maxpool": "pool",
    "maxpooling": "pool", "silu": "swish", "upsample": "up", "upsampling": "up",
    "zeropadding": "pad",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Built:
    """The layers of a network, in order, and the conditions under which they exist."""

    layers: tuple[Layer, ...]
    conditions: tuple[Condition, ...]


def build(program: tree.Program, width: Width) -> Built:
    """Infer every layer; raises NetformError at the atom that cannot stand where it stands."""
    return _Builder(program, width).build()


class _Builder:
    """Walks the chain once, with the names given so far and the shape that flows."""

    def __init__(self, program: tree.Program, width: Width) -> None:
        self.program, self.width, self.source = program, width, program.source
        *extents, channels = program.input.size
        self.rank = len(extents)
        self.image = Shape(tuple(extents), constant(channels))
        self.names: dict[str, Value] = {"w": width.symbol, "c": Fraction(channels)}
        self.posts = {post.op: post.chain for post in program.posts}
        self.counts: Counter[str] = Counter()
        self.conditions: list[Condition] = []

    def build(self) -> Built:
        program = self.program
        _check_input(program.input, self.source)
        _check_words(program, self.source)
        weighted = [i for i, atom in enumerate(program.chain) if BY_OP[atom.op].weighted]
        last = weighted[-1] if weighted else None
        layers = [self.input()]
        for i, atom in enumerate(program.chain):
            for name, text, kind, span, is_post in self.steps(atom, is_last=i == last):
                if len(layers) > MOST_LAYERS:
                    raise NetformError(
                        f"a network has at most {MOST_LAYERS:,} layers, and here are more",
                        span,
                        self.source,
                        "leave some out",
                    )
                layers.append(self.place(name, text, kind, span, is_post, layers[-1]))
        return Built(tuple(layers), tuple(self.conditions))

    def input(self) -> Layer:
        size = "x".join(map(str, self.program.input.size))
        sight = Sight((Reach(),) * self.rank)
        span = self.program.input.span
        return Layer("input", size, Input(), self.image, self.image, FREE, sight, span)

    def steps(self, atom: tree.Atom, is_last: bool) -> Iterator[tuple[str, str, Kind, Span, bool]]:
        """The layers that one atom stands for: itself, then its post chain."""
        kind = BY_OP[atom.op]
        post: tree.PostChain = ()
        if atom.post is not None:
            if not kind.weighted:
                raise self.wrong(
                    f"only layers with weights take a post chain, and {atom.op} has none",
                    atom.span,
                    f"write {show_atom(replace(atom, post=None))} and the layers after it",
                )
            post = atom.post
        elif kind.weighted and not is_last:
            post = self.posts.get(atom.op, DEFAULT_POST)
        self.counts[atom.op] += 1
        name = f"{atom.op}{self.counts[atom.op]}"
        yield name, show_atom(atom), self.read(atom, kind, post, is_last), atom.span, False
        own: Counter[str] = Counter()
        for word in post:
            own[word.op] += 1
            number = own[word.op] if own[word.op] > 1 else ""
            value = (word.value,) if word.value else None
            step = tree.Atom(word.op, value, span=word.span if atom.post else atom.span)
            read = self.read(step, BY_OP[word.op], (), False)
            yield f"{name}.{word.op}{number}", show_atom(step), read, step.span, True

    def read(self, atom: tree.Atom, kind: type[Kind], post: tree.PostChain, last: bool) -> Kind:
        """The kind's fields from what is written and what the file sets."""
        known = spellings(kind)
        fixed = last or any(m.letter == "!" for m in atom.modifiers)
        context = Context(self.rank, lambda given: self.width.channels(given, fixed))
        fields: dict[str, object] = {}
        if kind.weighted:
            has_norm = bool(post) and BY_OP[post[0].op].is_norm
            default = not (has_norm and atom.op != "fc")
            fields["bias"] = default if self.program.bias is None else self.program.bias
        if atom.value is not None:
            if VALUE not in known:
                raise self.wrong(f"{atom.op} takes no number", atom.span, f"write {atom.op} alone")
            fields[known[VALUE].field] = self.number(
                atom, known[VALUE], atom.value, atom.span, context
            )
        seen = set()
        for modifier in atom.modifiers:
            spelling = known.get(modifier.letter)
            if spelling is None or modifier.letter == VALUE:
                raise self.unknown_modifier(atom, modifier, known)
            if modifier.letter in seen:
                raise self.wrong(
                    f"{atom.op} takes {modifier.letter} once, but this is the second",
                    modifier.span,
                    "leave one of them out",
                )
            seen.add(modifier.letter)
            if modifier.value is None:
                fields[spelling.field] = True
            else:
                fields[spelling.field] = self.number(
                    atom, spelling, modifier.value, modifier.span, context
                )
        for spelling in known.values():
            if spelling.required and spelling.field not in fields:
                written = (
                    spelling.example
                    if atom.value is None
                    else (
                        show_atom(tree.Atom(atom.op, atom.value)) + spelling.example
                        if spelling.letter != VALUE
                        else spelling.example
                    )
                )
                raise self.wrong(
                    f"{atom.op} needs its {spelling.meaning}", atom.span, f"write {written}"
                )
        return kind(**fields)

    def number(
        self, atom: tree.Atom, spelling: Spelling, value: tree.Size, span: Span, context: Context
    ) -> object:
        given = [
            Given(e.value) if isinstance(e, tree.Number) else evaluate(e, self.names, self.source)
            for e in value
        ]
        if spelling.read is None:
            raise self.wrong(
                f"{spelling.letter} takes no number", span, f"write {spelling.letter} alone"
            )
        try:
            return spelling.read(given, context)
        except Unfit as unfit:
            raise self.wrong(
                f"{atom.op} takes {unfit.needed} as its {spelling.meaning}, not {unfit.met}",
                span,
                f"write {spelling.example}",
            ) from None

    def place(
        self, name: str, text: str, kind: Kind, span: Span, is_post: bool, before: Layer
    ) -> Layer:
        """The layer behind the one before it."""
        map = before.output
        if kind.needs_map and map.is_vector:
            raise self.wrong(
                f"{kind.op} needs a map, but a vector leaves {before.name}",
                span,
                f"put {kind.op} before the first fc or flat",
            )
        try:
            out = kind.output(map)
            sight = before.sight.through(kind.sight(map))
        except Misfit as misfit:
            raise self.wrong(f"{name}: {misfit.message}", span, misfit.hint) from None
        except OverflowError as error:
            raise self.wrong(
                f"{name}: apertures that repeat only every {error} pixels are too long to follow",
                span,
                "upsample by less",
            ) from None
        if max(out.extents, default=1) > LONGEST_SIDE:
            raise self.wrong(
                f"{name}: a map has at most {LONGEST_SIDE:,} pixels a side, but this one has "
                f"{max(out.extents):,}",
                span,
                "upsample by less",
            )
        for count, what in kind.whole(map):
            self.conditions.append(Condition(count, what, name, span))
        if kind.weighted and out.channels != map.channels:
            self.check_channels(name, out, span)
        return Layer(name, text, kind, map, out, kind.cost(map, out), sight, span, is_post)

    def check_channels(self, name: str, out: Shape, span: Span) -> None:
        largest = max((abs(c) for c in out.channels.values()), default=0)
        if largest > MOST_CHANNELS:
            raise self.wrong(
                f"{name}: a layer has at most {MOST_CHANNELS:,} channels, but here are more",
                span,
                "write a smaller number",
            )

    def unknown_modifier(
        self, atom: tree.Atom, modifier: tree.Modifier, known: dict[str, Spelling]
    ) -> NetformError:
        choices = [s for s in known.values() if s.letter != VALUE]
        near = [
            s
            for s in choices
            if s.meaning.startswith(modifier.letter[:3]) and len(modifier.letter) > 1
        ]
        if near:
            meant = show_modifier(replace(modifier, letter=near[0].letter))
            hint = f"did you mean {meant}?"
        elif choices:
            hint = f"{atom.op} takes " + "; ".join(f"{s.letter} {s.meaning}" for s in choices)
        else:
            hint = f"{atom.op} takes no modifiers"
        return self.wrong(
            f"{atom.op} has no modifier {quoted(modifier.letter)}", modifier.span, hint
        )

    def wrong(self, message: str, span: Span, hint: str) -> NetformError:
        return NetformError(message, span, self.source, hint)


def _check_input(size: tree.Input, source: Source) -> None:
    if len(size.size) != 3:
        raise NetformError(
            f"an input has height, width and channels, but this one has {len(size.size)} numbers",
            size.span,
            source,
            "write input 32x32x3",
        )
    if max(size.size) > LONGEST_SIDE:
        raise NetformError(
            f"an input has at most {LONGEST_SIDE:,} pixels a side and as many channels",
            size.span,
            source,
            "write a smaller input",
        )


def _check_words(program: tree.Program, source: Source) -> None:
    """Every op exists; every op of a post chain is a norm or an activation."""
    before: tree.Atom | None = None
    for atom in program.chain:
        if atom.op not in BY_OP:
            raise _unknown(atom, before, source)
        for word in atom.post or ():
            _check_post(word, word.span, source)
        before = atom
    for post in program.posts:
        for word in post.chain:
            _check_post(word, word.span, source)


def _check_post(word: tree.PostOp, span: Span, source: Source) -> None:
    known = [op for op, kind in BY_OP.items() if kind.in_post]
    if word.op not in known:
        raise NetformError(
            f"a post chain is made of norms and activations, not of {quoted(word.op)}",
            span,
            source,
            did_you_mean(word.op, known),
        )
    if word.value is not None and VALUE not in spellings(BY_OP[word.op]):
        raise NetformError(f"{word.op} takes no number", span, source, f"write {word.op} alone")


def _unknown(atom: tree.Atom, before: tree.Atom | None, source: Source) -> NetformError:
    written = show_atom(atom)
    if before is not None and atom.op in spellings(BY_OP[before.op]):
        return NetformError(
            f"{quoted(written)} stands apart from {quoted(show_atom(before))}",
            atom.span,
            source,
            f"write {quoted(show_atom(before) + written)} without the space",
        )
    near = _OTHER_WORDS.get(atom.op)
    hint = f"did you mean {near}?" if near else did_you_mean(atom.op, BY_OP)
    if hint.startswith("did you mean "):
        hint = f"did you mean {hint[13:-1]}{quoted(written[len(atom.op) :])}?"
    return NetformError(f"no layer is called {quoted(atom.op)}", atom.span, source, hint)
