"""What networks of the field keep for the backward pass, against their originals in PyTorch.

fixtures/kept_bytes.csv has what autograd's hooks report of the originals on PyTorch 2.13;
test_torch_originals.py measures it.
"""

import pytest

import netform
from support import as_original
from support.zoo import ZOO

# Published for torchvision's networks at 224x224, float32, by these hooks on a CPU.
OF_ONE_MORE_IMAGE = {"vgg16": 73_355_264, "resnet50": 85_909_504, "densenet121": 130_361_344}
OF_TWO_IMAGES = {"resnet50": 172_031_488, "mobilenet_v2": 156_555_520}


def test_the_known_figures_are_in_the_fixture():
    kept = as_original.fixture()
    more = {name: kept[name][2] - kept[name][1] for name in OF_ONE_MORE_IMAGE}
    assert more == OF_ONE_MORE_IMAGE
    assert {name: kept[name][2] for name in OF_TWO_IMAGES} == OF_TWO_IMAGES


@pytest.mark.parametrize(("name", "theirs"), as_original.fixture().items())
def test_the_torch_profile_keeps_what_the_original_keeps(name, theirs):
    assert as_original.kept_by_original(name) == theirs


@pytest.mark.parametrize("name", as_original.EDITS)
def test_only_files_of_another_structure_are_edited(name):
    """So that the table, and the documentation's, has no file that is equal as it is."""
    as_written = netform.load(ZOO / f"{name}.net", root=ZOO.parent)
    assert as_original.kept_by(as_written) != as_original.kept_by(as_original.load(name))
