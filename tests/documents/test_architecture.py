"""The house: imports run one way, and every folder is known by one name."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ORDER = ["grammar", "dsl", "codegen", "api"]
FILES = [file for folder in ORDER for file in (ROOT / folder).rglob("*.py")]


def rooms_imported(file):
    """The root folders that a module imports from."""
    package = file.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            parent = package[: len(package) - node.level + 1]
            yield parent[0] if parent else (node.module or "").split(".")[0]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("netform"):
            room = (node.module.split(".") + ["api"])[1]
            yield room if room in ORDER else "api"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_run_one_way(file):
    own = ORDER.index(file.relative_to(ROOT).parts[0])
    for room in rooms_imported(file):
        assert ORDER.index(room) <= own, f"{ORDER[own]} knows nothing of {room}"


ROOMS = {  # inside a folder, from what knows nothing of the others upwards
    "dsl": [
        "algebra",
        "kinds",
        "graph",
        "costs",
        "settings",
        "network",
        "questions",
        "derivations",
    ],
    "codegen": ["python", "latex", "explain", "target", "run", "keras"],
}


def modules_imported(file):
    """The modules, or names in modules, that a module imports relatively, at any place in it."""
    package = file.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            parent = package[: len(package) - node.level + 1]
            found = (*parent, *(node.module or "").split(".")) if node.module else parent
            for name in node.names:
                yield (*found, name.name)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_run_one_way_between_rooms(file):
    folder, *inside = file.relative_to(ROOT).with_suffix("").parts
    if folder not in ROOMS or inside[0] not in ROOMS[folder]:
        return
    order = ROOMS[folder]
    for module in modules_imported(file):
        if module[0] == folder and module[1] in order:
            assert order.index(module[1]) <= order.index(inside[0]), ".".join(module)


def test_every_room_is_in_the_order():
    for folder, order in ROOMS.items():
        there = {path.stem for path in (ROOT / folder).iterdir() if path.suffix == ".py"}
        there |= {path.parent.name for path in (ROOT / folder).glob("*/__init__.py")}
        assert there - {"__init__"} == set(order)


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
    folders = {file.parent.relative_to(ROOT).as_posix() for file in FILES}
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
