"""Programs whose batches several devices share: here the processor, twice, on TensorFlow.

tests/support/devices_elsewhere.py does the same on JAX, and on two hosts.
"""

import csv
import json
import os
import re
import subprocess
import sys
import types
from pathlib import Path

import keras
import numpy as np
import pytest

import netform
from netform.dsl.questions.sweep_points import training_memory
from support import keras_models

TWO_DEVICES = Path(__file__).parents[1] / "support" / "two_devices.py"
# 128 images train, in batches of 48, 48 and 32; 15 validate and 37 test
TEXT = 'input 6x6x1 data npz="d.npz" train opt=sgd lr=0.1 batch=48 devices=2 conv4k3 fc3'


def module_of(text):
    return keras_models.module_of(netform.parse(text).emit())


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Images whose class is their brightness."""
    rng = np.random.default_rng(0)
    labels = np.arange(143) % 3
    images = rng.integers(0, 60, (143, 6, 6, 1)) + 90 * labels[:, None, None, None]
    file = tmp_path_factory.mktemp("data") / "d.npz"
    np.savez(file, x_train=images, y_train=labels, x_test=images[:37], y_test=labels[:37])
    return file


def start(text, folder, *words, before=(TWO_DEVICES,), **environment):
    file = folder / "program.py"
    file.write_text(netform.parse(text).emit(), encoding="utf-8")
    command = [sys.executable, *before, file, "--out", folder / "run", *words]
    return subprocess.run(
        list(map(str, command)),
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def log_of(folder):
    with open(folder / "run" / "log.csv", newline="") as log:
        return list(csv.DictReader(log))


@pytest.fixture(scope="module")
def two_epochs(data, tmp_path_factory):
    """The folder of a run on two devices, begun with one epoch and gone on with, and its words."""
    folder = tmp_path_factory.mktemp("two")
    first = start(TEXT, folder, "--data", data, "--epochs", 1)
    assert first.returncode == 0, first.stdout
    second = start(TEXT, folder, "--data", data, "--epochs", 2)
    assert second.returncode == 0, second.stdout
    return folder, first.stdout


def test_every_device_takes_its_share_of_every_batch(two_epochs):
    _, printed = two_epochs
    taken = re.findall(r"device (\d) takes (\d+)", printed)
    shares = ["24"] * 2 + ["16"]
    assert sorted(taken) == [("0", n) for n in sorted(shares)] + [("1", n) for n in sorted(shares)]


def test_two_devices_learn_what_one_learns(two_epochs, data, tmp_path, monkeypatch):
    """The loss of every epoch agrees up to rounding, and so do tests; a resumed run continues."""
    folder, _ = two_epochs
    alone = module_of(TEXT.replace("devices=2", ""))
    words = ["program", "--data", data, "--out", tmp_path / "run", "--epochs", 2]
    monkeypatch.setattr(sys, "argv", list(map(str, words)))
    alone.main()
    assert len(log_of(folder)) == 2
    for together, apart in zip(log_of(folder), log_of(tmp_path), strict=True):
        for name, value in apart.items():
            assert float(together[name]) == pytest.approx(float(value), rel=1e-5), name
    ends = [json.loads((f / "run" / "summary.json").read_text()) for f in (folder, tmp_path)]
    for name in ("epochs", "best_epoch", "validation_accuracy", "test_accuracy", "test_loss"):
        assert ends[0][name] == pytest.approx(ends[1][name], rel=1e-5), name


def test_training_leaves_out_what_devices_cannot_share_by_chance():
    module = module_of("input 2x2x1 train batch=6 devices=3 fc2")
    batches = module.Batches(np.zeros((20, 2, 2, 1)), np.arange(20), 6, seed=0)
    left_out = set()
    for epoch in range(20):
        batches.start_epoch(epoch)
        shares = [batches[i][1] for i in range(len(batches))]
        assert [len(labels) for labels in shares] == [6, 6, 6]
        seen = np.concatenate(shares).tolist()
        assert len(set(seen)) == 18
        left_out |= set(range(20)) - set(seen)
    assert len(left_out) > 10


def test_tests_weigh_every_image_once():
    module = module_of("input 2x2x1 train batch=6 devices=3 fc2")
    batches = module.Batches(np.zeros((20, 2, 2, 1)), np.arange(20), 6)
    shares = [batches[i] for i in range(len(batches))]
    assert [len(labels) for _, labels, _ in shares] == [6, 6, 6, 3]
    labels, weights = (np.concatenate([share[i] for share in shares]) for i in (1, 2))
    counted = np.bincount(labels, weights)
    np.testing.assert_allclose(counted, 21 / 20)
    assert weights.sum() == pytest.approx(len(weights))  # Keras divides a loss by their number


def test_weights_of_labels_for_every_pixel():
    module = module_of('input 4x4x1 data npz="x" train batch=4 devices=2 conv2k1')
    batches = module.Batches(np.zeros((5, 4, 4, 1)), np.zeros((5, 4, 4), int), 4)
    model = module.build_model()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    accuracy = keras.metrics.SparseCategoricalAccuracy("accuracy")
    model.compile("sgd", loss, weighted_metrics=[accuracy])
    told = model.evaluate(batches, return_dict=True, verbose=0)
    scores = model.predict(np.zeros((1, 4, 4, 1)), verbose=0)
    assert told["loss"] == pytest.approx(float(loss(np.zeros((1, 4, 4)), scores)), rel=1e-5)


def test_files_of_images_are_normalised_as_on_one_device(tmp_path):
    from PIL import Image

    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        (tmp_path / "images" / name).mkdir(parents=True)
        for i in range(5 if name == "a" else 4):
            Image.fromarray(rng.integers(0, 256, (4, 4, 3), "uint8")).save(
                tmp_path / "images" / name / f"{i}.png"
            )
    module = module_of("input 4x4x3 data folder=x train batch=4 devices=2 fc2")
    out = tmp_path / "run"
    out.mkdir()
    training, *_ = module.load_data(types.SimpleNamespace(data=tmp_path / "images", out=out))
    images = np.stack([module.read_image(file) for file in training[0]]).astype(float)
    about = json.loads((out / "data.json").read_text())
    np.testing.assert_allclose(about["mean"], images.mean((0, 1, 2)))
    np.testing.assert_allclose(about["variance"], images.var((0, 1, 2)))


@pytest.mark.parametrize(
    ("backend", "environment", "words"),
    [
        ("torch", {}, "devices= needs TensorFlow or JAX: set KERAS_BACKEND=jax"),
        (
            "tensorflow",
            {"TF_CONFIG": '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"index": 0}}'},
            "Keras trains on several hosts only with JAX: set KERAS_BACKEND=jax",
        ),
        (
            "tensorflow",
            {"TF_CONFIG": '{"cluster": {"worker": ["a:1"]}}'},
            r"the batch needs 99 devices, but there are only \['cpu:0'\]",
        ),
    ],
)
def test_sharing_that_cannot_be(backend, environment, words, monkeypatch):
    module = module_of("input 2x2x1 train batch=99 devices=99 fc2")
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=words):
        module.sharing(None)


@pytest.mark.parametrize("setting", ["split=2", "jit=on", "policy=mixed_float16"])
def test_what_tensorflow_fails_at_with_devices_is_refused(setting):
    """Adding up gradients: merge_call inside of a condition; XLA: one device's variables only;
    float16: the scaled loss becomes NaN."""
    module = module_of(f"input 2x2x1 train devices=2 {setting} fc2")
    said = setting.removesuffix("2").removeprefix("policy=mixed_")
    words = f"TensorFlow has no {said} on several devices: set KERAS_BACKEND=jax"
    with pytest.raises(SystemExit, match=words):
        module.sharing(None)


def test_a_batch_that_devices_cannot_share_is_refused_by_the_program(monkeypatch, capsys):
    module = module_of("input 2x2x1 train batch=24 split=2 devices=3 fc2")
    monkeypatch.setattr(sys, "argv", ["program", "--batch", "33"])
    with pytest.raises(SystemExit):
        module.main()
    assert "error: the batch is a multiple of 6" in capsys.readouterr().err


def test_the_memory_of_a_device_is_that_of_its_share():
    chain = "conv4k3 fc3"
    whole = netform.parse(f"input 8x8x1 train batch=32 {chain}")
    shared = netform.parse(f"input 8x8x1 train batch=64 devices=2 {chain}")
    assert training_memory(shared, 64) == training_memory(whole, 32)


@pytest.mark.long
@pytest.mark.parametrize(
    "settings",
    [
        "opt=adam ema=0.9 schedule=plateau clip=1 log=classes,tensorboard",
        "opt=adamw decay=0.1 schedule=cosine policy=mixed_bfloat16 weights=balanced",
        "opt=momentum early=1 smooth=0.1 policy=float64 jit=off",
    ],
)
def test_what_else_programs_do_they_do_on_two_devices(settings, data, tmp_path):
    """Dropout and norms, averaged weights, schedules, policies; 40 s each."""
    text = TEXT.replace("opt=sgd lr=0.1", settings).replace("fc3", "drop0.2 bn fc3")
    text = text.replace("data ", "data predict=on aug=flip ")
    for epochs in (1, 3):
        done = start(text, tmp_path, "--data", data, "--epochs", epochs)
        assert done.returncode == 0, done.stdout
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["epochs"] == len(log_of(tmp_path)) > 1
    best = keras.saving.load_model(tmp_path / "run" / "best.keras")
    assert best.count_params() == summary["params"]
    with np.load(data) as file:
        images, labels = file["x_test"], file["y_test"]
    right = best.predict(images, verbose=0).argmax(axis=-1) == labels
    assert summary["test_accuracy"] == pytest.approx(right.mean())
