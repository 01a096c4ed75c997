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

from netform.dsl.kinds import BY_OP
from netform.dsl.kinds.base.kind import VALUE, spellings
from netform.dsl.kinds.conv import Conv
from netform.dsl.kinds.deconv import Deconv
from netform.dsl.kinds.fc import Fc
from netform.grammar import tree
from netform.grammar.errors import NetformError
from netform.network import Network
from netform.setting_strategies import data_settings, train_settings

LARGEST_MAP = 32  # pixels a side, so that a real model of the network is small
LARGEST_VECTOR = 4000  # values


@st.composite
def networks(
    draw: st.DrawFn, max_layers: int = 8, ranks: Sequence[int] = (2,), remats: bool = False
) -> Network:
    """Valid networks: chains of every kind of layer, and groups, repeats, blocks, merges and taps.

    Small on purpose: maps of at most 32 pixels a side, a few channels, at most ``max_layers``
    parts of a chain, so that a framework builds them in a fraction of a second. ``ranks`` are
    the numbers of axes that images may have. With ``remats`` parts may be computed again.
    """
    rank = draw(st.sampled_from(ranks))
    most = {1: 16, 2: 16, 3: 6}[rank]
    size = (*(draw(st.integers(1, most)) for _ in range(rank)), draw(st.integers(1, 4)))
    lets = tuple(tree.Let(name, draw(_constants)) for name in draw(st.sampled_from(_LETS)))
    names = tuple(let.name for let in lets)
    head = {
        "posts": draw(_posts),
        "bias": draw(st.none() | st.booleans()),
        "last": draw(st.sampled_from([None, None, True, False])),
        "data": draw(data_settings),
        "train": draw(train_settings),
        "lets": lets,
    }
    image = tree.Input(tuple(map(_number, size)))
    definitions = tuple(draw(_blocks(names, rank)))
    drawn = [
        draw(parts(names, definitions, rank, remats=remats))
        for _ in range(draw(st.integers(0, max_layers - 2)))
    ]
    drawn += draw(st.lists(atoms(rank=rank), min_size=1, max_size=2))
    chain: tree.Chain = ()
    for candidate in drawn:
        program = tree.Program(image, (*chain, candidate), definitions=definitions, **head)
        if _is_network(program):
            chain = program.chain
    chain = chain or (tree.Atom("fc", (_number(3),)),)
    return Network(tree.Program(image, chain, definitions=definitions, **head))


@st.composite
def parts(
    draw: st.DrawFn,
    names: Sequence[str] = (),
    definitions: Sequence[tree.Definition] = (),
    rank: int = 2,
    depth: int = 2,
    remats: bool = False,
) -> tree.Item:
    """A part of a chain: mostly an atom, else a group, a repeat, a merge, a call or a tap.

    ``names`` are symbols that its expressions may use, ``definitions`` the blocks it may call.
    With ``remats`` groups and calls may be computed again.
    """
    choice = draw(st.integers(0, 9 if depth else 4))
    if choice <= 4:
        return draw(atoms(_ON_MAPS, rank, names))
    inner = parts(names, definitions, rank, depth - 1, remats=remats)
    if choice in (5, 6):
        part: tree.Group | tree.Call
        if bool(definitions) and draw(st.booleans()):
            part = draw(_calls(names, definitions))
        else:
            part = tree.Group(tuple(draw(st.lists(inner, min_size=1, max_size=2))))
        return _repeated(draw, tree.Remat(part) if remats and draw(st.booleans()) else part)
    if choice == 7:
        tap = tree.Tap(draw(st.sampled_from(["a", "b", "early", "x", "name"])))
        branch = (tree.Reference(tap.name), *draw(st.lists(inner, max_size=1)))
        # set and used at once, or left to a later part to use
        used = tree.Group((tap, tree.Merge("cat", (branch,))))
        return used if draw(st.booleans()) else tap
    return draw(_merges(inner, names, rank))


def _repeated(draw: st.DrawFn, part: tree.Group | tree.Call | tree.Remat) -> tree.Item:
    count = draw(st.integers(0, 3))
    return tree.Repeat(part, _number(count)) if count != 1 else part


