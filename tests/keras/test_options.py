"""Every option of a training program beside every other, really run."""

import functools
import subprocess
import sys

import pytest
from allpairspy import AllPairs

import netform
from support.options import AXES, NOTHING, SOURCED_AXES, is_possible, text_of
from support.programs import module_of, run

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
# tests/keras/test_sharing.py runs a few programs of several devices: each is a process
SOURCED = [
    dict(zip(SOURCED_AXES, values, strict=True))
    for values in AllPairs(
        list(SOURCED_AXES.values()),
        filter_func=functools.partial(is_possible, axes=SOURCED_AXES),
    )
]


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """The programs of all points, by their texts."""
    folder = tmp_path_factory.mktemp("programs")
    found = {}
    for number, point in enumerate([*POINTS, *SOURCED]):
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


@pytest.mark.parametrize("point", POINTS[::24], ids=text_of)
def test_some_programs_of_options_run(point, programs, tmp_path):
    check_run(point, programs, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("point", POINTS, ids=text_of)
def test_the_program_of_options_runs(point, programs, tmp_path):
    check_run(point, programs, tmp_path)


def check_run(point, programs, tmp_path):
    """It trains two epochs, tests the best model, and sums up."""
    source = programs[text_of(point)].read_text(encoding="utf-8")
    summary = run(module_of(source), tmp_path, "--batch", 64)
    assert summary["params"] == netform.parse(text_of(point)).at().params
    assert 0 <= summary["test_accuracy"] <= 1
    assert summary["epochs"] == len((tmp_path / "log.csv").read_text().splitlines()) - 1
