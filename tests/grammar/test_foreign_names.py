"""Every name that other libraries give a layer leads to a layer of netform, or to a reason."""

import pytest

import netform
from netform.dsl.kinds import BY_OP, MERGE_BY_OP
from netform.grammar import foreign_names
from netform.grammar.foreign_names import hint_for, merge_for

FORMS = ("{}", "{}2", "{}2d", "{}2d4", "{}2D(8, 3)", "{}_1d", "{}()", "{}8s2")


@pytest.mark.parametrize("name", sorted(foreign_names._BY_NAME))
def test_a_hint_is_a_layer_that_exists(name):
    hints = {hint_for(form.format(name)) for form in FORMS} - {None}
    assert hints
    for hint in hints:
        word = hint.removeprefix("did you mean ").removesuffix("?")
        assert netform.parse(f"input 32x32x8 {word} fc2")


@pytest.mark.parametrize("name", sorted(foreign_names._BY_NAME))
def test_a_foreign_word_is_an_error_that_gives_the_hint(name):
    for form in FORMS:
        word = form.format(name)
        if hint_for(word) is None:
            continue
        with pytest.raises(netform.NetformError) as caught:
            netform.parse(f"input 8x8x1 conv8k3 {word} fc10")
        error = caught.value
        allowed = "a modifier needs" in error.message or "has no modifier" in error.message
        assert allowed or error.hint.startswith("did you mean "), (word, str(error))
        assert error.column >= 21


def test_the_names_are_distinct_and_lead_to_kinds():
    assert set(foreign_names._OPS) <= set(BY_OP)
    assert set(foreign_names._MERGES) == set(MERGE_BY_OP)
    assert not set(foreign_names._BY_NAME) & set(foreign_names._HINTS)
    assert {merge_for("Concatenate"), merge_for("se")} == {"cat", "mul"}


@pytest.mark.parametrize(
    "text",
    [
        "conv2d2k3 fc10",  # two channels, dilation 2
        "conv2k3d64 fc10",
        "def Dense(n) [ fc(n) ] Dense(10)",
        "def Conv2D(n) [ conv(n)k3 ] Conv2D(4) fc10",
        "def F(dense) [ dense ] F([fc8]) fc10",
        "conv8k3 relu(6) fc10",
    ],
)
def test_own_words_stay(text):
    assert netform.parse(f"input 8x8x1 {text}")