@st.composite
def _merges(
    draw: st.DrawFn, inner: st.SearchStrategy[tree.Item], names: Sequence[str], rank: int
) -> tree.Merge:
    """Merges whose branches mostly fit together: the same stride, and c channels at the end."""
    op = draw(st.sampled_from(["add", "cat", "mul"]))
    channels: tree.Expression = tree.Name("c")
    if op == "mul" and draw(st.booleans()):
        gate = tree.Atom(draw(st.sampled_from(["gap", "gmp"])))
        last = draw(st.sampled_from(["fc", "conv"]))
        kernels = (tree.Modifier("k", (_number(1),)),) if last == "conv" else ()
        return tree.Merge("mul", ((gate, tree.Atom(last, (channels,), kernels)),))
    stride = draw(st.sampled_from([1, 1, 2]))
    branches = []
    for _ in range(draw(st.integers(1, 3))):
        branch = list(draw(st.lists(inner | keeping(rank), max_size=2)))
        if op != "cat" or stride > 1 or not branch:
            kernel = tree.Modifier("k", (_number(draw(st.integers(1, 3))),))
            strides = tree.Modifier("s", (_number(stride),))
            size = (channels,) if op != "cat" else draw(_channels(names))
            branch.append(tree.Atom("conv", size, (kernel, strides)))
        branches.append(tuple(branch))
    return tree.Merge(op, tuple(branches))


@st.composite
def _blocks(draw: st.DrawFn, names: Sequence[str], rank: int) -> list[tree.Definition]:
    """Up to two blocks, the second of which may call the first."""
    blocks: list[tree.Definition] = []
    for name in ("Block", "Stage")[: draw(st.integers(0, 2))]:
        parameters = [tree.Parameter("n")]
        if draw(st.booleans()):
            parameters.append(tree.Parameter("r", _number(draw(st.integers(0, 2)))))
        inside = (*names, *(parameter.name for parameter in parameters))
        body = draw(st.lists(parts(inside, blocks, rank, 1), min_size=1, max_size=3))
        if "r" in inside and draw(st.booleans()):
            body.append(tree.Repeat(tree.Group((draw(keeping(rank)),)), tree.Name("r")))
        if draw(st.integers(0, 3)) == 0:
            parameters.insert(0, tree.Parameter("inside"))
            body.append(tree.Atom("inside"))
        blocks.append(tree.Definition(name, tuple(parameters), tree.Group(tuple(body))))
    return blocks


@st.composite
def _calls(
    draw: st.DrawFn, names: Sequence[str], definitions: Sequence[tree.Definition]
) -> tree.Call:
    block = draw(st.sampled_from(list(definitions)))
    arguments: list[tree.Argument] = []
    for parameter in block.parameters:
        if parameter.name == "inside":
            arguments.append(tree.Group((draw(keeping(2)),)))
        elif parameter.default is None or draw(st.booleans()):
            arguments.append(draw(_constants | _expressions(4, names)))
        else:
            break
    return tree.Call(block.name, tuple(arguments))


def keeping(rank: int = 2) -> st.SearchStrategy[tree.Atom]:
    """Atoms that keep the extents of a map: what branches are made of."""
    odd = st.sampled_from([1, 3]).map(lambda k: tree.Modifier("k", (_number(k),)))
    convolutions = st.builds(
        lambda n, k: tree.Atom("conv", (_number(n),), (k,)), st.integers(1, 6), odd
    )
    others = st.sampled_from(["bn", "relu", "swish", "id"]).map(tree.Atom)
    return convolutions | others


