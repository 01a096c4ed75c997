"""Syntax tree to layers: post chains are added, shapes, costs and apertures inferred."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from ..grammar import tree
from ..grammar.errors import NetformError, Source, Span
from ..grammar.printer import show_atom
from .aperture import Reach, Sight
from .cost import FREE
from .domain import Condition
from .kinds import BY_OP, Kind
from .kinds.input import Input
from .layer import Layer
from .polynomials import constant
from .reading import Reading
from .shape import LONGEST_SIDE, Misfit, Shape
from .width import Width
from .words import check_words

MOST_LAYERS = 100_000
MOST_CHANNELS = 10**12
DEFAULT_POST: tree.PostChain = (tree.PostOp("relu"),)


@dataclass(frozen=True, slots=True)
class Built:
    """The layers of a network, in order, and the conditions under which they exist."""

    layers: tuple[Layer, ...]
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """A layer that is still to be put in its place."""

    name: str
    text: str
    kind: Kind
    span: Span
    is_post: bool = False


def build(program: tree.Program, width: Width) -> Built:
    """Infer every layer; raises NetformError at the atom that cannot stand where it stands."""
    source = program.source
    _check_input(program.input, source)
    check_words(program)
    layers = [_input(program.input)]
    conditions: list[Condition] = []
    for step in _steps(program, width):
        if len(layers) > MOST_LAYERS:
            raise NetformError(
                f"a network has at most {MOST_LAYERS:,} layers, and here are more",
                step.span,
                source,
                "leave some out",
            )
        before = layers[-1]
        layers.append(_placed(step, before, source))
        conditions += [
            Condition(count, what, step.name, step.span)
            for count, what in step.kind.whole(before.output)
        ]
    return Built(tuple(layers), tuple(conditions))


def _input(size: tree.Input) -> Layer:
    *extents, channels = size.size
    image = Shape(tuple(extents), constant(channels))
    text = "x".join(map(str, size.size))
    return Layer(
        "input", text, Input(), image, image, FREE, Sight((Reach(),) * len(extents)), size.span
    )


def _steps(program: tree.Program, width: Width) -> Iterator[_Step]:
    """The layers that the chain stands for: every atom, then its post chain."""
    *extents, channels = program.input.size
    names = {"w": width.symbol, "c": Fraction(channels)}
    reading = Reading(len(extents), width, names, program.source)
    posts = {post.op: post.chain for post in program.posts}
    weighted = [i for i, atom in enumerate(program.chain) if BY_OP[atom.op].weighted]
    counts: Counter[str] = Counter()
    for i, atom in enumerate(program.chain):
        kind = BY_OP[atom.op]
        is_last = bool(weighted) and i == weighted[-1]
        if atom.post is not None and not kind.weighted:
            raise NetformError(
                f"only layers with weights take a post chain, and {atom.op} has none",
                atom.span,
                program.source,
                f"write {show_atom(replace(atom, post=None))} and the layers after it",
            )
        post = atom.post
        if post is None:
            post = () if is_last or not kind.weighted else posts.get(atom.op, DEFAULT_POST)
        bias = _bias(program, atom, post) if kind.weighted else None
        counts[atom.op] += 1
        name = f"{atom.op}{counts[atom.op]}"
        yield _Step(name, show_atom(atom), reading.kind(atom, bias, fixed=is_last), atom.span)
        own: Counter[str] = Counter()
        for word in post:
            own[word.op] += 1
            number = own[word.op] if own[word.op] > 1 else ""
            span = word.span if atom.post else atom.span
            step = tree.Atom(word.op, (word.value,) if word.value else None, span=span)
            text = show_atom(step)
            yield _Step(f"{name}.{word.op}{number}", text, reading.kind(step), span, is_post=True)


def _bias(program: tree.Program, atom: tree.Atom, post: tree.PostChain) -> bool:
    """Whether a layer has a bias by default: a convolution has none before a norm."""
    if program.bias is not None:
        return program.bias
    before_norm = bool(post) and BY_OP[post[0].op].is_norm
    return atom.op == "fc" or not before_norm


def _placed(step: _Step, before: Layer, source: Source) -> Layer:
    """The layer behind the one before it."""
    kind, map = step.kind, before.output

    def wrong(message: str, hint: str) -> NetformError:
        return NetformError(message, step.span, source, hint)

    if kind.needs_map and map.is_vector:
        raise wrong(
            f"{kind.op} needs a map, but a vector leaves {before.name}",
            f"put {kind.op} before the first fc or flat",
        )
    try:
        out = kind.output(map)
        sight = before.sight.through(kind.sight(map))
    except Misfit as misfit:
        raise wrong(f"{step.name}: {misfit.message}", misfit.hint) from None
    except OverflowError as error:
        raise wrong(
            f"{step.name}: apertures that repeat only every {error} pixels are too long to follow",
            "upsample by less",
        ) from None
    if max(out.extents, default=1) > LONGEST_SIDE:
        raise wrong(
            f"{step.name}: a map has at most {LONGEST_SIDE:,} pixels a side, but this one has "
            f"{max(out.extents):,}",
            "upsample or pad by less",
        )
    if max((abs(count) for count in out.channels.values()), default=0) > MOST_CHANNELS:
        raise wrong(
            f"{step.name}: a layer has at most {MOST_CHANNELS:,} channels, but here are more",
            "write a smaller number",
        )
    return Layer(
        step.name,
        step.text,
        kind,
        map,
        out,
        kind.cost(map, out),
        sight,
        step.span,
        step.is_post,
    )


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
