"""Steps to layers in place: post chains are added, shapes, costs and receptive fields inferred."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...grammar import tree
from ...grammar.budget import Work, arrive_at, spend
from ...grammar.errors import NetformError, Source, Span
from ..algebra.polynomials import Algebra, Poly
from ..kinds import MERGE_BY_OP
from ..kinds.base.cost import FREE, Cost
from ..kinds.base.reach import ReachError
from ..kinds.base.shape import Shape, ShapeError
from ..kinds.identity import Identity
from .atom_reader import AtomReader
from .backward import first_trained
from .domain.conditions import Condition, Rounds, Whole
from .domain.extent_conditions import Least
from .effect import Effect, Shared, check_size, effect_of
from .expressions import Evaluation
from .layer import Layer
from .layer_reader import LayerReader, ReadLayer
from .loops import Loop
from .merging import conditions_of, joined, out_of_reach
from .post_chains import check_number_of_layers, post_of
from .recipe import Recipe
from .scope import counted
from .unrolling.trace import Closing, Opening, Step
from .unrolling.trace_check import repeat_refusal

STEPS_OF_A_LAYER = 9
STEPS_OF_AN_EFFECT = 60  # which equal layers share
STEPS_OF_A_BRANCH = 30  # of a merge


@dataclass(slots=True)
class Placing:
    """Puts the steps of a trace in place, one after the other.

    ``places`` are the layers of every step, its post chain behind it; place 0 is the image.
    ``conditions`` are those under which they exist. Both are tables by the number of the step:
    where the round of a loop is followed again, its steps get new entries.
    """

    steps: Sequence[Step]
    recipe: Recipe
    reader: AtomReader
    algebra: Algebra
    places: list[tuple[Layer, ...]]
    conditions: list[list[Condition]]
    posts: Mapping[str, tree.PostChain]
    closings: Mapping[int, int]  # the steps that close loops, by those that open them
    shared: Shared = field(default_factory=Shared)
    open: list[Loop] = field(default_factory=list)
    closed: dict[int, Loop] = field(default_factory=dict)

    def follow(self, first: int, last: int) -> None:
        """Put steps in place, from the first to the last of them."""
        number = first
        while number <= last:
            step, node = self.steps[number - 1], self.steps[number - 1].node
            written = node.repeat if isinstance(node, (Opening, Closing)) else node
            arrive_at(step.scope.frame.source, written.span)
            match node:
                case tree.Atom():
                    self.places[number] = self.atom(number, step, node)
                case tree.Merge():
                    self.places[number] = (self.merge(number, step, node),)
                case Opening():
                    number = self.loop(number, step, node)
            number += 1

    def before(self, step: Step) -> Layer:
        """The layer whose output is the first input of a step."""
        return self.places[step.inputs[0]][-1]

    def atom(self, number: int, step: Step, atom: tree.Atom) -> tuple[Layer, ...]:
        """The layer of an atom, and those of its post chain."""
        self.conditions[number] = []
        source = step.scope.frame.source
        post = post_of(step, atom, self.posts)
        read, followers = self.reader.read(step, atom, post)
        layer = self.placed(number, step.name, read, self.before(step), source, atom.span)
        if step.is_final:
            layer = replace(layer, is_final=True)
        layers = [layer]
        for word, (name, follower) in zip(post, followers, strict=True):
            span = word.span if atom.post else atom.span
            name = counted(f"{step.name}.{name}")
            layer = self.placed(number, name, follower, layer, source, span, is_post=True)
            layers.append(layer)
        return tuple(layers)

    def placed(
        self,
        number: int,
        name: str,
        read: ReadLayer,
        before: Layer,
        source: Source,
        span: Span,
        is_post: bool = False,
    ) -> Layer:
        """The layer behind the one before it."""
        spend(STEPS_OF_A_LAYER, Work.LAYERS)
        effect = read.effects.get(before.output)
        if effect is None:
            effect = read.effects[before.output] = self.effect(read, before, name, source, span)
        conditions = self.conditions[number]
        for extent, least in effect.least:
            conditions.append(Least(name, source, span, extent, least))
        for count, what in effect.whole:
            conditions.append(Whole(name, source, span, count, what))
        receptive_field = before.receptive_field
        if effect.connections is None or effect.connections:
            try:
                receptive_field = receptive_field.through(effect.connections)
            except ReachError as error:
                raise out_of_reach(error, name, source, span) from None
        return Layer(
            name,
            read,
            read.kind,
            (before,),
            effect.output,
            effect.cost,
            receptive_field,
            source,
            span,
            self.algebra,
            number,
            self.recipe,
            is_post,
            tuple(self.open),
            remat=self.steps[number - 1].remat,
        )

    def effect(
        self, read: ReadLayer, before: Layer, name: str, source: Source, span: Span
    ) -> Effect:
        """What a layer makes of the output of the one before; raises NetformError at the layer."""
        kind = read.kind
        spend(STEPS_OF_AN_EFFECT, Work.LAYERS)
        if kind.needs_map and before.output.is_vector:
            raise NetformError(
                f"{kind.op} needs a map, but the output of {before.name} is a vector",
                span,
                source,
                f"put {kind.op} before the first fc or flat",
            )
        try:
            return effect_of(kind, before.output, self.shared, self.algebra)
        except ShapeError as error:
            raise NetformError(f"{name}: {error.message}", span, source, error.hint) from None

    def merge(self, number: int, step: Step, merge: tree.Merge) -> Layer:
        """The layer that joins branches."""
        source, kind = step.scope.frame.source, MERGE_BY_OP[merge.op]()
        inputs = tuple(self.places[before][-1] for before in step.inputs)
        spend(STEPS_OF_A_BRANCH * len(inputs), Work.LAYERS)
        span = Span(merge.span.start, merge.span.start + len(merge.op))
        out, receptive_field = joined(kind, inputs, step.name, source, span)
        try:
            check_size(out, self.algebra)
        except ShapeError as error:
            raise NetformError(f"{step.name}: {error.message}", span, source, error.hint) from None
        self.conditions[number] = list(conditions_of(kind, inputs, step.name, source, span))
        return Layer(
            step.name,
            f"{merge.op}[...]",
            kind,
            inputs,
            out,
            Cost(feature_map=out.values),
            receptive_field,
            source,
            span,
            self.algebra,
            number,
            self.recipe,
            loops=tuple(self.open),
            remat=step.remat,
        )

    def loop(self, number: int, step: Step, node: Opening) -> int:
        """All rounds of a loop; the number of the step that closes it.

        A round is followed as if every round were like the first: where the channels stay, that
        is so, and what needs numbers has them. Else it is followed for its input channels
        any round, a letter: first for the channels that it adds, then with that growth known.
        """
        closing, entering = self.closings[number], self.before(step).output
        last = self.steps[closing - 1].inputs[0]
        letter = self.algebra.entering(len(self.open))
        loop = Loop(self.algebra, node.count, letter, entering.channels, number, last)
        leaving = self.round(loop, step, entering)
        if leaving.output.channels != entering.channels:
            any_round = Shape(entering.extents, letter)
            grown = self.round(loop, step, any_round)
            loop = replace(loop, growth=self.growth(loop, step, grown.output))
            leaving = self.round(loop, step, any_round)
            for inner in range(number, closing):
                own = self.conditions[inner]
                self.conditions[inner] = [c for one in own for c in one.in_all_rounds(loop)]
        self.closed[number] = loop
        out = Shape(leaving.output.extents, loop.start + loop.growth * loop.count)
        self.places[closing] = (self.passed(closing, step, leaving, out),)
        return closing

    def round(self, loop: Loop, step: Step, entering: Shape) -> Layer:
        """The last layer of a round with this input shape."""
        self.open.append(loop)
        opening = self.passed(loop.opening, step, self.before(step), entering)
        self.places[loop.opening] = (opening,)
        self.follow(loop.opening + 1, self.closings[loop.opening] - 1)
        self.open.pop()
        leaving = self.places[loop.last][-1]
        if entering.extents != leaving.output.extents:
            raise repeat_refusal(
                step,
                "keeps the size of its map",
                f"{opening.size} is the input of its first round and {leaving.size} the output",
                "write what changes the size outside of it, or give the count a number",
            )
        return leaving

    def growth(self, loop: Loop, step: Step, leaving: Shape) -> Poly:
        """The channels that any round adds; raises NetformError where rounds differ in that."""
        growth = leaving.channels - loop.entering
        if self.algebra.rounds(loop.entering) or growth.degree(loop.entering) > 0:
            raise repeat_refusal(
                step,
                "keeps its channels or adds a constant number of them",
                f"of {self.algebra.text(loop.entering)} channels it makes "
                f"{self.algebra.text(leaving.channels)}",
                "write the rounds out that differ, or give the count a number",
            )
        return growth

    def passed(self, number: int, step: Step, before: Layer, out: Shape) -> Layer:
        """The layer at the beginning and at the end of a loop, which changes nothing."""
        return Layer(
            step.name,
            "id",
            Identity(),
            (before,),
            out,
            FREE,
            before.receptive_field,
            step.scope.frame.source,
            before.span,
            self.algebra,
            number,
            self.recipe,
            loops=tuple(self.open),
            remat=step.remat,
        )

    def rounds(self, layers: Sequence[Layer]) -> list[Condition]:
        """How many rounds the loops have: at least one if the first has its own costs."""
        if not self.closed:
            return []
        started = {loop for layer, _ in first_trained(layers) for loop in layer.loops}
        found: list[Condition] = []
        for number, loop in self.closed.items():
            step = self.steps[number - 1]
            assert isinstance(step.node, Opening)
            least = 1 if loop in started else 0
            source, span = step.scope.frame.source, step.node.repeat.span
            found.append(Rounds(step.name, source, span, loop.count, least))
        return found


def place(
    program: tree.Program,
    steps: Sequence[Step],
    image: Layer,
    recipe: Recipe,
    evaluation: Evaluation,
) -> Placing:
    """All steps of a trace in place, behind the image."""
    posts = {post.op: post.chain for post in program.posts}
    check_number_of_layers(steps, posts)
    places: list[tuple[Layer, ...]] = [(image,), *(() for _ in steps)]
    known = evaluation.with_channels(lambda step: places[step][-1].output.channels)
    reader = LayerReader(len(image.output.extents), recipe.width, known)
    placing = Placing(
        steps,
        recipe,
        AtomReader(reader, program.bias),
        evaluation.algebra,
        places,
        [[] for _ in places],
        posts,
        {s.node.opening: n for n, s in enumerate(steps, 1) if isinstance(s.node, Closing)},
    )
    placing.follow(1, len(steps))
    return placing