@st.composite
def atoms(
    draw: st.DrawFn, ops: Sequence[str] = tuple(BY_OP), rank: int = 2, names: Sequence[str] = ()
) -> tree.Atom:
    """One word of a chain: always valid syntax, and often valid in its position."""
    op = draw(st.sampled_from(ops))
    kind = BY_OP[op]
    fields = spellings(kind)
    value: tree.Size | None = None
    if VALUE in fields and (fields[VALUE].required or draw(st.booleans())):
        value = draw(_channels(names) if kind in (Conv, Deconv, Fc) else _values(op, rank))
    modifiers = []
    for letter, field in fields.items():
        if letter != VALUE and (field.required or draw(st.integers(0, 3)) == 0):
            modifiers.append(tree.Modifier(letter, draw(_modifiers(letter, rank))))
    post = draw(st.none() | post_chains) if kind.weighted else None
    return tree.Atom(op, value, tuple(draw(st.permutations(modifiers))), post)


def _number(value: int | Fraction) -> tree.Number:
    return tree.Number(Fraction(value))


def _numbers(values: st.SearchStrategy[int]) -> st.SearchStrategy[tree.Size]:
    return values.map(lambda value: (_number(value),))


def _sizes(least: int, most: int, rank: int) -> st.SearchStrategy[tree.Size]:
    """One number for all axes, or one for each."""
    one = st.integers(least, most)
    each = st.tuples(*[one] * rank).map(lambda sizes: tuple(map(_number, sizes)))
    return _numbers(one) | each


def _expressions(most: int, names: Sequence[str] = ()) -> st.SearchStrategy[tree.Expression]:
    """Expressions whose value is a small number, perhaps times w, c or another symbol."""
    numbers = st.integers(1, most).map(_number)
    symbols = st.sampled_from(["w", "c", *names, *names]).map(tree.Name)
    products = st.builds(tree.Operation, st.just("*"), numbers, symbols)
    sums = st.builds(tree.Operation, st.just("+"), products | symbols, numbers)
    rounded = st.builds(tree.Function, st.sampled_from(["ceil", "floor"]), _halves(symbols))
    constants = st.builds(tree.Operation, st.just("+"), numbers, numbers)
    return products | sums | constants | symbols | rounded


def _halves(symbols: st.SearchStrategy[tree.Name]) -> st.SearchStrategy[tree.Expression]:
    half = st.builds(tree.Operation, st.just("/"), symbols, st.just(_number(2)))
    return st.builds(tree.Operation, st.just("+"), half, st.just(_number(1)))


def _channels(names: Sequence[str] = ()) -> st.SearchStrategy[tree.Size]:
    return _numbers(st.integers(1, 12)) | _expressions(6, names).map(lambda e: (e,))


def _is_network(program: tree.Program) -> bool:
    try:
        layers = Network(program).at().layers
    except NetformError:
        return False
    if any(max(layer.output[:-1]) > LARGEST_MAP for layer in layers):
        return False
    return len(layers) < 60 and all(layer.output[-1] <= LARGEST_VECTOR for layer in layers)


_LETS: list[tuple[str, ...]] = [(), (), ("g",), ("g", "depth")]
_constants = st.integers(1, 6).map(_number)
_ON_MAPS = (
    *("conv", "dw", "deconv", "pool", "avg", "up", "pad", "crop") * 2,
    *("conv", "bn", "ln", "relu", "drop", "swish"),
)


def _values(op: str, rank: int) -> st.SearchStrategy[tree.Size]:
    match op:
        case "dw" | "pool" | "avg":
            return _sizes(1, 4, rank)
        case "up":
            return _sizes(1, 3, rank)
        case "pad" | "crop":
            return _sizes(0, 2, rank)
        case "drop":
            return st.sampled_from([Fraction(0), Fraction(1, 4), Fraction(1, 2)]).map(
                lambda rate: (_number(rate),)
            )
        case _:
            return _numbers(st.integers(1, 8))


def _modifiers(letter: str, rank: int) -> st.SearchStrategy[tree.Size | None]:
    match letter:
        case "k":
            return _sizes(1, 5, rank)
        case "s" | "d":
            return _sizes(1, 3, rank)
        case "p":
            return _sizes(0, 2, rank)
        case "g":
            return _numbers(st.sampled_from([1, 2, 3, 4]))
        case "m":
            return _numbers(st.integers(1, 3))
        case "b":
            return _numbers(st.integers(0, 1))
        case _:
            return st.none()


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

__all__ = ["atoms", "keeping", "networks", "parts", "post_chains"]
