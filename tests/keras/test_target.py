"""Every target spells every kind, writes programs, and checks what it cannot train."""

from pathlib import Path

import pytest

import netform
from netform import codegen
from netform.codegen.target import TARGETS, target
from netform.dsl.kinds import KINDS, MERGES, Kind


def test_the_list_of_targets_has_every_folder_of_one():
    folders = {path.parent.name for path in Path(codegen.__path__[0]).glob("*/target.py")}
    assert folders == set(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("kind", [*KINDS, *MERGES], ids=lambda kind: kind.op)
def test_a_target_spells_every_kind(kind, name):
    assert target(name).spells(kind)
    assert not target(name).spells(Kind)


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_writes_what_it_finds_trainable(name):
    network = netform.parse("input 8x8x1 conv4k3 fc10")
    target(name).check(network)
    compile(target(name).write(network, "1/2"), "program.py", "exec")


def test_a_network_is_written_by_the_first_target():
    network = netform.parse("input 8x8x1 conv4k3 fc10")
    assert network.emit() == target(TARGETS[0]).write(network)
