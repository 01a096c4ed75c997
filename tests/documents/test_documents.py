"""The documents are true: their examples run, and their tables are what the code says."""

import doctest
import importlib
import json
import pkgutil
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

import netform
from netform.cli import cli

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "grammar" / "REFERENCE.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
NETWORKS = re.findall(r"(?:^    .*\n)+", REFERENCE, re.MULTILINE)


@pytest.mark.parametrize("text", NETWORKS)
def test_networks_of_the_reference_are_networks(text):
    assert netform.parse(text).at().params > 0


def test_words_of_the_reference_are_words():
    atoms = re.findall(r"`((?:conv|deconv|pool|avg|dw|fc|drop)[0-9(][^` ]*)`", REFERENCE)
    assert len(atoms) > 10
    for atom in atoms:
        netform.parse(f"input 64x64x4 {atom} fc10")


CONVENTIONS = (ROOT / "docs" / "conventions.md").read_text(encoding="utf-8")
ROOFLINE = (ROOT / "docs" / "roofline.md").read_text(encoding="utf-8")
COMMANDS = re.findall(
    r"^    \$ netform (.*)\n((?:(?!    \$)    .*\n|\n(?=    ))*)",
    README + CONVENTIONS + ROOFLINE,
    re.MULTILINE,
)


@pytest.mark.parametrize(("command", "printed"), COMMANDS, ids=[c for c, _ in COMMANDS])
def test_commands_of_the_documents_print_what_they_show(command, printed, monkeypatch):
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(cli, shlex.split(command), catch_exceptions=True)
    output = result.output or str(result.exception)
    shown = [line.strip() for line in printed.splitlines() if line.strip()]
    lines = [line.strip() for line in output.splitlines()]
    assert [line for line in shown if line not in lines and line != "..."] == []


EXPERIMENTS = ROOT / "docs" / "experiments"


@pytest.mark.parametrize("folder", sorted(p.parent for p in EXPERIMENTS.glob("*/README.md")))
def test_experiments_say_what_was_measured(folder):
    said = (folder / "README.md").read_text(encoding="utf-8")
    listed = (EXPERIMENTS / "README.md").read_text(encoding="utf-8")
    summaries = [json.loads(file.read_text()) for file in sorted(folder.glob("summary*.json"))]
    logs = [file.read_text().splitlines()[1:] for file in sorted(folder.glob("log*.csv"))]
    assert [summary["epochs"] for summary in summaries] == [len(log) for log in logs]
    for summary, log in zip(summaries, logs, strict=True):
        best = max(float(row.split(",")[3]) for row in log)
        assert summary["validation_accuracy"] == pytest.approx(best)
        assert f"{summary['test_accuracy']:.4f}" in said
        assert f"{summary['params']:,} parameters" in said.replace("\n", " ")
    reached = [summary["test_accuracy"] for summary in summaries]
    assert all(
        f"{found:.2%}".replace("%", " %") in listed for found in (min(reached), max(reached))
    )
    assert f"]({folder.name}/README.md)" in listed


def test_python_of_the_readme_runs():
    assert doctest.testfile(str(ROOT / "README.md"), module_relative=False).failed == 0


def test_docstrings_run():
    found = pkgutil.walk_packages(netform.__path__, "netform.")
    attempted = 0
    for name in ("netform", *(module.name for module in found)):
        spec = importlib.util.find_spec(name)
        if ">>>" not in Path(spec.origin).read_text():
            continue  # such as the modules that need PyTorch or JAX
        result = doctest.testmod(importlib.import_module(name))
        assert result.failed == 0, name
        attempted += result.attempted
    assert attempted > 10
