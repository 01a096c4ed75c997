"""The house: imports run one way and in no circle, modules and functions stay short."""

import ast
import graphlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import draw_architecture
from module_imports import FILES, ORDER, ROOMS, imports, room_of, runs_up

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LONGEST_MODULE, LONGEST_FUNCTION = 300, 60
IMPORTS = imports()


@pytest.mark.parametrize("module", FILES)
def test_imports_run_one_way(module):
    """Between the four folders, and between the rooms inside each."""
    for other in IMPORTS[module]:
        assert not runs_up(room_of(module), room_of(other)), f"{module} knows nothing of {other}"


def test_no_imports_run_in_a_circle():
    graphlib.TopologicalSorter(IMPORTS).prepare()


def test_every_room_is_in_the_order():
    assert {room_of(module) for module in FILES} == set(ORDER)


def test_imports_are_found():
    """The reader of imports sees each form of them."""
    assert "dsl/algebra/polynomials" in IMPORTS["dsl/kinds/conv"] | IMPORTS["dsl/costs/totals"]
    assert "grammar/errors" in IMPORTS["api"]
    assert len([other for found in IMPORTS.values() for other in found]) > 400


@pytest.mark.parametrize("module", FILES)
def test_modules_and_functions_are_short(module):
    text = FILES[module].read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_MODULE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < LONGEST_FUNCTION, node.name


def test_the_picture_is_what_the_imports_are():
    """``make docs`` writes it."""
    assert (DOCS / "architecture.dot").read_text(encoding="utf-8") == draw_architecture.dot()
    written = (DOCS / "architecture.md").read_text(encoding="utf-8")
    assert written == draw_architecture.document()
    drawn = (DOCS / "architecture.svg").read_text(encoding="utf-8")
    for folder in ROOMS:
        assert all(f"<title>{room}</title>" in drawn for room in draw_architecture.rooms_of(folder))


def test_no_test_imports_from_another():
    for file in (ROOT / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").split(".")[0].startswith("test_"), file


def test_the_folders_are_packages_of_netform_and_nothing_else():
    code = (
        "import sys, netform, netform.cli, netform.strategies, netform.codegen.keras;"
        "print([n for n in ('grammar', 'dsl', 'codegen', 'api') if n in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert result.stdout == "[]\n", result.stderr


def test_every_package_is_listed():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = {file.parent.relative_to(ROOT).as_posix() for file in FILES.values()}
    assert set(config["package-dir"].values()) == folders
    assert set(config["packages"]) == set(config["package-dir"])


def test_heavy_things_are_imported_only_where_they_are_used():
    code = (
        "import sys, netform; netform.parse('input 8x8x1 fc10').at();"
        "print([n for n in ('keras', 'tensorflow', 'numpy', 'jinja2', 'rich', 'click', 'matplotlib',"
        " 'hypothesis', 'sklearn', 'ruff') if n in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert result.stdout == "[]\n", result.stderr


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_the_code_is_in_the_house_style(command):
    ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "."]
    result = subprocess.run(ruff, capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0, result.stdout + result.stderr
