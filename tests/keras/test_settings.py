"""What the settings of data and train take, and what excludes what."""

from pathlib import Path

import keras
import numpy as np
import pytest
from lark import Lark

import netform
from netform.dsl.settings import values
from support import keras_models

ROOT = Path(__file__).parents[2]


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
            "epochs and steps both give the length of training",
            "hint: leave one of them out",
        ),
        (
            "train split=2 subdivisions=2",
            "split and subdivisions both give the number of parts of a batch",
            "hint: leave one of them out",
        ),
        (
            "train warmup=3",
            "a warm-up goes before a cosine",
            "hint: write schedule=cosine too",
        ),
        (
            "train opt=schedulefree schedule=step",
            "schedulefree averages all steps instead of making them smaller",
            "hint: leave out schedule=, or write opt=adamw",
        ),
        (
            "train opt=schedulefree ema=0.99",
            "schedulefree averages the weights itself",
            "hint: leave out ema=, or write opt=adamw",
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
            "hint: write smooth=0.1",
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
            "hint: write memory=4GiB",
        ),
        (
            "train memory=1000",
            "memory is a number of bytes from 1MiB to 1024TiB, not '1000'",
            "hint: write memory=4GiB",
        ),
        (
            "train devices=0",
            "devices is a whole number from 1 to 1,000,000, not '0'",
            "hint: write devices=2",
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


def test_the_terminals_of_setting_values_do_not_collide():
    Lark(values.grammar_text(), parser="lalr", strict=True, start=values.FORMS)


@pytest.mark.parametrize(
    ("form", "texts"),
    {
        "count": ["", "1.0", "1e3", "-1", " 1", "1\n", "12345678901", "\u0661"],
        "number": ["", ".5", "1e10", "1.", "1_0", "1e-", "0.1 # a comment"],
        "decimal": ["", "1e3", "1/2"],
        "device": ["", "gpu:", "gpu:1234", "gpu1", "cpu:0"],
        "augmentations": ["", "flip,", ",flip", "flip, crop4", "crop04", "crop12345", "shift00.1"],
    }.items(),
)
def test_a_value_of_another_form_is_none(form, texts):
    assert [text for text in texts if values.value_of(form, text) is not None] == []


@pytest.mark.parametrize("memory", ["4GiB", "4096MiB", '"4 GiB"', "4294967296B"])
def test_memory_is_given_in_any_unit(memory):
    source = netform.parse(f"input 4x4x1 train memory={memory} fc2").emit()
    assert "MEMORY = 4_294_967_296  # bytes of a card" in source


def test_one_device_shares_nothing():
    plain = "input 4x4x1 train {} fc2"
    one, none = (netform.parse(plain.format(text)).emit() for text in ("devices=1", "epochs=10"))
    assert "DEVICES" not in one
    assert len(one.splitlines()) == len(none.splitlines())


def test_muon_steps_dense_kernels_but_the_last_and_adamw_the_rest():
    """A block whose name tells of an embedding is none, and fc1 is not all that begins so."""
    text = "input 4x4x1 train opt=muon decay=0.1 def Embedding(n) [fc(n)] conv2k3 fc4*9 Embedding(3) fc2"
    model, optimizer = keras_models.compiled(netform.parse(text))
    kernels = [v for v in model.trainable_variables if v.name == "kernel"]
    assert len(kernels) == 12
    assert [v for v in kernels if optimizer._should_use_adamw(v)] == [kernels[0], kernels[-1]]
    assert optimizer.weight_decay == optimizer.adam_weight_decay == 0.1
    decayed = [v for v in model.trainable_variables if optimizer._use_weight_decay(v)]
    assert decayed == kernels


def test_adafactor_leaves_dead_rows_and_columns_finite():
    """By Keras' own epsilon the product of their second moments is 0, and 0/0 the step."""
    weights = keras.Variable(np.ones((3, 4), "float32"))
    gradient = np.ones((3, 4), "float32")
    gradient[0], gradient[:, 0] = 0, 0
    _, optimizer = keras_models.compiled(netform.parse("input 4x4x1 train opt=adafactor fc2"))
    optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weights])
    assert np.isfinite(weights.numpy()).all()
    assert (weights.numpy()[1:, 1:] < 1).all()


def test_schedulefree_is_tested_and_saved_with_the_average_of_its_steps():
    """So it is with beta_1=1 on every backend, and it begins where the weights do."""
    text = "input 4x4x1 train opt=schedulefree lr=0.1 warmup=2 fc2"
    model, optimizer = keras_models.compiled(netform.parse(text))
    assert optimizer.warmup_steps == 2 * keras_models.STEPS_PER_EPOCH
    count = len(model.trainable_variables)
    images = np.random.default_rng(0).normal(size=(8, 4, 4, 1))
    taken = []
    for _ in range(4):
        model.train_on_batch(images, np.arange(8) % 2)
        taken.append([v.numpy() for v in optimizer.variables[-2 * count :: 2]])
    for weights, steps in zip(model.trainable_variables, zip(*taken, strict=True), strict=True):
        np.testing.assert_allclose(weights.numpy(), np.mean(steps, axis=0), atol=1e-6)


@pytest.mark.parametrize(("optimizer", "since"), [("muon", "3.13"), ("schedulefree", "3.14")])
def test_an_older_keras_ends_with_the_version_that_is_needed(optimizer, since, monkeypatch):
    source = netform.parse(f"input 4x4x1 train opt={optimizer} fc2").emit()
    module = keras_models.module_of(source)
    monkeypatch.setattr(keras, "__version__", "3.9.2")
    monkeypatch.setattr("sys.argv", ["program"])
    with pytest.raises(SystemExit, match=f"opt={optimizer} needs Keras {since}, not 3.9.2"):
        module.main()


def test_validation_takes_its_share_of_every_class():
    module = keras_models.module_of(netform.parse("input 2x2x1 fc3").emit())
    labels = np.repeat([0, 1, 2], [500, 400, 100])
    (_, kept), (_, held) = module.split(np.arange(1000), labels, 0.1)
    assert np.bincount(held).tolist() == [50, 40, 10]
    assert len(kept) + len(held) == 1000


def test_a_length_in_batches_is_given_in_epochs():
    source = netform.parse("input 2x2x1 train max_batches=4000 subdivisions=8 batch=64 fc2").emit()
    assert "args.epochs = -(-32_000 // len(training))" in source
    assert "training = Batches(*training, args.batch // 8, args.seed)" in source
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
