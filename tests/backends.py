"""Run the digits program unchanged on other backends of Keras: ``backends.py jax torch``.

Not a pytest module: each backend is a process of its own, in an environment without TensorFlow.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import netform

DIGITS = Path(__file__).parent.parent / "examples" / "digits.net"
# PyTorch drops by the seed of all, and not by the state of a layer
SEEDED = """        if keras.backend.backend() == "torch":  # drops by a seed of its own
            keras.utils.set_random_seed(int(rng.integers(2**32)))
"""


def train(source: str, backend: str, stops: tuple[str, ...]) -> tuple[dict[str, object], str]:
    """The summary and the log of a run that stops after some epochs, and is gone on with."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "digits.py"
        program.write_text(source, encoding="utf-8")
        for epochs in stops:
            command = [sys.executable, program, "--out", folder, "--epochs", epochs]
            subprocess.run(command, env=os.environ | {"KERAS_BACKEND": backend}, check=True)
        summary = json.loads((Path(folder) / "summary.json").read_text())
        return summary, (Path(folder) / "log.csv").read_text()


def main() -> None:
    source = netform.load(DIGITS).emit()
    passed = 0
    for backend in sys.argv[1:]:
        summary, log = train(source, backend, ("1", "4"))
        assert summary["backend"] == backend
        assert summary["epochs"] == 4
        assert summary["test_accuracy"] > 0.9
        assert log == train(source, backend, ("4",))[1], "the uninterrupted run is another one"
        if backend == "torch":
            assert source.count(SEEDED) == 1
            unseeded = source.replace(SEEDED, "")
            logs = [train(unseeded, backend, stops)[1] for stops in (("2",), ("1", "2"))]
            assert logs[0] != logs[1], "PyTorch drops the same without a seed"
        accuracy = summary["test_accuracy"]
        print(
            f"{backend}: test accuracy {accuracy:.4f} after a resumed run, the same as a whole one"
        )
        passed += 1
    print(f"{passed} passed, 0 failed")


if __name__ == "__main__":
    main()
