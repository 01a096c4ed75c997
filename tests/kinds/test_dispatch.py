"""Whatever is done by kind is done for every kind: no base that only refuses is ever reached."""

import importlib
import re
from pathlib import Path

import pytest

from netform.codegen.keras.layer_names import PLAIN_LAYERS
from netform.dsl.graph.domain.conditions import Condition
from netform.dsl.graph.domain.layer_condition import LayerCondition
from netform.dsl.kinds import ALL_KINDS
from netform.dsl.kinds.base.kind import Kind
from netform.dsl.kinds.input import Input

ROOT = Path(__file__).parents[2]
RULES = ("output", "cost", "rules", "connections")
DEMANDS = ("demand", "needs", "check")
DISPATCHER = re.compile(r"@(?:functools\.)?singledispatch\ndef (\w+)\((\w+): Kind\b")


def dispatchers():
    """The functions that choose by the kind of a layer, by their modules."""
    for room in ("grammar", "dsl", "codegen", "api"):
        for path in sorted(ROOT.joinpath(room).rglob("*.py")):
            for name, _ in DISPATCHER.findall(path.read_text()):
                parts = path.relative_to(ROOT).with_suffix("").parts
                module = importlib.import_module(".".join(("netform", *parts)))
                yield getattr(module, name)


DISPATCHERS = list(dispatchers())


def test_all_dispatchers_are_found():
    sources = (
        path.read_text() for room in ("dsl", "codegen") for path in (ROOT / room).rglob("*.py")
    )
    assert sum(source.count("singledispatch\n") for source in sources) == len(DISPATCHERS) > 1


@pytest.mark.parametrize("kind", ALL_KINDS, ids=lambda kind: kind.op)
@pytest.mark.parametrize("function", DISPATCHERS, ids=lambda function: function.__name__)
def test_every_kind_is_handled_by_every_dispatcher(function, kind):
    in_base = function.__name__ == "spell" and (kind in PLAIN_LAYERS or kind is Input)
    assert in_base or function.dispatch(kind) is not function.dispatch(Kind)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("kind", ALL_KINDS, ids=lambda kind: kind.op)
def test_every_kind_has_rules_of_its_own(kind, rule):
    assert getattr(kind, rule) is not getattr(Kind, rule)


@pytest.mark.parametrize("demand", DEMANDS)
@pytest.mark.parametrize("condition", Condition.__args__)
def test_every_condition_has_a_demand_and_a_check(condition, demand):
    assert getattr(condition, demand) is not getattr(LayerCondition, demand)
