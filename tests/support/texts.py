"""Texts that are right in form, and say everything that the language can say."""

from fractions import Fraction

from hypothesis import strategies as st

from netform.grammar import tree
from netform.grammar.parser import parse
from netform.grammar.printer import show
from netform.strategies import atoms

numbers = st.builds(
    tree.Number,
    st.integers(0, 999).map(Fraction) | st.integers(0, 99).map(lambda n: Fraction(n, 8)),
)
names = st.sampled_from(["w", "c", "n", "rate", "R"]).map(tree.Name)
expressions = st.recursive(
    numbers | names,
    lambda inner: st.one_of(
        st.builds(tree.Operation, st.sampled_from("+-*/"), inner, inner),
        st.builds(tree.Negation, inner),
        st.builds(tree.Function, st.sampled_from(["round8", "ceil", "floor"]), inner),
    ),
    max_leaves=5,
)
words = st.sampled_from(  # quicker to draw than atoms
    parse("input 8x8x1 conv64k3s2:bn.relu6 conv(4*n)k1x7v! pool2 drop0.25 relu gap dw3:-").chain
)
blocks = st.sampled_from(["Two", "Bott", "Inception_a"])
taps = st.sampled_from(["x", "early", "e1"])


def items_from(inner):
    """Groups, merges, calls, what is computed again, and repeats of what is given."""
    chains = st.lists(inner, min_size=1, max_size=4).map(tuple)
    groups = st.builds(tree.Group, chains)
    branches = st.builds(
        lambda tap, chain: (*map(tree.Reference, tap), *chain), st.lists(taps, max_size=1), chains
    )
    ops = st.sampled_from(["add", "cat", "mul"])
    merges = st.builds(tree.Merge, ops, st.lists(branches, min_size=1, max_size=3).map(tuple))
    calls = st.builds(tree.Call, blocks, st.lists(expressions | groups, max_size=3).map(tuple))
    parts = groups | merges | calls | st.builds(tree.Remat, groups | calls)
    return parts | st.builds(tree.Repeat, parts | words, expressions)


items = st.recursive(words | st.builds(tree.Tap, taps), items_from, max_leaves=12)
chains = st.lists(items, min_size=1, max_size=8).map(tuple)
groups = st.builds(tree.Group, chains)
parameters = st.lists(st.sampled_from("nsrf"), unique=True, max_size=3).flatmap(
    lambda letters: st.tuples(
        *(st.builds(tree.Parameter, st.just(x), st.none() | expressions | groups) for x in letters)
    )
)
values = st.text(st.characters(exclude_categories=["C"], exclude_characters='"'), max_size=9)
settings = st.dictionaries(st.sampled_from(["set", "folder", "lr", "batch"]), values).map(
    lambda drawn: tuple(tree.Setting(key, value) for key, value in drawn.items())
)


@st.composite
def texts(draw):
    """A text as ``show`` writes it, of random statements and a random chain."""
    program = tree.Program(
        tree.Input(draw(st.tuples(expressions, numbers, names))),
        (draw(atoms()), *draw(chains)),
        posts=draw(st.sampled_from([(), (tree.Post("conv", (tree.PostOp("bn"),)),)])),
        bias=draw(st.none() | st.booleans()),
        last=draw(st.none() | st.booleans()),
        data=draw(settings),
        train=draw(settings),
        lets=tuple(draw(st.lists(st.builds(tree.Let, st.just("g"), expressions), max_size=2))),
        uses=tuple(draw(st.lists(st.just(tree.Use("blocks/a #1.net")), max_size=1))),
        definitions=tuple(
            draw(st.lists(st.builds(tree.Definition, blocks, parameters, groups), max_size=2))
        ),
        sweeps=draw(st.sampled_from([(), (tree.Setting("batch", "1|2"),)])),
    )
    return show(program)
