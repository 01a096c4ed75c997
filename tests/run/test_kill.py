"""Runs that are killed, again and again, end as one that was left alone: to the bit."""

import csv
import functools
import json
import os
import random
import subprocess
import sys
import time
import types
from collections import namedtuple
from signal import SIGINT, SIGKILL, SIGTERM

import keras
import numpy as np
import pytest

import netform
from netform.codegen.run.lock import locked
from netform.codegen.run.training_run import run as run_program
from support.programs import module_of
from support.programs import run as run_in_this_process

# dropout, the sums of micro-batches, two moments a weight, a schedule: all that a state may hold
TEXT = """
    input 8x8x1 data set=digits
    train batch=128 split=2 schedule=cosine opt=adamw lr=0.01 jit=off
    conv4k3:bn.relu pool2 drop0.3 fc10
"""
PATIENCE = 240  # seconds that a moment may be away, on a busy machine

Run = namedtuple("Run", "folder epochs words")


def by_program(folder, epochs):
    program = folder / "network.py"
    program.write_text(netform.parse(TEXT).emit(), encoding="utf-8")
    return Run(folder / "run", epochs, [program])


def by_command(folder, epochs):
    return Run(folder / "run", epochs, ["-m", "netform", "train", "-e", TEXT])


def start(run):
    words = [*run.words, "--out", run.folder, "--epochs", run.epochs]
    return subprocess.Popen(
        [sys.executable, *map(str, words)],
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(run):
    process = start(run)
    printed, _ = process.communicate()
    assert process.returncode == 0, printed[-3000:]
    return json.loads((run.folder / "summary.json").read_text())


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Runs that were left alone, by their epochs, and what they sum up."""

    @functools.cache
    def run_of(epochs):
        run = by_program(tmp_path_factory.mktemp("whole"), epochs)
        module = module_of(netform.parse(TEXT).emit())
        return run, run_in_this_process(module, run.folder, "--epochs", epochs)

    return run_of


# ---- moments to be killed at


def stamp(file):
    """What changes when a file does."""
    try:
        return file.stat().st_mtime_ns, file.stat().st_size
    except OSError:
        return None


def a_change_of(name):
    """The moment in which a file appears, or is written, and a little later."""

    def wait(run, process, chance):
        file = run.folder / name
        before, deadline = stamp(file), time.monotonic() + PATIENCE
        while process.poll() is None and stamp(file) in (None, before):
            assert time.monotonic() < deadline, f"{name} did not change"
        time.sleep(chance.choice([0, 0.003, 0.01, 0.03]) * chance.random())

    return wait


def some_epochs_later(run, process, chance):
    """Any moment of an epoch, after one or two of them."""
    for _ in range(chance.randint(1, 2)):
        a_change_of("last.keras")(run, process, chance)
    time.sleep(0.3 * chance.random())


def its_beginning(run, process, chance):
    """While libraries are loaded, data are read or the state is."""
    time.sleep(8 * chance.random())


SAVING = a_change_of("next.keras")
MOMENTS = [
    SAVING,  # before any file is whole
    some_epochs_later,
    a_change_of("best.keras"),  # both models are there, the log is not whole
    a_change_of("log.csv"),  # a resume has written it again
    a_change_of("last.keras"),
    its_beginning,
    SAVING,
    a_change_of("log.csv"),
    some_epochs_later,
    SAVING,
]


def kill(run, moment, chance):
    """Start a run and kill it at a moment."""
    process = start(run)
    moment(run, process, chance)
    process.kill()
    printed, _ = process.communicate()  # until all that it has started has ended
    assert process.returncode in (-9, 0), printed[-3000:]


# ---- what has to be true


def validated(run):
    """The score of the best model so far, as nobody but us computes it; 0 without one."""
    if not (run.folder / "best.keras").exists():
        return 0.0
    module = module_of(netform.parse(TEXT).emit())
    _, held, _ = module.load_data(types.SimpleNamespace())
    best = keras.saving.load_model(run.folder / "best.keras")
    return best.evaluate(module.Batches(*held, 128), return_dict=True, verbose=0)["accuracy"]


def log_of(run):
    with open(run.folder / "log.csv", newline="") as file:
        return list(csv.DictReader(file))


def state_of(file):
    model = keras.saving.load_model(file)
    return [np.asarray(one) for one in (*model.weights, *model.optimizer.variables)]


def told(summary):
    """A summary without the times."""
    return {name: value for name, value in summary.items() if "second" not in name}


def check(run, moments, seed, whole):
    """Killed at every moment, a run continues every time, and ends as the whole run did."""
    chance, best = random.Random(seed), 0.0
    print(f"killed by the seed {seed}")
    for moment in moments:
        kill(run, moment, chance)
        score = validated(run)
        assert score >= best, "the best model was replaced by a worse one"
        best = score
        if chance.random() < 0.5 and run.folder.exists():  # as if it was cut short
            (run.folder / "next.keras").write_bytes(b"PK\x03\x04")
            with open(run.folder / "log.csv", "a") as log:
                log.write("7,0.5")
    left_alone, summary = whole(run.epochs)
    assert told(finish(run)) == told(summary)
    assert validated(run) >= best
    assert summary["epochs"] == run.epochs
    assert [int(row["epoch"]) for row in log_of(run)] == list(range(run.epochs))
    assert log_of(run) == log_of(left_alone)
    for name in ("best.keras", "last.keras"):
        pairs = zip(state_of(run.folder / name), state_of(left_alone.folder / name), strict=True)
        for ours, theirs in pairs:
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.long
def test_a_run_that_is_killed_twice_ends_as_one_that_is_not(tmp_path, whole):
    check(by_program(tmp_path, 4), [SAVING, some_epochs_later], 1, whole)


@pytest.mark.long
def test_a_run_that_is_killed_ten_times_ends_as_one_that_is_not(tmp_path, whole):
    check(by_program(tmp_path, 24), MOMENTS, 2, whole)


@pytest.mark.long
def test_a_command_that_is_killed_goes_on_the_same_way(tmp_path, whole):
    check(by_command(tmp_path, 24), MOMENTS[1::3], 4, whole)


@pytest.mark.parametrize("signal", [SIGINT, SIGTERM, SIGKILL])
def test_a_command_ends_its_program_however_it_ends(signal, tmp_path):
    """One that trained on alone would write into the folder of the next."""
    program = "import time; print('up', flush=True); time.sleep(300)"
    command = f"run({program!r}, 'x', Path({str(tmp_path)!r}), [], False)"
    imports = "from pathlib import Path; from netform.codegen.run.training_run import run"
    process = subprocess.Popen(
        [sys.executable, "-c", f"{imports}; {command}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout.readline() == b"up\n"
    process.send_signal(signal)
    process.communicate(timeout=60)  # until nobody prints any more


def test_a_folder_trains_one_run_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr("netform.codegen.run.lock._PATIENCE", 0.0)
    with locked(tmp_path), pytest.raises(netform.NetformError) as caught:
        run_program("", "x", tmp_path, [], False)
    assert str(caught.value) == (
        f"another training runs in {tmp_path}\n"
        "    hint: wait until it has ended, or give another folder with --out"
    )
    assert not list(tmp_path.glob("*.py"))
