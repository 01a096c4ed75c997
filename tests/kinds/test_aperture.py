"""The aperture: size, jump and offset against the pixels that a pixel really sees."""

import pytest
from hypothesis import assume, given

import netform
from netform.strategies import networks


@given(networks())
def test_size_jump_and_offset_tell_what_an_inner_pixel_sees(network):
    """Where no border is near, pixel i sees size pixels from offset + i * jump on."""
    inner = [found for layer in network.layers[1:] for found in inner_pixels(network, layer)]
    assume(inner)
    for layer, axis, i, seen in inner:
        reaches = layer.receptive_field.axes[axis]
        ends = [end for reach in reaches for end in reach.interval(i) or ()]
        assert ((min(ends), max(ends)) if ends else None) == seen
        aperture = layer.aperture
        size = aperture.size[axis]
        if seen is None:
            assert size[0] == 0
        elif isinstance(size, tuple):
            assert size[0] <= seen[1] - seen[0] + 1 <= size[1]
        else:
            assert seen[1] - seen[0] + 1 == size
            if len(reaches) == 1 and reaches[0].period == 1:
                assert seen[0] == aperture.offset[axis] + i * aperture.jump[axis]


def inner_pixels(network, layer):
    """Axis, index and interval of the pixels whose every path stays inside every map."""
    if layer.aperture.is_global or layer.output.is_vector:
        return
    before = network.layers[: network.layers.index(layer) + 1]
    for axis, extent in enumerate(layer.output.extents):
        for i in {0, extent // 3, extent // 2, extent - 1}:
            seen, is_inner = {layer: {i}}, True
            for found in reversed(before[1:]):
                pixels = seen.pop(found, set())
                for entering in found.inputs:
                    connections = found.kind.connections(entering.output)
                    if connections:
                        pixels = {j for k in pixels for j in connections[axis].inputs(k)}
                    is_inner &= all(0 <= j < entering.output.extents[axis] for j in pixels)
                    seen.setdefault(entering, set()).update(pixels)
            image = seen.get(before[0], set())
            if is_inner:
                yield layer, axis, i, (min(image), max(image)) if image else None


@pytest.mark.parametrize(
    ("chain", "size", "jump", "offset"),
    [
        ("conv4k3", 3, 1, -1),
        ("conv4k3s2", 3, 2, 0),  # TensorFlow's same at an even extent pads at the end
        ("conv4k3s2p1", 3, 2, -1),  # PyTorch's padding is symmetric
        ("conv4k3d2 conv4k3", 7, 1, -3),
        ("pool2 conv4k3", 6, 2, -2),
        ("crop2 conv4k3v", 3, 1, 2),
        ("pad1 conv4k3v", 3, 1, -1),
        ("up2", 1, "1/2", 0),
        ("up2 pool2", 1, 1, 0),
        ("pool2 up2 conv4k3", 4, 1, -2),
        ("pool2 up2 conv4k2v", [2, 4], 1, 0),
        ("deconv4k2s2", 1, "1/2", 0),
        ("deconv4k3s2", [1, 2], "1/2", -1),
        ("deconv4k1s2", [0, 1], "1/2", 0),
    ],
)
def test_small_apertures_worked_by_hand(chain, size, jump, offset):
    network = netform.parse(f"input 32x32x3 {chain}")
    seen = network.table().as_json()["layers"]
    last = [layer for layer in seen if "." not in layer["name"]][-1]["aperture"]
    assert last["size"] == [size, size]
    assert last["jump"] == [jump, jump]
    assert last["offset"] == [offset, offset]
    assert last["padding"] == [-offset, -offset]


def test_branches_of_several_speeds_see_least_where_they_meet():
    """Pixel i sees 2i and 2i + 1, and 4 + i: 5 pixels at both ends, and 2 at i = 4."""
    aperture = netform.parse("input 16x16x1 cat[pool2 | crop4]").layers[-1].aperture
    assert (aperture.size, aperture.jump) == (((2, 5),) * 2, ((1, 2),) * 2)


@pytest.mark.parametrize(
    "chain",
    [
        "deconv1k999999999999999 fc1",
        "up2 conv4k99999999",
        "up64 conv4k999999d1 avg1000000s1",
        "deconv3k1000000s7",
    ],
)
def test_kernels_of_any_size_are_followed_by_their_ends(chain):
    network = netform.parse(f"input 8x8x1 {chain}")
    assert network.sees(network.layers[1].name, (0, 0)) != (None, None)
    assert network.layers[1].aperture.jump


def test_global_layers_keep_the_local_aperture_apart():
    table = netform.parse("input 32x32x3 conv4k3 pool2 gap fc10").table().as_json()
    assert [layer["aperture"]["global"] for layer in table["layers"]] == [False] * 4 + [True] * 2
    assert table["totals"]["aperture"]["size"] == [4, 4]
