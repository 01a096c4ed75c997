"""Every option of a training program beside every other, really run."""

import json
import os
import subprocess
import sys

import keras
import keras_models
import pytest
from allpairspy import AllPairs

import netform
from netform.dsl.settings import LOGS, OPTIMIZERS, SCHEDULES

CHAIN = "conv4k3 bn pool2 drop0.2 conv4k3:bn.relu gap"
OPTIONS = {
    "train": {
        "opt": list(OPTIMIZERS),
        "lr": ["0.01"],
        "decay": [None, "1e-2"],
        "schedule": [None, *SCHEDULES],
        "early": [None, "2"],
        "split": [None, "4"],
        "clip": [None, "1"],
        "smooth": [None, "0.1"],
        "ema": [None, "0.9"],
        "policy": [None, "mixed_bfloat16", "mixed_float16", "float64"],
        "jit": [None, "on", "off"],
        "weights": [None, "balanced"],
        "log": [None, *LOGS, ",".join(LOGS)],
        "epochs": ["2"],
        "device": [None, "cpu", "gpu:1"],
        "memory": [None, "4GiB"],
    },
    "data": {
        "aug": [
            None,
            "flip,crop2",
            "shift0.1,zoom0.2,shear0.1,rotate15",
            "cutout3,mixup0.2",
            "flip,rotate5,cutout2,randaugment",
        ],
        "val": [None, "0.25"],
        "predict": [None, "on"],
    },
}
AXES = {
    **{("train", name): values for name, values in OPTIONS["train"].items()},
    **{("data", name): values for name, values in OPTIONS["data"].items()},
    ("head", "fc"): ["fc3", "fc1"],
}


def text_of(point):
    """The text of a network with some settings; None leaves one out."""
    said = {statement: [] for statement in ("data", "train")}
    for (statement, name), value in point.items():
        if statement in said and value is not None:
            said[statement].append(f"{name}={value}")
    statements = " ".join(f"{name} {' '.join(found)}" for name, found in said.items() if found)
    return f"input 8x8x3 {statements} {CHAIN} {point['head', 'fc']}"


def is_possible(values):
    """Whether netform takes these options together, as far as they are chosen."""
    point = dict(zip(AXES, values, strict=False))
    if "mixup" in (point.get(("data", "aug")) or "") and point.get(("head", "fc")) == "fc1":
        return False
    scheduled = point.get(("train", "schedule")) or point.get(("train", "ema"))
    return not (point.get(("train", "opt")) == "schedulefree" and scheduled)


NOTHING = dict.fromkeys(AXES) | {("head", "fc"): "fc3"}
POINTS = [
    *(
        dict(zip(AXES, values, strict=True))
        for values in AllPairs(list(AXES.values()), filter_func=is_possible)
    ),
    NOTHING,
    NOTHING | {("train", "steps"): "20"},
    NOTHING | {("train", "max_batches"): "20", ("train", "subdivisions"): "4"},
    NOTHING | {("train", "schedule"): "cosine", ("train", "warmup"): "1"},
    NOTHING | {("train", "opt"): "schedulefree", ("train", "warmup"): "1"},
]
# tests/test_sharing.py runs a few of them: each is a process, with two devices
SHARED = [point | {("train", "devices"): "2", ("train", "device"): None} for point in POINTS]


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """The programs of all points, by their texts."""
    folder = tmp_path_factory.mktemp("programs")
    found = {}
    for number, point in enumerate([*POINTS, *SHARED]):
        text = text_of(point)
        file = folder / f"option_{number}.py"
        file.write_text(netform.parse(text, file.stem).emit(), encoding="utf-8")
        found[text] = file
    return found


@pytest.mark.parametrize(
    "words",
    [
        ["format", "--check"],
        ["check", "--select", "E,F,W,I,B,C4,PIE,SIM,UP,RUF", "--ignore", "E501"],
    ],
    ids=["formatted", "free of lint"],
)
def test_programs_of_all_options_are(words, programs):
    folder = next(iter(programs.values())).parent
    ruff = [sys.executable, "-m", "ruff", *words, "--isolated", "--no-cache", str(folder)]
    result = subprocess.run(ruff, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_same_text_gives_the_same_bytes(programs):
    for text, file in programs.items():
        assert netform.parse(text, file.stem).emit() == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("point", POINTS[::12], ids=text_of)
def test_some_programs_of_options_run(point, programs, tmp_path, monkeypatch):
    check_run(point, programs, tmp_path, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("point", POINTS, ids=text_of)
def test_the_program_of_options_runs(point, programs, tmp_path, monkeypatch):
    check_run(point, programs, tmp_path, monkeypatch)


def check_run(point, programs, tmp_path, monkeypatch):
    """It trains two epochs, tests the best model, and sums up."""
    policy = keras.config.dtype_policy()
    monkeypatch.setattr(os, "environ", dict(os.environ))  # where programs choose a device
    module = keras_models.module_of(programs[text_of(point)].read_text(encoding="utf-8"))
    monkeypatch.setattr(sys, "argv", ["program", "--out", str(tmp_path), "--batch", "64"])
    try:
        module.main()
    finally:
        keras.config.set_dtype_policy(policy)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["params"] == netform.parse(text_of(point)).at().params
    assert 0 <= summary["test_accuracy"] <= 1
    assert summary["epochs"] == len((tmp_path / "log.csv").read_text().splitlines()) - 1
