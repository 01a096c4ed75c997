"""A condition of a layer without its rules says which class lacks them, and where it is."""

import importlib
import pkgutil

import pytest

import netform.dsl.graph.domain
from netform.dsl.graph.domain.layer_condition import LayerCondition
from netform.grammar.errors import Source, Span

for module in pkgutil.iter_modules(netform.dsl.graph.domain.__path__):
    importlib.import_module(f"netform.dsl.graph.domain.{module.name}")

CONDITIONS = LayerCondition.__subclasses__()


class Incomplete(LayerCondition):
    """A condition without rules."""


def test_a_condition_without_a_rule_is_named_with_its_module():
    incomplete = Incomplete("conv1", Source("conv8k3"), Span(0, 1))
    for ask in (incomplete.needs, lambda: incomplete.check(None)):
        with pytest.raises(NotImplementedError, match=rf"Incomplete needs .* in {__name__}"):
            ask()


@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_condition_has_the_rules(condition):
    assert condition.needs is not LayerCondition.needs
    assert condition.check is not LayerCondition.check
