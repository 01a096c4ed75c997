"""Emitted programs that are really run: every example, a resume, and the traps on the way."""

import csv
import json
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

import netform
from support.programs import module_of, run

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.net"))
DIGITS = EXAMPLES[0].with_name("digits.net")
SLOW = {"vgg16"}  # 138 million parameters are a minute and a gigabyte
TINY = "input 8x8x1 data set=digits train batch=64 epochs=3 conv4k3 pool2 fc10"


def module(network):
    return module_of(network.emit())


@pytest.fixture
def two_steps():
    """Keras trains one epoch of two steps only."""
    keras.config.set_max_epochs(1)
    keras.config.set_max_steps_per_epoch(2)
    yield
    keras.config.set_max_epochs(None)
    keras.config.set_max_steps_per_epoch(None)


def log_of(folder):
    with open(folder / "log.csv", newline="") as log:
        return list(csv.DictReader(log))


def save(file, images, labels):
    """The same images and labels to train with and to test."""
    np.savez(file, x_train=images, y_train=labels, x_test=images, y_test=labels)


def local_data(network, folder):
    """The network on random data in the form that it reads, where its own are not here."""
    rng = np.random.default_rng(0)
    height, width, channels = network.at().layers[0].output
    if network.data.source == "folder":
        for name in ("cats", "dogs"):
            (folder / "images" / name).mkdir(parents=True)
            for i in range(20):
                pixels = rng.integers(0, 256, (40, 50, 3), dtype="uint8")
                Image.fromarray(pixels).save(folder / "images" / name / f"{i}.jpg")
        return network.reading(folder / "images")
    if network.data.source in ("cifar10", "mnist"):
        images = rng.integers(0, 256, (300, height, width, channels), dtype="uint8")
        labels = np.arange(300) % 10
        save(folder / "data.npz", images, labels)
        return network.reading(folder / "data.npz")
    return network


GRAPHS = {
    "blocks and gates": """
        input 16x16x3 post conv=bn.relu
        def Se(r) [ mul[gap fc(c/r):relu fc(c):sigmoid] ]
        def Res(n, s=1) [ add[conv(n)k3s(s) conv(n)k3:bn Se(4) | conv(n)k1s(s):bn] relu ]
        conv8k3 ->a Res(8) Res(16, 2)*2 cat[@a | up4] [add[conv(c)k3:bn] relu]*2
        cat[gap | gmp] drop0.2 fc10
    """,
    "one axis": "input 32x2 conv8k3 pool2 add[conv8k3] gap fc3",
    "three axes": "input 8x8x8x1 conv4k3 pool2 dw3 deconv4k2s2 gap fc2",
}


@pytest.mark.parametrize("text", GRAPHS.values(), ids=GRAPHS)
def test_the_program_of_a_graph_runs(text, two_steps, tmp_path):
    network = netform.parse(text)
    summary = run(module(network), tmp_path, "--batch", 32)
    assert summary["params"] == network.at().params


@pytest.mark.parametrize(
    "example",
    [
        pytest.param(file, marks=pytest.mark.long if file.stem in SLOW else (), id=file.stem)
        for file in EXAMPLES
    ],
)
def test_the_program_of_every_example_runs(example, two_steps, tmp_path):
    network = local_data(netform.load(example), tmp_path)
    summary = run(module(network), tmp_path / "run", "--batch", 2)
    assert summary["params"] == network.at().params
    assert summary["epochs"] == 1
    assert (tmp_path / "run" / "best.keras").exists()


@pytest.mark.parametrize(
    ("epochs", "least"), [(6, 0.9), pytest.param(30, 0.97, marks=pytest.mark.long)]
)
def test_digits_are_learnt(epochs, least, tmp_path):
    """By the program as a user runs it."""
    file = tmp_path / "digits.py"
    file.write_text(netform.load(DIGITS).emit(), encoding="utf-8")
    command = [sys.executable, file, "--out", tmp_path / "run", "--epochs", str(epochs)]
    subprocess.run(command, check=True)
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["epochs"] == epochs
    assert summary["test_accuracy"] >= least


def test_the_same_seed_gives_the_same_run_and_another_seed_another(tmp_path):
    tiny, losses = module(netform.parse(TINY)), []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run(tiny, tmp_path / name, "--epochs", 2, "--seed", seed)
        losses.append([row["loss"] for row in log_of(tmp_path / name)])
    assert losses[0] == losses[1] != losses[2]


def test_a_resumed_run_is_the_uninterrupted_run(tmp_path):
    """Two epochs and then four are the same, to the bit, as four at once, with dropout too."""
    program = module(netform.parse(TINY.replace("pool2", "drop0.5 pool2")))
    once, twice = tmp_path / "once", tmp_path / "twice"
    run(program, once, "--epochs", 4)
    run(program, twice, "--epochs", 2)
    assert run(program, twice, "--epochs", 4)["epochs"] == 4
    assert [row["epoch"] for row in log_of(twice)] == ["0", "1", "2", "3"]
    assert_same_runs(once, twice)


