"""Every kind of layer has every rule; the walk is over the closed list."""

import dataclasses
import pkgutil

import pytest

import netform
from netform.codegen.keras.spelling import spell
from netform.dsl import kinds
from netform.dsl.kinds import BY_OP, KINDS, MERGE_BY_OP, MERGES, VALUE, Kind, spellings
from netform.dsl.kinds.base.kind import Pointwise

NO_KIND = {"base", "input"}


def test_every_module_of_kinds_is_in_the_list():
    modules = {module.name for module in pkgutil.iter_modules(kinds.__path__)} - NO_KIND
    assert {kind.__module__.rsplit(".", 1)[1] for kind in (*KINDS, *MERGES)} == modules
    assert len(BY_OP) + len(MERGE_BY_OP) == len(KINDS) + len(MERGES)


@pytest.mark.parametrize("kind", [*KINDS, *MERGES], ids=lambda kind: kind.op)
def test_a_kind_has_every_rule(kind):
    for rule in ("output", "cost", "sight"):
        assert getattr(kind, rule) is not getattr(Kind, rule), f"{kind.op} has no {rule}"
    assert spell.dispatch(kind) is not spell.dispatch(Kind), f"{kind.op} has no Keras spelling"
    assert kind.__doc__
    assert f"``{kind.op}" in kind.__doc__, "the documentation shows how the kind is written"
    assert dataclasses.is_dataclass(kind)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.op)
def test_every_field_is_documented_by_an_example_that_is_read(kind):
    for letter, spelling in spellings(kind).items():
        assert spelling.meaning
        example = spelling.example
        if letter == VALUE:
            chain = example
        else:
            required = [s.example for s in spellings(kind).values() if s.required]
            start = required[0] if required else kind.op
            letters = "" if letter in start else example
            chain = start + letters
        layers = netform.parse(f"input 8x8x4 {chain} fc1").layers
        assert layers[1].op == kind.op


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.op)
def test_a_kind_counts_a_map_or_works_in_place(kind):
    assert kind.keeps_map != issubclass(kind, Pointwise)
    assert not kind.is_norm or kind.in_post
