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


def main() -> None:
    passed = 0
    for backend in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "digits.py"
            program.write_text(netform.load(DIGITS).emit(), encoding="utf-8")
            environment = os.environ | {"KERAS_BACKEND": backend}
            for epochs in ("1", "4"):  # the second run resumes the first
                command = [sys.executable, program, "--out", folder, "--epochs", epochs]
                subprocess.run(command, env=environment, check=True)
            summary = json.loads((Path(folder) / "summary.json").read_text())
        assert summary["backend"] == backend
        assert summary["epochs"] == 4
        assert summary["test_accuracy"] > 0.9
        print(f"{backend}: test accuracy {summary['test_accuracy']:.4f} after a resumed run")
        passed += 1
    print(f"{passed} passed, 0 failed")


if __name__ == "__main__":
    main()
