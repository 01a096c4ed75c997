"""Every kind of layer has every rule, whatever module of dsl/kinds it comes from."""

import dataclasses
import pkgutil
import re

import pytest

import netform
from netform.codegen.keras.layer_names import ACTIVATIONS
from netform.codegen.target import TARGETS, target
from netform.dsl import kinds
from netform.dsl.kinds import ALL_KINDS, BY_OP, KINDS, MERGE_BY_OP, MERGES, VALUE, Kind, spellings
from netform.dsl.kinds.base.activation import Activation
from netform.dsl.kinds.base.kind import Pointwise
from netform.dsl.kinds.input import Input


def test_every_module_of_kinds_is_a_kind():
    modules = {module.name for module in pkgutil.iter_modules(kinds.__path__)} - {"base"}
    assert {kind.__module__.rsplit(".", 1)[1] for kind in ALL_KINDS} == modules
    assert len(ALL_KINDS) == len(modules)
    assert {*ALL_KINDS} == {Input, *KINDS, *MERGES}
    assert len(BY_OP) + len(MERGE_BY_OP) == len(KINDS) + len(MERGES)


def test_the_order_of_kinds_does_not_depend_on_the_file_system(monkeypatch):
    modules = [*pkgutil.iter_modules(kinds.__path__)]
    monkeypatch.setattr(pkgutil, "iter_modules", lambda path: modules[::-1])
    assert kinds._found() == ALL_KINDS


@pytest.mark.parametrize("kind", [*KINDS, *MERGES], ids=lambda kind: kind.op)
def test_a_kind_has_every_rule(kind):
    for rule in ("output", "cost", "connections"):
        assert getattr(kind, rule) is not getattr(Kind, rule), f"{kind.op} has no {rule}"
    for name in TARGETS:
        assert target(name).spells(kind), f"{kind.op} has no spelling in {name}"
    assert kind.__doc__
    assert f"``{kind.op}" in kind.__doc__, "the documentation shows how the kind is written"
    assert dataclasses.is_dataclass(kind)


@pytest.mark.parametrize("kind", [*KINDS, *MERGES], ids=lambda kind: kind.op)
def test_a_kind_is_spelled_in_keras(kind):
    example = re.search(r"``([^`]*)``", kind.__doc__)[1]
    program = netform.parse(f"input 8x8x64 {example} fc10").emit()
    compile(program, "program.py", "exec")


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
    assert kind.in_post == (kind.is_norm or issubclass(kind, Activation))


@pytest.mark.parametrize("kind", ACTIVATIONS, ids=lambda kind: kind.op)
def test_an_activation_has_the_sign_that_its_kind_states(kind):
    pytest.importorskip("keras.ops")  # without Keras, tests/keras answers to "keras" alone
    import keras

    values = keras.ops.linspace(-20.0, 20.0, 4001)[:, None] * keras.ops.ones((1, 2))
    found = keras.ops.convert_to_numpy(keras.activations.get(ACTIVATIONS[kind])(values))
    assert (found.min() >= 0) == kind.is_non_negative


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Softsign(Activation):
    """x / (1 + |x|): ``softsign``, a kind that no target names."""

    op = "softsign"


@pytest.mark.parametrize("chain", ["softsign", "conv8k3:softsign", "conv8k3:bn.softsign"])
def test_an_activation_that_keras_does_not_name_is_refused(chain, monkeypatch):
    monkeypatch.setitem(BY_OP, "softsign", Softsign)
    assert not target("keras").spells(Softsign)
    network = netform.parse(f"input 8x8x4 {chain} fc10")
    assert network.at().params > 0
    with pytest.raises(netform.NetformError, match=r"^softsign has no name in Keras\n") as refused:
        network.emit()
    assert "ACTIVATIONS" in refused.value.hint


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Blur(Pointwise):
    """A kind that no target spells: ``blur``."""

    op = "blur"


def test_a_kind_that_keras_does_not_spell_is_refused(monkeypatch):
    monkeypatch.setitem(BY_OP, "blur", Blur)
    assert not target("keras").spells(Blur)
    with pytest.raises(netform.NetformError, match=r"^blur has no spelling in Keras\n"):
        netform.parse("input 8x8x4 blur fc10").emit()
