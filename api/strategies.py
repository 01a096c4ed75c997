"""Hypothesis strategies: random valid networks, for property tests of your own.

>>> from hypothesis import given
>>> from netform.strategies import networks
>>> @given(networks())
... def test_half_the_width_has_fewer_parameters(network): ...
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from hypothesis import strategies as st

from netform.dsl.kinds import BY_OP, VALUE, spellings
from netform.dsl.settings import OPTIMIZERS
from netform.grammar import tree
from netform.grammar.errors import NetformError
from netform.network import Network

LARGEST_MAP = 32  # pixels a side, so that a real model of the network is small
LARGEST_VECTOR = 4000  # values


@st.composite
def networks(draw: st.DrawFn, max_layers: int = 8) -> Network:
    """Valid networks: chains of every kind of layer, with post chains and settings.

    Small on purpose: maps of at most 32 pixels a side, a few channels, at most ``max_layers``
    atoms, so that a framework builds them in a fraction of a second.
    """
    size = (*draw(st.tuples(extents, extents)), draw(st.integers(1, 4)))
    head = {
        "posts": draw(_posts),
        "bias": draw(st.none() | st.booleans()),
        "data": draw(_data),
        "train": draw(_train),
    }
    chain: tuple[tree.Atom, ...] = ()
    spatial = st.lists(atoms(_ON_MAPS), max_size=max_layers - 2)
    for candidate in draw(spatial) + draw(st.lists(atoms(), min_size=1, max_size=2)):
        program = tree.Program(tree.Input(size), (*chain, candidate), **head)
        if _is_network(program):
            chain = program.chain
    chain = chain or (tree.Atom("fc", (_number(3),)),)
    return Network(tree.Program(tree.Input(size), chain, **head))


@st.composite
def atoms(draw: st.DrawFn, ops: Sequence[str] = tuple(BY_OP)) -> tree.Atom:
    """One word of a chain: right in form, and often right where it stands."""
    op = draw(st.sampled_from(ops))
    kind = BY_OP[op]
    fields = spellings(kind)
    value: tree.Size | None = None
    if VALUE in fields and (fields[VALUE].required or draw(st.booleans())):
        value = draw(_VALUES[op])
    modifiers = []
    for letter, field in fields.items():
        if letter != VALUE and (field.required or draw(st.integers(0, 3)) == 0):
            modifiers.append(tree.Modifier(letter, draw(_MODIFIERS[letter])))
    post = draw(st.none() | post_chains) if kind.weighted else None
    return tree.Atom(op, value, tuple(draw(st.permutations(modifiers))), post)


def _number(value: int | Fraction) -> tree.Number:
    return tree.Number(Fraction(value))


def _numbers(values: st.SearchStrategy[int]) -> st.SearchStrategy[tree.Size]:
    return values.map(lambda value: (_number(value),))


def _sizes(least: int, most: int) -> st.SearchStrategy[tree.Size]:
    """One number for both axes, or one for each."""
    one = st.integers(least, most)
    return _numbers(one) | st.tuples(one, one).map(lambda pair: tuple(map(_number, pair)))


def _expressions(most: int) -> st.SearchStrategy[tree.Expression]:
    """Expressions whose value is a small number, perhaps times w or c."""
    numbers = st.integers(1, most).map(_number)
    names = st.sampled_from(["w", "c"]).map(tree.Name)
    products = st.builds(tree.Operation, st.just("*"), numbers, names)
    sums = st.builds(tree.Operation, st.just("+"), products | names, numbers)
    return products | sums | st.builds(tree.Operation, st.just("+"), numbers, numbers)


def _is_network(program: tree.Program) -> bool:
    try:
        layers = Network(program).at().layers
    except NetformError:
        return False
    if any(max(layer.output[:-1]) > LARGEST_MAP for layer in layers):
        return False
    return all(layer.output[-1] <= LARGEST_VECTOR for layer in layers)


_ON_MAPS = (
    *("conv", "dw", "deconv", "pool", "avg", "up", "pad", "crop") * 2,
    *("conv", "bn", "ln", "relu", "drop", "swish"),
)
extents = st.integers(1, 16)
channels = _numbers(st.integers(1, 12)) | _expressions(6).map(lambda e: (e,))
_VALUES: dict[str, st.SearchStrategy[tree.Size]] = {
    "conv": channels,
    "deconv": channels,
    "fc": channels,
    "dw": _sizes(1, 4),
    "pool": _sizes(1, 4),
    "avg": _sizes(1, 4),
    "up": _sizes(1, 3),
    "pad": _sizes(0, 2),
    "crop": _sizes(0, 2),
    "drop": st.sampled_from([Fraction(0), Fraction(1, 4), Fraction(1, 2)]).map(
        lambda r: (_number(r),)
    ),
    "relu": _numbers(st.integers(1, 8)),
}
_MODIFIERS: dict[str, st.SearchStrategy[tree.Size | None]] = {
    "k": _sizes(1, 5),
    "s": _sizes(1, 3),
    "p": _sizes(0, 2),
    "d": _sizes(1, 3),
    "g": _numbers(st.sampled_from([1, 2, 3, 4])),
    "m": _numbers(st.integers(1, 3)),
    "b": _numbers(st.integers(0, 1)),
    "v": st.none(),
    "!": st.none(),
}
post_chains = st.lists(
    st.one_of(
        st.sampled_from(sorted(op for op, kind in BY_OP.items() if kind.in_post)).map(tree.PostOp),
        st.integers(1, 8).map(lambda cap: tree.PostOp("relu", _number(cap))),
    ),
    max_size=3,
).map(tuple)
_posts = st.dictionaries(
    st.sampled_from(["conv", "deconv", "dw", "fc"]), post_chains, max_size=2
).map(lambda posts: tuple(tree.Post(op, chain) for op, chain in posts.items()))
_paths = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters='"') | st.just(" "), min_size=1
)
_augmentations = st.sampled_from(["flip", "crop1", "flip,crop2"])
_data = st.one_of(
    st.just(()),
    st.builds(
        lambda source, aug: (*source, *aug),
        st.one_of(
            st.just((tree.Setting("set", "synthetic"),)),
            _paths.map(lambda path: (tree.Setting("npz", path),)),
            _paths.map(lambda path: (tree.Setting("folder", path),)),
        ),
        st.just(()) | _augmentations.map(lambda aug: (tree.Setting("aug", aug),)),
    ),
)
_train = st.fixed_dictionaries(
    {},
    optional={
        "opt": st.sampled_from(OPTIMIZERS),
        "lr": st.sampled_from(["0.1", "0.001", "1e-4", "1"]),
        "batch": st.integers(1, 10_000).map(str),
        "epochs": st.integers(1, 500).map(str),
    },
).map(lambda settings: tuple(tree.Setting(*pair) for pair in settings.items()))

__all__ = ["atoms", "networks", "post_chains"]
