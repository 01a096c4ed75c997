"""What data and train may say, and what excludes what."""

from pathlib import Path

import keras_models
import numpy as np
import pytest

import netform

ROOT = Path(__file__).parent.parent


def refusal(settings):
    with pytest.raises(netform.NetformError) as caught:
        netform.parse(f"input 8x8x3 {settings} conv4k3 fc3").emit()
    lines = str(caught.value).splitlines()
    return lines[0].split(": ", 1)[1], lines[-1].strip()


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        (
            "train epochs=3 steps=100",
            "epochs and steps say the same thing in two ways",
            "hint: leave one of them out",
        ),
        (
            "train split=2 subdivisions=2",
            "split and subdivisions say the same thing in two ways",
            "hint: leave one of them out",
        ),
        (
            "train warmup=3",
            "a warm-up goes before a cosine",
            "hint: write schedule=cosine too",
        ),
        (
            "train batch=10 split=3",
            "3 does not divide the batch of 10",
            "hint: write a batch that is a multiple of it",
        ),
        (
            "train batch=2 subdivisions=4",
            "a batch of 2 images has no 4 parts",
            "hint: write a smaller number, or a larger batch",
        ),
        (
            "train smooth=1",
            "smooth is a number between 0 and 1, not '1'",
            "hint: write it as 0.1",
        ),
        (
            "train schedule=cosin",
            "schedule is one of cosine, step, exponential, plateau, not 'cosin'",
            "hint: did you mean cosine?",
        ),
        (
            "train log=gpus",
            "log is some of classes, gpu, tensorboard, not 'gpus'",
            "hint: did you mean gpu?",
        ),
        ("train jit=yes", "jit is on or off, not 'yes'", "hint: write one of off, on"),
        (
            "data aug=flip,turn5",
            "aug is some of flip, cropN, shift0.N, zoom0.N, shear0.N, rotateN, cutoutN, mixup0.N "
            "and randaugment, joined by commas, not 'flip,turn5'",
            "hint: write aug=flip,crop4,rotate15",
        ),
        (
            "train device=gpu1",
            "device is cpu, gpu or a card's number, as in gpu:1, not 'gpu1'",
            "hint: write device=gpu:0",
        ),
        (
            "train memory=4G",
            "memory is a number of bytes from 1MiB to 1024TiB, not '4G'",
            "hint: write memory=4GiB, say",
        ),
        (
            "train memory=1000",
            "memory is a number of bytes from 1MiB to 1024TiB, not '1000'",
            "hint: write memory=4GiB, say",
        ),
        (
            "train devices=0",
            "devices is a whole number from 1 to 1,000,000, not '0'",
            "hint: write it as digits: 128",
        ),
        (
            "train devices=3",
            "3 devices share a batch evenly, but not of 32 images",
            "hint: write a batch that is a multiple of 3",
        ),
        (
            "train batch=12 split=2 devices=4",
            "4 devices share 2 parts of a batch evenly, but not of 12 images",
            "hint: write a batch that is a multiple of 8",
        ),
        (
            "train devices=2 device=gpu:1",
            "device names one device, but 2 share every batch",
            "hint: leave device= out, and choose cards by the variable CUDA_VISIBLE_DEVICES",
        ),
    ],
)
def test_settings_that_are_refused(settings, message, hint):
    assert refusal(settings) == (message, hint)


@pytest.mark.parametrize("memory", ["4GiB", "4096MiB", '"4 GiB"', "4294967296"])
def test_memory_is_said_in_any_unit(memory):
    source = netform.parse(f"input 4x4x1 train memory={memory} fc2").emit()
    assert "MEMORY = 4_294_967_296  # bytes of a card" in source


def test_one_device_shares_nothing():
    plain = "input 4x4x1 train {} fc2"
    one, none = (netform.parse(plain.format(text)).emit() for text in ("devices=1", "epochs=10"))
    assert "DEVICES" not in one
    assert len(one.splitlines()) == len(none.splitlines())


def test_validation_takes_its_share_of_every_class():
    module = keras_models.module_of(netform.parse("input 2x2x1 fc3").emit())
    labels = np.repeat([0, 1, 2], [500, 400, 100])
    (_, kept), (_, held) = module.split(np.arange(1000), labels, 0.1)
    assert np.bincount(held).tolist() == [50, 40, 10]
    assert len(kept) + len(held) == 1000


def test_a_length_in_batches_is_told_in_epochs():
    source = netform.parse("input 2x2x1 train max_batches=4000 subdivisions=8 batch=64 fc2").emit()
    assert "epochs = -(-32_000 // len(train))" in source
    assert "train = Batches(*train, args.batch // 8, args.seed)" in source
    assert 'parser.add_argument("--epochs"' not in source


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("input 32x32x3 conv32k3 conv64k3 pool2 conv128k3 pool2 conv128k3 pool2 fc1024 fc10", 199),
        (None, 299),
    ],
)
def test_programs_stay_short(text, most):
    network = netform.parse(text) if text else netform.load(ROOT / "examples/zoo/resnet50.net")
    assert len(network.emit().splitlines()) <= most
