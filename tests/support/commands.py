"""The command line, run as its own process."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def netform_command(*words, cwd=ROOT):
    command = [sys.executable, "-m", "netform", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


def json_of(*words):
    result = netform_command(*words, "--json")
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return json.loads(result.stdout)
