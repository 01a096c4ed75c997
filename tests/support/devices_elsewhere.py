"""Run programs that choose and share devices on other backends: ``devices_elsewhere.py jax torch``.

Not a pytest module: each backend is a process of its own, in an environment without TensorFlow.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import netform

HERE = Path(__file__).parent
# 128 images train, in batches of 48, 48 and 32; 15 validate and 37 test
SHARED = 'input 6x6x1 data npz="d.npz" train opt=sgd lr=0.1 batch=48 devices=2 conv4k3 fc3'
CHOSEN = "input 6x6x1 train device=cpu memory=1GiB conv4k3 fc3"


def write(text: str, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    program = folder / "program.py"
    program.write_text(netform.parse(text).emit(), encoding="utf-8")
    return program


def write_data(folder: Path) -> Path:
    """Images whose class is their brightness."""
    rng = np.random.default_rng(0)
    labels = np.arange(143) % 3
    images = rng.integers(0, 60, (143, 6, 6, 1)) + 90 * labels[:, None, None, None]
    file = folder / "d.npz"
    np.savez(file, x_train=images, y_train=labels, x_test=images[:37], y_test=labels[:37])
    return file


def start(program: Path, *words: object, first: tuple[object, ...] = (), **variables: str):
    command = [sys.executable, *first, program, "--out", program.parent / "run", *words]
    return subprocess.Popen(
        list(map(str, command)),
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(program: Path, *words: object, **more: Any) -> str:
    process = start(program, *words, **more)
    printed, _ = process.communicate()
    assert process.returncode == 0, printed
    return printed


def results(folder: Path) -> tuple[list[float], ...]:
    """What a run has logged and summed up, as far as it says how well it learns."""
    with open(folder / "run" / "log.csv", newline="") as log:
        epochs = [list(map(float, row.values())) for row in csv.DictReader(log)]
    summary = json.loads((folder / "run" / "summary.json").read_text())
    assert summary["epochs"] == len(epochs)
    return *epochs, [summary["test_accuracy"], summary["test_loss"]]


def check_choice(backend: str, folder: Path) -> None:
    """A program for the processor runs there, and has no card to limit."""
    run(write(CHOSEN, folder / "chosen"), "--epochs", 1, KERAS_BACKEND=backend)
    print(f"{backend}: the processor is chosen")


def check_devices_on_jax(folder: Path) -> None:
    """Two devices, and two hosts of one each, learn what one learns; every device has its share."""
    data = write_data(folder)
    alone = write(SHARED.replace("devices=2", ""), folder / "alone")
    run(alone, "--data", data, "--epochs", 2, KERAS_BACKEND="jax")
    expected = results(folder / "alone")

    two = write(SHARED, folder / "two")
    twice = HERE / "two_devices.py"
    for epochs in (1, 2):
        printed = run(two, "--data", data, "--epochs", epochs, first=(twice,), KERAS_BACKEND="jax")
        for device in "01":
            assert f"device {device} takes 24" in printed, printed
    np.testing.assert_allclose(
        np.concatenate(results(folder / "two")), np.concatenate(expected), rtol=1e-4
    )
    print("jax: two devices learn what one learns, after a resumed run")

    hosts = write(SHARED.replace("devices=2", "devices=2 log=classes"), folder / "hosts")
    for epochs in (1, 2):
        variables: dict[str, Any] = {
            "KERAS_BACKEND": "jax",
            "KERAS_DISTRIBUTION_JOB_ADDRESSES": "localhost:34577,localhost:34578",
            "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
        }
        words = ("--data", data, "--epochs", epochs)
        started = [
            start(hosts, *words, KERAS_DISTRIBUTION_PROCESS_ID=str(i), **variables) for i in (0, 1)
        ]
        printed = [process.communicate(timeout=300)[0] for process in started]
        assert [process.returncode for process in started] == [0, 0], printed
        assert f"all files are in {folder / 'hosts' / 'run'}" in printed[0]
        assert f"all files are in {folder / 'hosts' / 'run'}" not in printed[1]
    np.testing.assert_allclose(
        np.concatenate(results(folder / "hosts")), np.concatenate(expected), rtol=1e-4
    )
    print("jax: two hosts learn what one learns, after a resumed run; the first has written")


LIMITED = """
{program}
import jaxlib.xla_client
from jax._src import xla_bridge

limit_memory()
assert not xla_bridge._backends, "JAX has started"
print("options", jaxlib.xla_client.generate_pjrt_gpu_plugin_options())
"""


def check_memory_on_jax(folder: Path) -> None:
    """JAX reads the share that a program takes, here of a pretended card of 16 GiB."""
    driver = folder / "nvidia-smi"
    driver.write_text("#!/bin/sh\necho 16384\n")
    driver.chmod(0o755)
    program = netform.parse("input 6x6x1 train memory=4GiB fc3").emit()
    script = folder / "limited.py"
    script.write_text(LIMITED.format(program=program.rpartition("if __name__")[0]))
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    printed = run(script, KERAS_BACKEND="jax", PATH=path)
    assert "'memory_fraction': 0.25" in printed, printed
    print("jax: takes a quarter of a card of 16 GiB for 4 GiB")


def check_devices_on_torch(folder: Path) -> None:
    process = start(write(SHARED, folder / "two"), KERAS_BACKEND="torch")
    printed, _ = process.communicate()
    assert process.returncode == 1
    assert printed == "devices= needs TensorFlow or JAX: set KERAS_BACKEND=jax\n", printed
    print("torch: refuses to share batches")


def main() -> None:
    passed = 0
    for backend in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            check_choice(backend, folder)
            if backend == "jax":
                check_memory_on_jax(folder)
                check_devices_on_jax(folder)
            else:
                check_devices_on_torch(folder)
        passed += 1
    print(f"{passed} passed, 0 failed")


if __name__ == "__main__":
    main()
