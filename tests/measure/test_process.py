"""Processes that measure may die in any way: each is an answer or an error, and none is left."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import netform
from netform.codegen.measure import process, request
from netform.codegen.measure.largest import largest
from netform.codegen.measure.measuring import measure
from netform.codegen.measure.request import Request
from netform.grammar.errors import NetformError

TESTS = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def pretended(monkeypatch):
    monkeypatch.setattr(process, "_CHILD", "support.pretend_measuring")
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    monkeypatch.setattr(request, "check_backend", lambda backend: None)
    # the search begins at one image
    monkeypatch.setattr("netform.codegen.measure.largest.predicted_largest", lambda *_: None)


def asked(fits=10, ends=0, batches=(1,), seconds=60.0):
    text = f"input 8x8x1 let fits = {fits} let ends = {ends} conv2k3 fc3"
    return Request(netform.parse(text), "jax", batches, seconds=seconds)


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


@pytest.mark.parametrize("ends", [0, 1])
@pytest.mark.parametrize("fits", [1, 2, 13])
def test_the_largest_batch_is_found_however_a_process_runs_out_of_memory(fits, ends):
    found = largest(asked(fits, ends), 2**20)
    assert (found.batch, found.is_exact) == (fits, True)
    assert all(trial.fits == (trial.batch <= fits) for trial in found.trials)


def test_a_trial_that_takes_too_long_leaves_a_least_batch():
    found = largest(asked(2, ends=2, seconds=1.0), 2**20)
    assert (found.batch, found.is_exact) == (2, False)


@pytest.mark.parametrize(
    ("fits", "ends", "message", "hint"),
    [
        (0, 0, "a batch of one image does not fit 1,048,576 bytes (1.00 MiB)", "give more memory"),
        (0, 2, "no trial ended within 1 seconds", "give more time with --timeout"),
        (0, 3, "the trial of 1 images failed: ValueError: no", None),
        (0, 4, "the trial of 1 images failed: ValueError: this is the last line", None),
        (0, 5, "PyTorch finds no such card", "measure on the processor with --device cpu"),
    ],
)
def test_what_no_trial_answers_is_an_error(fits, ends, message, hint):
    with pytest.raises(NetformError) as caught:
        largest(asked(fits, ends, seconds=1.0 if ends == 2 else 60.0), 2**20)
    assert caught.value.message == message
    assert (caught.value.hint or "").startswith(hint or "")


@pytest.mark.parametrize(
    ("ends", "note"),
    [
        (0, "the measurement of jax has run out of memory: out of memory"),
        (1, "the measurement of jax has run out of memory: it was ended by SIGKILL"),
        (2, "the measurement of jax did not end within 2 seconds"),
        (3, "the measurement of jax failed: ValueError: no"),
    ],
)
def test_what_was_measured_before_a_process_died_is_kept(ends, note):
    found = measure(asked(4, ends, batches=(2, 4, 8), seconds=2.0 if ends == 2 else 60.0))
    assert [(r.batch, r.measured) for r in found.records] == [(2, 2000), (4, 4000)]
    assert found.images_per_second == {("jax", 2): 4, ("jax", 4): 8}
    assert note in found.notes


def test_a_process_that_measured_nothing_is_an_error():
    with pytest.raises(NetformError, match="has run out of memory"):
        measure(asked(1, batches=(2,)))


@pytest.mark.parametrize("signalled", [signal.SIGINT, signal.SIGKILL])
def test_no_process_is_left_when_the_command_is_interrupted_or_killed(tmp_path, signalled):
    pid = tmp_path / "pid"
    script = tmp_path / "script.py"
    script.write_text(
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from netform.codegen.measure import process, request\n"
        "process._CHILD = 'support.pretend_measuring'\n"
        "request.check_backend = lambda backend: None\n"
        "from netform.cli import main\n"
        "text = 'input 8x8x1 let fits = 0 let ends = 2 conv2k3 fc3'\n"
        "sys.argv = ['netform', 'measure', '-e', text, '--backend', 'jax', '--set', 'B=2']\n"
        "main()\n"
    )
    command = subprocess.Popen(
        [sys.executable, script],
        env=os.environ | {"PRETEND_PID": str(pid)},
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (pid.exists() and pid.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    command.send_signal(signalled)
    _, said = command.communicate(timeout=60)
    if signalled == signal.SIGINT:
        assert said == "the measurement was interrupted\n"
    child = int(pid.read_text())
    with contextlib.suppress(FileNotFoundError):
        while is_running(child):
            assert time.monotonic() < deadline
            time.sleep(0.02)
