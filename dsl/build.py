"""Steps to layers: post chains are added, shapes, costs and apertures inferred."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from ..grammar import tree
from ..grammar.collection import garbage_kept
from ..grammar.errors import Mark, NetformError, Source, Span
from ..grammar.printer import show_atom
from .aperture import Connection, Reach, Sight, union
from .cost import FREE, Cost
from .domain import Condition, Equal, Least, SameExtent, Whole
from .expressions import Evaluation, NotYet, Value
from .kinds import BY_OP, MERGE_BY_OP, Disagree, Kind
from .kinds.input import Input
from .layer import Layer
from .normal_form import Extent, Symbol
from .polynomials import MOST_ROUNDINGS, Algebra, TooFewLetters
from .reading import Reading
from .scope import NOWHERE, Frame, Scope
from .shape import LONGEST_SIDE, Misfit, Shape
from .totals import Totals, total
from .unroll import MOST_LAYERS, Record, Step, lets_of, too_many_layers, unroll
from .width import Width
from .words import check_words

MOST_CHANNELS = 10**12
DEFAULT_POST: tree.PostChain = (tree.PostOp("relu"),)


@dataclass(frozen=True)
class Built:
    """The layers of a network, in order, and the conditions under which they exist.

    ``places`` are the layers of every step, its post chain behind it, from which and from
    ``record`` a program is written; place 0 is the image.
    """

    layers: tuple[Layer, ...]
    conditions: tuple[Condition, ...]
    algebra: Algebra
    places: tuple[tuple[Layer, ...], ...]
    steps: Sequence[Step]
    record: Record

    @functools.cached_property
    def totals(self) -> Totals:
        """Sums over the layers."""
        with garbage_kept():
            return total(self.layers)


def build(
    program: tree.Program,
    width: Width,
    values: Mapping[str, Fraction] | None = None,
    free: Iterable[str] = (),
    roundings: int = 0,
) -> Built:
    """Infer every layer; raises NetformError at the part that cannot stand where it stands.

    ``values`` are numbers for lets and for the symbols of the input; the lets in ``free`` stay
    letters. The algebra has at least ``roundings`` letters for roundings.
    """
    check_words(program)
    roundings = min(MOST_ROUNDINGS, roundings)
    while True:
        try:
            with garbage_kept():
                return _Builder(program, width, values or {}, Algebra(free, roundings)).built()
        except TooFewLetters:
            if roundings == MOST_ROUNDINGS:
                raise _too_much("roundings of letters", program) from None
            roundings = min(MOST_ROUNDINGS, 4 * (roundings or 2))
        except RecursionError:
            raise _too_much("definitions of definitions", program) from None


def _too_much(what: str, program: tree.Program) -> NetformError:
    return NetformError(
        f"this network has more {what} than can be followed",
        program.input.span,
        program.source,
        "write numbers instead of expressions",
    )


@dataclass(slots=True)
class _Builder:
    """What is known while layers are put in place, one after the other."""

    program: tree.Program
    width: Width
    values: Mapping[str, Fraction]
    algebra: Algebra
    layers: list[Layer] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    places: list[tuple[Layer, ...]] = field(default_factory=list)
    known: dict[tuple[int, Shape], _Effect] = field(default_factory=dict)

    def built(self) -> Built:
        program, algebra = self.program, self.algebra
        evaluation = Evaluation(algebra, self.width.symbol(algebra), lets_of(program), self.values)
        image = self.image(evaluation)
        self.layers.append(image)
        self.places.append((image,))
        unrolled = unroll(program, evaluation)
        evaluation.channels = lambda step: self.places[step][-1].output.channels
        reading = Reading(len(image.output.extents), self.width, evaluation)
        posts = {post.op: post.chain for post in program.posts}
        _check_number(unrolled.steps, posts)
        for step in unrolled.steps:
            if isinstance(step.node, tree.Merge):
                self.places.append((self.merged(step, step.node),))
            else:
                self.places.append(tuple(self.chained(step, step.node, reading, posts)))
            self.layers += self.places[-1]
        return Built(
            tuple(self.layers),
            tuple(self.conditions),
            algebra,
            tuple(self.places),
            unrolled.steps,
            unrolled.record,
        )

    def image(self, evaluation: Evaluation) -> Layer:
        size, source = self.program.input, self.program.source
        if not 2 <= len(size.size) <= 4:
            raise NetformError(
                "an input has one to three extents, then its channels, but this one has "
                f"{len(size.size)} numbers",
                size.span,
                source,
                "write input 32x32x3 (height x width x channels)",
            )
        numbers: list[int | Extent] = []
        for side, symbol in zip(size.size, (*extent_symbols(self.program), ()), strict=True):
            free = next((name for name in symbol if name in self.algebra.names), None)
            known = next((self.values[name] for name in symbol if name in self.values), None)
            if free is not None:
                numbers.append(Extent(self.algebra, Symbol(free)))
            elif known is not None:
                numbers.append(_whole_side(known, side, source))
            else:
                numbers.append(_side(side, evaluation, source))
        *extents, channels = numbers
        assert isinstance(channels, int)
        if max(number for number in numbers if isinstance(number, int)) > LONGEST_SIDE:
            raise NetformError(
                f"an input has at most {LONGEST_SIDE:,} pixels a side and as many channels",
                size.span,
                source,
                "write a smaller input",
            )
        shape = Shape(tuple(extents), self.algebra.constant(channels))
        sight = Sight(((Reach(),),) * len(extents))
        text = "x".join(map(str, numbers))
        return Layer(
            "input", text, Input(), (), shape, FREE, sight, source, size.span, self.algebra
        )

    def chained(
        self,
        step: Step,
        atom: tree.Atom,
        reading: Reading,
        posts: Mapping[str, tree.PostChain],
    ) -> Iterator[Layer]:
        """The layer of an atom, and those of its post chain."""
        source = step.scope.frame.source
        weighted = BY_OP[atom.op].weighted
        if atom.post is not None and not weighted:
            raise NetformError(
                f"only layers with weights take a post chain, and {atom.op} has none",
                atom.span,
                source,
                f"write {show_atom(replace(atom, post=None))} and the layers after it",
            )
        post = _post(step, atom, posts)
        bias = self.bias(atom, post) if weighted else None
        kind, text = reading.kind(atom, step.scope, bias, fixed=step.is_final)
        before = self.places[step.inputs[0]][-1]
        layer = self.placed(step.name, text, kind, before, source, atom.span)
        yield layer
        own: Counter[str] = Counter()
        for word in post:
            own[word.op] += 1
            number = own[word.op] if own[word.op] > 1 else ""
            kind, text = reading.word(word, source)
            layer = self.placed(
                f"{step.name}.{word.op}{number}",
                text,
                kind,
                layer,
                source,
                word.span if atom.post else atom.span,
                is_post=True,
            )
            yield layer

    def bias(self, atom: tree.Atom, post: tree.PostChain) -> bool:
        """Whether a layer has a bias by default: a convolution has none before a norm."""
        if self.program.bias is not None:
            return self.program.bias
        before_norm = bool(post) and BY_OP[post[0].op].is_norm
        return atom.op == "fc" or not before_norm

    def placed(
        self,
        name: str,
        text: str,
        kind: Kind,
        before: Layer,
        source: Source,
        span: Span,
        is_post: bool = False,
    ) -> Layer:
        """The layer behind the one before it."""
        map = before.output

        def wrong(message: str, hint: str) -> NetformError:
            return NetformError(message, span, source, hint)

        key = id(kind), map
        effect = self.known.get(key)
        if effect is None:
            if kind.needs_map and map.is_vector:
                raise wrong(
                    f"{kind.op} needs a map, but a vector leaves {before.name}",
                    f"put {kind.op} before the first fc or flat",
                )
            try:
                effect = self.known[key] = _effect(kind, map)
            except Misfit as misfit:
                raise wrong(f"{name}: {misfit.message}", misfit.hint) from None
            _check_size(effect.output, name, wrong)
        for extent, least in effect.least:
            if isinstance(extent, Extent):
                self.conditions.append(Least(extent, least, name, source, span))
        try:
            sight = before.sight.through(effect.connections)
        except OverflowError as error:
            raise wrong(
                f"{name}: apertures that repeat only every {error} pixels are too long to follow",
                "upsample by less",
            ) from None
        for count, what in kind.whole(map):
            self.conditions.append(Whole(count, what, name, source, span))
        return Layer(
            name,
            text,
            kind,
            (before,),
            effect.output,
            effect.cost,
            sight,
            source,
            span,
            self.algebra,
            is_post,
        )

    def merged(self, step: Step, merge: tree.Merge) -> Layer:
        """The layer that joins branches."""
        source, kind = step.scope.frame.source, MERGE_BY_OP[merge.op]()
        inputs = tuple(self.places[number][-1] for number in step.inputs)
        maps = [layer.output for layer in inputs]
        head = Span(merge.span.start, merge.span.start + len(merge.op))
        try:
            out = kind.joined(maps)
        except Disagree as disagree:
            places = [inputs[disagree.first], inputs[disagree.second]]
            shapes = [str(layer.output) for layer in places]
            raise NetformError(
                f"{step.name} needs branches of one shape, but {shapes[0]} and {shapes[1]} meet",
                head,
                source,
                disagree.hint,
                [_mark(layer) for layer in places],
            ) from None
        one = next((layer for layer in inputs if layer.output.area != 1), inputs[0])
        for other in (layer for layer in inputs if layer is not one):
            marks = (_mark(one), _mark(other))
            if kind.same_channels and one.output.channels != other.output.channels:
                counts = one.output.channels, other.output.channels
                self.conditions.append(Equal(*counts, step.name, source, head, marks))
            for a, b in zip(one.output.extents, other.output.extents, strict=False):
                if a != b and other.output.area != 1:
                    self.conditions.append(SameExtent(a, b, step.name, source, head, marks))
        try:
            sight = union([layer.sight for layer in inputs])
        except OverflowError as error:
            raise NetformError(
                f"{step.name}: apertures that repeat only every {error} pixels are too long to "
                "follow",
                head,
                source,
                "upsample by less",
            ) from None
        text = f"{merge.op}[...]"
        return Layer(step.name, text, kind, inputs, out, FREE, sight, source, head, self.algebra)


def extent_symbols(program: tree.Program) -> list[tuple[str, ...]]:
    """The symbols that may stand for every extent of the input.

    R is every extent of a square input, H and W are those of an image of two axes, whatever the
    input says, unless it names them itself.
    """
    sides = program.input.size[:-1]
    named = {side.name for side in sides if isinstance(side, tree.Name)}
    is_square = len(set(sides)) == 1
    symbols: list[tuple[str, ...]] = []
    for axis, side in enumerate(sides):
        if not isinstance(side, tree.Name | tree.Number):
            symbols.append(())
            continue
        own = (side.name,) if isinstance(side, tree.Name) else ()
        others = ["HW"[axis]] if len(sides) == 2 else []
        others += ["R"] if is_square else []
        symbols.append((*own, *(name for name in others if name not in named)))
    return symbols


@dataclass(frozen=True, slots=True)
class _Effect:
    """What a kind of layer makes of a map; the kind is kept, since it is known by its id."""

    kind: Kind
    output: Shape
    cost: Cost
    connections: Sequence[Connection] | None
    least: Sequence[tuple[int | Extent, int]]


def _post(step: Step, atom: tree.Atom, posts: Mapping[str, tree.PostChain]) -> tree.PostChain:
    """What follows a layer: its own post chain, else that of the file, but nothing at the end."""
    if atom.post is not None:
        return atom.post
    if step.is_final or not BY_OP[atom.op].weighted:
        return ()
    return posts.get(atom.op, DEFAULT_POST)


def _check_number(steps: Sequence[Step], posts: Mapping[str, tree.PostChain]) -> None:
    """Raise NetformError, before any work, where there are too many layers."""
    number = 1
    for step in steps:
        number += 1
        if isinstance(step.node, tree.Atom):
            number += len(_post(step, step.node, posts))
        if number > MOST_LAYERS:
            raise too_many_layers(step.node, step.scope.frame.source)


def _effect(kind: Kind, map: Shape) -> _Effect:
    out = kind.output(map)
    if all(isinstance(extent, int) for extent in map.extents):
        return _Effect(kind, out, kind.cost(map, out), kind.sight(map), ())
    _ = out.values  # gives every floor its letter
    return _Effect(kind, out, kind.cost(map, out), (), kind.least(map))  # no pixel is known


def _mark(layer: Layer) -> Mark:
    return Mark(layer.source, layer.span, layer.output)


def _check_size(out: Shape, name: str, wrong: Callable[[str, str], NetformError]) -> None:
    longest = max((extent for extent in out.extents if isinstance(extent, int)), default=1)
    if longest > LONGEST_SIDE:
        raise wrong(
            f"{name}: a map has at most {LONGEST_SIDE:,} pixels a side, but this one has "
            f"{longest:,}",
            "upsample or pad by less",
        )
    if max((abs(count) for count in out.channels.values()), default=0) > MOST_CHANNELS:
        raise wrong(
            f"{name}: a layer has at most {MOST_CHANNELS:,} channels, but here are more",
            "write a smaller number",
        )


def _whole_side(number: Value, side: tree.Expression, source: Source) -> int:
    if not isinstance(number, Fraction) or number.denominator != 1 or number < 1:
        met = number if isinstance(number, Fraction) else number.as_expr()
        raise NetformError(
            f"an input has whole extents of at least 1, not {met}",
            side.span,
            source,
            "write height x width x channels, such as input 32x32x3",
        )
    return int(number)


def _side(side: tree.Expression, evaluation: Evaluation, source: Source) -> int:
    try:
        number = evaluation.value(side, Scope(Frame("", source), NOWHERE)).number
    except NotYet as early:
        raise NetformError(
            "an input is there before any layer, but c is what enters one",
            early.name.span,
            source,
            "write a number, or a let",
        ) from None
    return _whole_side(number, side, source)
