"""Networks of which parts are computed again, and the same ones without that."""

from dataclasses import replace

from hypothesis import assume
from hypothesis import strategies as st

from netform.grammar import tree
from netform.grammar.errors import NetformError
from netform.network import Network
from netform.strategies import networks


@st.composite
def with_remat(draw):
    """A network of which a stretch is computed again, or parts of it."""
    network = draw(networks(remats=True))
    if any(layer.remat for layer in network.layers):
        return network
    chain = network.program.chain
    begin = draw(st.integers(0, len(chain) - 1))
    end = draw(st.integers(begin + 1, len(chain)))
    group = tree.Remat(tree.Group(chain[begin:end]))
    try:
        found = Network(replace(network.program, chain=(*chain[:begin], group, *chain[end:])))
        assert found.layers
    except NetformError:  # a tap leaves the stretch, or a remat is in it
        assume(False)
    return found


def without(network):
    """The network that keeps everything."""
    return Network(stripped(network.program), values=network.values)


def stripped(node):
    """A tree with the parts of every remat in place of it."""
    match node:
        case tree.Remat():
            return stripped(node.part)
        case tuple():
            return tuple(map(stripped, node))
        case tree.Group():
            return replace(node, chain=stripped(node.chain))
        case tree.Merge():
            return replace(node, branches=stripped(node.branches))
        case tree.Call():
            return replace(node, arguments=stripped(node.arguments))
        case tree.Repeat():
            return replace(node, part=stripped(node.part))
        case tree.Definition():
            return replace(node, body=stripped(node.body))
        case tree.Program():
            return replace(node, chain=stripped(node.chain), definitions=stripped(node.definitions))
    return node
