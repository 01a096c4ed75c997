"""The language: text to tree and back."""

from hypothesis import given
from lark import Lark

import netform
from netform.grammar.parser import grammar_text, parse
from netform.grammar.printer import show
from netform.strategies import networks


@given(networks())
def test_parsing_inverts_printing(network):
    assert netform.parse(netform.show(network)) == network


@given(networks())
def test_printing_is_canonical(network):
    text = netform.show(network)
    assert netform.show(netform.parse(text)) == text


@given(networks())
def test_white_space_and_comments_change_nothing(network):
    text = netform.show(network)
    spaced = "\n\n# a comment\n" + text.replace("\n", "  # input 1x1x1 \n\n") + " # the end"
    if '"' not in text:
        assert netform.parse(spaced) == network


def test_the_grammar_has_no_conflicts_even_in_strict_mode():
    Lark(grammar_text(), parser="lalr", strict=True, start=["start", "change"])


def test_every_node_knows_its_place():
    program = parse("input 8x8x1  # comment\npost conv=bn.relu\nconv(4*w)k3s1x2!:ln fc10")
    text = program.source.text

    def at(node):
        return text[node.span.start : node.span.end]

    conv, fc = program.chain
    assert at(program.input) == "8x8x1"
    assert at(conv) == "conv(4*w)k3s1x2!:ln"
    assert [at(m) for m in conv.modifiers] == ["k3", "s1x2", "!"]
    assert at(conv.value[0]) == "4*w"
    assert at(conv.post[0]) == "ln"
    assert at(fc) == "fc10"
    assert at(program.posts[0]) == "conv=bn.relu"


def test_canonical_form_of_everything():
    text = "\n".join(
        [
            "input 32x32x3",
            "post conv=bn.relu dw=bn.relu6 fc=- bias=0 last=0",
            'data npz="my data.npz" aug=flip,crop4',
            "train opt=sgd lr=0.1 batch=128 epochs=50",
            "conv(4*(2+w))k3x1s2v!:bn.relu6 dw3m2b1 drop0.25 pool2x3p1 relu6 flat fc10:-",
        ]
    )
    assert show(parse(text)) == text
