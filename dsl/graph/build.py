"""Steps to layers: post chains are added, shapes, costs and apertures inferred."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from ...grammar import tree
from ...grammar.errors import Mark, NetformError, Source, Span
from ...grammar.garbage import garbage_kept
from ...grammar.printer import show_atom
from ..algebra.floor_forms import Extent
from ..algebra.polynomials import MOST_LOOPS, MOST_ROUNDINGS, Algebra, TooFewLetters
from ..kinds import BY_OP, MERGE_BY_OP, BranchShapeError, Kind
from ..kinds.base.cost import FREE, Cost
from ..kinds.base.receptive_field import Connection, union
from ..kinds.base.shape import LONGEST_SIDE, Shape, ShapeError
from ..kinds.identity import Identity
from .backward import first_trained
from .conditions import Condition, Equal, Least, Rounds, SameExtent, Whole, in_all_rounds
from .definitions import lets_of
from .expressions import Evaluation
from .input_layer import input_layer_of
from .layer import Layer
from .layer_reader import LayerReader
from .loops import Loop
from .name_check import check_names
from .trace import Closing, Opening, Record, Step
from .unrolling import MOST_LAYERS, too_many_layers, unroll
from .width import Width

MOST_CHANNELS = 10**12
DEFAULT_POST: tree.PostChain = (tree.PostOp("relu"),)


@dataclass(frozen=True, eq=False)
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
    check_names(program)
    roundings, loops = min(MOST_ROUNDINGS, roundings), 0
    while True:
        try:
            with garbage_kept():
                algebra = Algebra(free, roundings, loops)
                return _Builder(program, width, values or {}, algebra).built()
        except TooFewLetters as few:
            if few.kind == "roundings":
                if roundings == MOST_ROUNDINGS:
                    raise _too_much("roundings of letters", program) from None
                roundings = min(MOST_ROUNDINGS, 4 * (roundings or 2))
            elif loops == MOST_LOOPS:
                raise _too_much("symbolic repeats inside each other", program) from None
            else:
                loops += 1
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
    open: list[_OpenLoop] = field(default_factory=list)
    closed: list[_OpenLoop] = field(default_factory=list)

    def built(self) -> Built:
        program, algebra = self.program, self.algebra
        evaluation = Evaluation(algebra, self.width.symbol(algebra), lets_of(program), self.values)
        image = input_layer_of(program, evaluation)
        self.layers.append(image)
        self.places.append((image,))
        unrolled = unroll(program, evaluation)
        evaluation.channels = lambda step: self.places[step][-1].output.channels
        reading = LayerReader(len(image.output.extents), self.width, evaluation)
        posts = {post.op: post.chain for post in program.posts}
        _check_number(unrolled.steps, posts)
        number = 0
        while number < len(unrolled.steps):
            step = unrolled.steps[number]
            number += 1
            match step.node:
                case tree.Atom():
                    place = tuple(self.chained(step, step.node, reading, posts))
                case tree.Merge():
                    place = (self.merged(step, step.node),)
                case Opening():
                    place = (self.opened(step, step.node),)
                case Closing():
                    if self.is_to_repeat(step):  # its rounds differ: follow one of any number
                        number = step.node.opening
                        continue
                    place = (self.closing(step, step.node),)
            self.places.append(place)
            self.layers += place
        self.conditions += self.rounds()
        return Built(
            tuple(self.layers),
            tuple(self.conditions),
            algebra,
            tuple(self.places),
            unrolled.steps,
            unrolled.record,
        )

    def chained(
        self,
        step: Step,
        atom: tree.Atom,
        reading: LayerReader,
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
        layer = self.placed(
            step.name, text, kind, before, source, atom.span, is_final=step.is_final
        )
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
        is_final: bool = False,
    ) -> Layer:
        """The layer behind the one before it."""
        entering = before.output

        def wrong(message: str, hint: str) -> NetformError:
            return NetformError(message, span, source, hint)

        key = id(kind), entering
        effect = self.known.get(key)
        if effect is None:
            if kind.needs_map and entering.is_vector:
                raise wrong(
                    f"{kind.op} needs a map, but a vector leaves {before.name}",
                    f"put {kind.op} before the first fc or flat",
                )
            try:
                effect = self.known[key] = _effect(kind, entering)
            except ShapeError as misfit:
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
        for count, what in kind.whole(entering):
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
            self.loops,
            is_final,
        )

    def merged(self, step: Step, merge: tree.Merge) -> Layer:
        """The layer that joins branches."""
        source, kind = step.scope.frame.source, MERGE_BY_OP[merge.op]()
        inputs = tuple(self.places[number][-1] for number in step.inputs)
        maps = [layer.output for layer in inputs]
        head = Span(merge.span.start, merge.span.start + len(merge.op))
        try:
            out = kind.joined(maps)
        except BranchShapeError as disagree:
            places = [inputs[disagree.first], inputs[disagree.second]]
            raise NetformError(
                f"{step.name} needs branches of one shape, but {places[0].size} and "
                f"{places[1].size} meet",
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
        return Layer(
            step.name,
            text,
            kind,
            inputs,
            out,
            FREE,
            sight,
            source,
            head,
            self.algebra,
            loops=self.loops,
        )

    @property
    def loops(self) -> tuple[Loop, ...]:
        """The loops that are open, the outermost first."""
        return tuple(each.loop for each in self.open)

    def opened(self, step: Step, node: Opening) -> Layer:
        """The beginning of a round, as if every round were like the first."""
        before = self.places[step.inputs[0]][-1]
        letter = self.algebra.entering(len(self.open))
        loop = Loop(self.algebra, node.count, letter, before.output.channels)
        counts = len(self.places), len(self.layers), len(self.conditions)
        self.open.append(_OpenLoop(step, node, loop, *counts))
        loop.opening = self.passed(step, before, before.output)
        return loop.opening

    def is_to_repeat(self, step: Step) -> bool:
        """Whether a first round changes the channels, so that any round is followed instead."""
        inner = self.open[-1]
        entered, left = self.places[inner.places][-1], self.places[step.inputs[0]][-1]
        if entered.output.extents != left.output.extents:
            raise inner.refusal(
                "keeps the size of its map",
                f"{entered.size} enters its first round and {left.size} leaves",
                "write what changes the size outside of it, or give the count a number",
            )
        if inner.is_any_round or entered.output.channels == left.output.channels:
            return False
        inner.is_any_round = True
        del self.layers[inner.layers :], self.conditions[inner.conditions :]
        del self.places[inner.places :]
        before = self.places[inner.step.inputs[0]][-1]
        any_round = Shape(before.output.extents, inner.loop.entering)
        inner.loop.opening = self.passed(inner.step, before, any_round)
        self.places.append((inner.loop.opening,))
        self.layers.append(inner.loop.opening)
        return True

    def closing(self, step: Step, node: Closing) -> Layer:
        """The end of all rounds of a loop."""
        inner, algebra = self.open[-1], self.algebra
        loop, last = inner.loop, self.places[step.inputs[0]][-1]
        if inner.is_any_round:
            loop.growth = last.output.channels - loop.entering
            if algebra.rounds(loop.entering) or loop.growth.degree(loop.entering) > 0:
                raise inner.refusal(
                    "keeps its channels or adds a constant number of them",
                    f"of {algebra.expression(loop.entering)} channels it makes "
                    f"{algebra.expression(last.output.channels)}",
                    "write the rounds out that differ, or give the count a number",
                )
            own = self.conditions[inner.conditions :]
            self.conditions[inner.conditions :] = [
                c for one in own for c in in_all_rounds(one, loop)
            ]
        loop.last = last
        self.closed.append(self.open.pop())
        channels = loop.start + loop.growth * loop.count
        return self.passed(step, last, Shape(last.output.extents, channels))

    def rounds(self) -> Iterator[Rounds]:
        """How many rounds the loops have: one where the first has costs of its own."""
        if not self.closed:
            return
        started = {loop for layer, _ in first_trained(self.layers) for loop in layer.loops}
        for each in self.closed:
            source, repeat = each.step.scope.frame.source, each.node.repeat
            least = 1 if each.loop in started else 0
            yield Rounds(each.loop.count, least, each.step.name, source, repeat.span)

    def passed(self, step: Step, before: Layer, out: Shape) -> Layer:
        """What stands where a loop begins and ends, and changes nothing."""
        span, source = before.span, step.scope.frame.source
        return Layer(
            step.name,
            "id",
            Identity(),
            (before,),
            out,
            FREE,
            before.sight,
            source,
            span,
            self.algebra,
            loops=self.loops,
        )


@dataclass(slots=True)
class _OpenLoop:
    """A loop that is being followed, and how much there was before it."""

    step: Step
    node: Opening
    loop: Loop
    places: int
    layers: int
    conditions: int
    is_any_round: bool = False

    def refusal(self, needed: str, met: str, hint: str) -> NetformError:
        return NetformError(
            f"a part that repeats a symbolic number of times {needed}, but {met}",
            self.node.repeat.span,
            self.step.scope.frame.source,
            hint,
        )


@dataclass(frozen=True, slots=True)
class _Leaving:
    """What leaves a layer, made into text only where it is shown."""

    layer: Layer

    def __str__(self) -> str:
        return self.layer.size


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
            node = step.node
            item = node.repeat if isinstance(node, Opening | Closing) else node
            raise too_many_layers(item, step.scope.frame.source)


def _effect(kind: Kind, entering: Shape) -> _Effect:
    out = kind.output(entering)
    if all(isinstance(extent, int) for extent in entering.extents):
        return _Effect(kind, out, kind.cost(entering, out), kind.sight(entering), ())
    _ = out.values  # gives every floor its letter
    return _Effect(
        kind, out, kind.cost(entering, out), (), kind.least(entering)
    )  # no pixel is known


def _mark(layer: Layer) -> Mark:
    return Mark(layer.source, layer.span, _Leaving(layer))


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
