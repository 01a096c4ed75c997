"""fixtures/zoo.csv has the figures of the originals: torchvision's, timm's, and some written here.

Run by make test-long in an environment that has them.
"""

import pytest

from support import zoo

torch_originals = pytest.importorskip("support.torch_originals", reason="there is no torchvision")
pytestmark = pytest.mark.long


def test_every_original_is_in_the_fixture():
    assert zoo.originals().keys() == torch_originals.ORIGINALS.keys()


@pytest.mark.parametrize("name", torch_originals.ORIGINALS)
def test_the_fixture_has_what_the_original_has(name):
    original, by_side = zoo.originals()[name]
    assert torch_originals.ORIGINALS[name][0] == original
    rows = torch_originals.rows(name, by_side)
    assert {int(row["side"]): zoo.figures_of(row) for row in rows} == by_side
