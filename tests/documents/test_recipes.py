"""The recipes of docs/contributing work: each is applied to a copy of the code and checked there."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "docs" / "contributing").glob("adding-*.md"))
COPIED = ("api", "codegen", "docs", "dsl", "editors", "examples", "grammar", "tests")
COMMAND = re.compile(r"^    \$ (.*)\n((?:(?!    \$)    .*\n)*)", re.MULTILINE)
PROGRAMS = {"python": "", "netform": "-m netform", "pytest": "-m pytest"}


@pytest.fixture
def copy(tmp_path):
    """A copy of the code, that the package netform is imported from, and its environment."""
    tree, package, programs = (tmp_path / name for name in ("tree", "site/netform", "bin"))
    for folder in COPIED:
        unused = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, tree / folder, ignore=unused)
    for file in [*ROOT.glob("*.md"), *ROOT.glob("*.toml"), ROOT / "Makefile"]:
        shutil.copy(file, tree)
    package.mkdir(parents=True)
    for part in [*(tree / "api").iterdir(), *(tree / f for f in ("grammar", "dsl", "codegen"))]:
        (package / part.name).symlink_to(part)
    programs.mkdir()
    for name, options in PROGRAMS.items():
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable} {options} "$@"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return tree, {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(package.parent),
        "HYPOTHESIS_PROFILE": "quick",
        "GIT_CEILING_DIRECTORIES": str(tmp_path),
        "COLUMNS": "200",
    }


def run(command, tree, environment, **options):
    result = subprocess.run(
        ["bash", "-c", command],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        **options,
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}{result.stderr}"
    return result.stdout


EACH = [  # the other recipes take a minute each
    pytest.param(recipe, marks=[] if recipe.stem == "adding-a-kind" else pytest.mark.long)
    for recipe in RECIPES
]


@pytest.mark.parametrize("recipe", EACH, ids=lambda recipe: recipe.stem)
def test_a_recipe_works(recipe, copy):
    text = recipe.read_text(encoding="utf-8")
    patches, commands = re.findall(r"```diff\n(.*?)```", text, re.DOTALL), COMMAND.findall(text)
    assert patches
    assert commands
    for patch in patches:
        run("git apply -", *copy, input=patch)
    for command, printed in commands:
        lines = [line.strip() for line in run(command, *copy).splitlines()]
        for line in printed.splitlines():
            assert line.strip() in lines, f"{command} prints\n" + "\n".join(lines)
