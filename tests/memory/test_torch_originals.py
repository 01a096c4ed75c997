"""fixtures/kept_bytes.csv has what PyTorch's autograd keeps of the originals of examples/zoo.

Run by make test-long in an environment that has them. The originals are on the meta device, which
keeps what a CPU does: the sizes of tensors without their values.
"""

import pytest

from support import as_original

torch = pytest.importorskip("torch")
torch_originals = pytest.importorskip("support.torch_originals", reason="there is no torchvision")
torch_saved = pytest.importorskip("support.torch_saved")

pytestmark = pytest.mark.long


@pytest.mark.parametrize("name", torch_originals.ORIGINALS)
def test_the_fixture_has_what_the_original_keeps(name):
    row = torch_originals.kept_bytes(name)
    assert as_original.by_batch(row) == as_original.fixture()[name]


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("name", ["densenet121", "efficientnet_b0", "mobilenet_v2", "vgg16"])
def test_a_cpu_keeps_what_the_meta_device_keeps(name, batch):
    _, build = torch_originals.ORIGINALS[name]
    *extents, channels = as_original.image_of(name)
    image = torch.zeros(batch, channels, *extents)
    kept = torch_saved.saved_bytes(build().train(), image)
    assert kept == as_original.fixture()[name][batch]


@pytest.mark.parametrize("name", ["densenet121", "mobilenet_v2", "resnet50", "squeezenet"])
def test_activations_in_place_change_no_byte(name):
    """Torchvision's are in place, and the profile's are not: what is kept is an output anyway."""
    model = torch_originals.built(name).train()
    in_place = [module for module in model.modules() if getattr(module, "inplace", False)]
    assert in_place
    for module in in_place:
        module.inplace = False
    *extents, channels = as_original.image_of(name)
    image = torch.empty(2, channels, *extents, device="meta")
    assert torch_saved.saved_bytes(model, image) == as_original.fixture()[name][2]
