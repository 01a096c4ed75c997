"""The programs of all options on Keras' other backends.

    KERAS_BACKEND=jax pytest tests/keras/test_backends.py

runs in an environment without TensorFlow, which the other tests need. On TensorFlow all options
run in pairs, in test_options.py; here every value of every option runs once, beside others.
"""

import os

os.environ.setdefault(  # compiling takes JAX most of the time
    "XLA_FLAGS", "--xla_backend_optimization_level=0"
)

import csv
import io
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from PIL import Image

import netform
from support import options
from support.options import NOTHING, is_possible, text_of
from support.programs import module_of, run

BACKEND = os.environ["KERAS_BACKEND"]
pytestmark = pytest.mark.skipif(BACKEND == "tensorflow", reason="is for JAX and PyTorch")

DIGITS = Path(__file__).parents[2] / "examples" / "digits.net"
DROPPING = "input 8x8x3 {} conv4k3 drop0.5 pool2 drop0.2 fc3"
SEEDED = """        if keras.backend.backend() == "torch":  # drops by the global seed
            keras.utils.set_random_seed(int(rng.integers(2**32)))
"""

AXES = options.AXES
if BACKEND == "torch":
    AXES = AXES | {("train", "jit"): [None, "off"]}  # it compiles for minutes


def mixed(seed):
    """As many points as the longest axis has values; each value of an axis in as many as others."""
    chance, count = random.Random(seed), max(map(len, AXES.values()))
    columns = [(values * count)[:count] for values in AXES.values()]
    for column in columns:
        chance.shuffle(column)
    return [dict(zip(AXES, values, strict=True)) for values in zip(*columns, strict=True)]


POINTS = [
    *next(
        points for points in map(mixed, range(99)) if all(is_possible(p.values()) for p in points)
    ),
    NOTHING | {("train", "max_batches"): "2", ("train", "subdivisions"): "4"},
    NOTHING | {("train", "schedule"): "cosine", ("train", "warmup"): "1"},
]


@pytest.mark.parametrize("point", POINTS, ids=text_of)
def test_the_program_of_options_runs(point, tmp_path):
    network = netform.parse(text_of(point))
    summary = run(module_of(network.emit()), tmp_path, "--batch", 512)
    assert summary["backend"] == BACKEND
    assert summary["params"] == network.at().params
    assert 0 <= summary["test_accuracy"] <= 1
    assert summary["epochs"] == len((tmp_path / "log.csv").read_text().splitlines()) - 1


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_layers_compute_in_half_precision_and_keep_float32(policy, tmp_path):
    run(module_of(netform.parse(DROPPING.format(f"train policy={policy}")).emit()), tmp_path)
    model = keras.saving.load_model(tmp_path / "best.keras")
    assert model.get_layer("fc1").compute_dtype == policy.removeprefix("mixed_")
    assert model.output.dtype == "float32"
    assert {keras.ops.dtype(weight) for weight in model.trainable_weights} == {"float32"}


def test_float64_is_float64(tmp_path):
    """In its own process, since JAX asks for it when it is loaded."""
    file = tmp_path / "program.py"
    file.write_text(netform.parse(DROPPING.format("train policy=float64")).emit())
    words = [sys.executable, str(file), "--out", str(tmp_path), "--epochs", "1"]
    subprocess.run(words, check=True)
    with (
        zipfile.ZipFile(tmp_path / "best.keras") as saved,
        h5py.File(io.BytesIO(saved.read("model.weights.h5"))) as weights,
    ):
        assert weights["layers/dense/vars/0"].dtype == "float64"


def test_a_resumed_run_is_the_uninterrupted_run(tmp_path):
    """To the bit, with dropout and averaged weights."""
    settings = "train ema=0.9 opt=momentum lr=0.01 epochs=3"
    module = module_of(netform.parse(DROPPING.format(settings)).emit())
    run(module, tmp_path / "once")
    run(module, tmp_path / "twice", "--epochs", 1)
    run(module, tmp_path / "twice")
    once, twice = (tmp_path / name for name in ("once", "twice"))
    assert (once / "log.csv").read_text() == (twice / "log.csv").read_text()
    models = [keras.saving.load_model(folder / "last.keras") for folder in (once, twice)]
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(one, other)
    best = keras.saving.load_model(once / "best.keras")
    assert not np.array_equal(best.get_weights()[-1], models[0].get_weights()[-1])


@pytest.mark.skipif(BACKEND != "torch", reason="drops by the state of a layer")
def test_without_the_seed_of_an_epoch_pytorch_drops_anew(tmp_path):
    """It drops by the seed of all, and not by the state of a layer."""
    source = netform.parse(DROPPING.format("train epochs=2")).emit()
    assert source.count(SEEDED) == 1
    module = module_of(source.replace(SEEDED, ""))
    run(module, tmp_path / "once")
    run(module, tmp_path / "twice", "--epochs", 1)
    run(module, tmp_path / "twice")
    once, twice = ((tmp_path / name / "log.csv").read_text() for name in ("once", "twice"))
    assert once.splitlines()[1] == twice.splitlines()[1]
    assert once != twice


def test_digits_are_learnt_by_a_resumed_run(tmp_path):
    module = module_of(netform.load(DIGITS).emit())
    run(module, tmp_path, "--epochs", 1)
    summary = run(module, tmp_path, "--epochs", 4)
    assert summary["epochs"] == 4
    assert summary["test_accuracy"] > 0.9


def test_pictures_are_classified(tmp_path):
    """By the model that the run has kept."""
    network = netform.parse("input 8x8x3 data set=synthetic predict=on gap fc3")
    module = module_of(network.emit())
    run(module, tmp_path / "run", "--epochs", 1)
    images = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), "uint8")
    (tmp_path / "images").mkdir()
    for number, image in enumerate(images):
        Image.fromarray(image).save(tmp_path / "images" / f"{number}.png")
    run(module, tmp_path / "run", "predict", tmp_path / "images", "--csv", tmp_path / "classes.csv")
    with open(tmp_path / "classes.csv", newline="") as file:
        found = [int(row["class"]) for row in csv.DictReader(file)]
    model = keras.saving.load_model(tmp_path / "run" / "best.keras")
    assert found == model.predict(images, verbose=0).argmax(axis=1).tolist()