def assert_same_runs(once, twice):
    """To the bit, in the log and in the last model."""
    assert log_of(once) == log_of(twice)
    models = [keras.saving.load_model(folder / "last.keras") for folder in (once, twice)]
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("making", "training", "least", "most"), [(0.03, 0, 0.3, 1.0), (0.01, 0.05, 0, 0.1)]
)
def test_waiting_is_what_making_batches_adds(making, training, least, most):
    """Ten batches: what is made while the network is busy with another costs it nothing."""

    class Images:
        def __getitem__(self, rows):
            time.sleep(making)
            return np.zeros((len(rows), 8, 8, 1))

    program = module(netform.parse(TINY))
    data, model = program.Batches(Images(), np.zeros(100, int), 10, seed=0), program.build_model()
    callbacks = [
        keras.callbacks.LambdaCallback(on_epoch_begin=data.start_epoch),
        keras.callbacks.LambdaCallback(on_train_batch_begin=data.start_step),
        keras.callbacks.LambdaCallback(on_train_batch_end=lambda *_, **__: time.sleep(training)),
    ]
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(data, verbose=0, shuffle=False, callbacks=callbacks)
    data.waited = 0.0
    model.fit(data, verbose=0, shuffle=False, callbacks=callbacks)
    assert least * 0.8 <= data.waited <= most


def test_no_callback_waits_for_the_end_of_a_step():
    """One that does would keep Keras from handing the next step to a card that is still busy."""
    calls = [line for line in netform.parse(TINY).emit().splitlines() if "Callback" in line]
    assert not any("batch_end" in line or "TerminateOnNaN" in line for line in calls)


@pytest.mark.parametrize(
    "settings",
    [
        "opt=muon decay=0.1 split=2",
        pytest.param("opt=adafactor lr=0.01", marks=pytest.mark.long),
        pytest.param("opt=schedulefree warmup=1 policy=mixed_float16", marks=pytest.mark.long),
    ],
)
def test_a_resumed_optimizer_goes_on_with_what_it_kept(settings, tmp_path):
    text = TINY.replace("train", f"train {settings}").replace("fc10", "fc8 fc10")
    program = module(netform.parse(text))
    once, twice = tmp_path / "once", tmp_path / "twice"
    run(program, once, "--epochs", 2)
    run(program, twice, "--epochs", 1)
    run(program, twice, "--epochs", 2)
    assert_same_runs(once, twice)


def test_images_are_normalised_with_the_statistics_of_the_training_part():
    program = module(netform.parse("input 4x4x2 conv4k3 fc2"))
    images = np.random.default_rng(0).normal([3, -5], [2, 7], (500, 4, 4, 2))
    mean, variance = program.Batches(images, np.zeros(500), 50).moments()
    np.testing.assert_allclose(mean, images.mean((0, 1, 2)))
    np.testing.assert_allclose(variance, images.var((0, 1, 2)))
    model = program.build_model(mean, variance)
    out = model.get_layer("normalize")(images)
    np.testing.assert_allclose(np.mean(out, (0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(np.std(out, (0, 1, 2)), 1, atol=1e-5)


def test_augmentation_mirrors_and_shifts_training_images_only():
    text = "input 6x6x1 data set=synthetic aug=flip,crop2 conv4k3 fc2"
    program = module(netform.parse(text))
    images = np.arange(36, dtype="float32").reshape(1, 6, 6, 1).repeat(200, axis=0) + 1
    labels = np.zeros(200)
    plain, _ = program.Batches(images, labels, 200)[0]
    np.testing.assert_array_equal(plain, images)
    moved, _ = program.Batches(images, labels, 200, seed=0)[0]
    assert moved.shape == images.shape
    assert set(np.unique(moved)) <= {0, *range(1, 37)}
    assert all(  # what was beside a pixel of the picture is beside it, or beyond the border
        np.isin(np.abs(np.diff(row[row > 0])), [1]).all()
        for image in moved
        for row in image[..., 0]
    )
    variants = {image.tobytes() for image in moved}
    assert 20 < len(variants) <= 50  # 25 shifts, mirrored or not
    assert (images == np.arange(36).reshape(1, 6, 6, 1) + 1).all(), "the data stay as they are"


def test_wrong_data_end_a_program_with_a_line(tmp_path):
    file = tmp_path / "program.py"
    file.write_text(netform.parse('input 8x8x1 data npz="d.npz" conv4k3 fc10').emit())
    command = [sys.executable, file, "--out", tmp_path / "run", "--data", tmp_path / "d.npz"]
    process = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.returncode == 1
    assert "No such file" in process.stdout.splitlines()[-1]
    assert "Traceback" not in process.stdout


def test_a_run_is_not_gone_on_with_other_data_batch_or_seed(tmp_path):
    """Another seed would split off another validation part, and know it from training."""
    program = module(netform.parse(TINY))
    run(program, tmp_path, "--epochs", 1)
    with pytest.raises(SystemExit) as caught:
        run(program, tmp_path, "--epochs", 2, "--seed", 1)
    assert '"batch": 64, "seed": 0}: give another --out' in str(caught.value).splitlines()[-1]


def test_a_binary_network_learns_a_binary_task(tmp_path):
    """One output: logits, their loss, and an accuracy whose threshold is a logit of zero."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 400)
    images = rng.normal(0, 1, (400, 6, 6, 1)) + 3 * labels[:, None, None, None]
    save(tmp_path / "d.npz", images, labels)
    program = module(netform.parse('input 6x6x1 data npz="d.npz" conv4k3 fc1'))
    summary = run(program, tmp_path / "run", "--data", tmp_path / "d.npz", "--epochs", 4)
    assert summary["test_accuracy"] > 0.95


def test_labels_for_every_pixel(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.normal(0, 1, (60, 8, 8, 1))
    labels = (images[..., 0] > 0).astype(int)
    save(tmp_path / "d.npz", images, labels)
    program = module(netform.parse('input 8x8x1 data npz="d.npz" conv8k3 conv2k1'))
    summary = run(program, tmp_path / "run", "--data", tmp_path / "d.npz", "--epochs", 1)
    assert summary["test_accuracy"] > 0
