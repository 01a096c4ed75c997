"""The imports between netform's modules, read from their source.

A module is known by its path without ``.py``, such as ``dsl/algebra/polynomials``, and a package
by its folder. A room is a folder of modules: one of the four at the root, or one inside of these.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]

# The folders and, inside each, its rooms, in the order in which imports may run: each from those
# before it only. "." are the modules in the folder itself.
ROOMS = {
    "grammar": [".", "format", "notations"],
    "dsl": [
        "algebra",
        "kinds",
        "graph",
        "costs",
        "memory",
        "settings",
        ".",
        "devices",
        "questions",
        "derivations",
    ],
    "codegen": ["python", "latex", "explain", ".", "run", "keras", "measure"],
    "api": ["plots", ".", "terminal", "commands"],
}
ORDER = [f"{folder}/{room}" for folder, rooms in ROOMS.items() for room in rooms]
FILES = {
    file.relative_to(ROOT).with_suffix("").as_posix().removesuffix("/__init__"): file
    for folder in ROOMS
    for file in sorted((ROOT / folder).rglob("*.py"))
}


def imports() -> dict[str, set[str]]:
    """For every module, the modules that it imports, at any place in it."""
    found: dict[str, set[str]] = {}
    for module, file in FILES.items():
        package = module if file.name == "__init__.py" else module.rpartition("/")[0]
        tree = ast.parse(file.read_text(encoding="utf-8"))
        found[module] = {name for node in ast.walk(tree) for name in _named(node, package)}
        found[module] &= FILES.keys() - {module}
    return found


def _named(node: ast.AST, package: str) -> Iterator[str]:
    """What an import names: modules, or the packages and modules of names."""
    match node:
        case ast.ImportFrom(level=0, module=str() as name):
            base = _path(name)
        case ast.ImportFrom(level=level, module=name):
            above = package.split("/")
            parts = above[: len(above) - level + 1] + (name or "").split(".")
            base = "/".join(part for part in parts if part)
            base = _path(f"netform.{base.replace('/', '.')}")
        case ast.Import(names=names):
            yield from (_path(alias.name) for alias in names)
            return
        case _:
            return
    for alias in node.names:
        inside = f"{base}/{alias.name}"
        yield inside if inside in FILES else base


def _path(name: str) -> str:
    """``dsl/network`` for netform.dsl.network; modules in ``api`` have no folder in their names."""
    first, *rest = name.split(".")
    if first != "netform":
        return name
    return "/".join(rest if rest and rest[0] in ROOMS else ["api", *rest])


def room_of(module: str) -> str:
    """``dsl/algebra``, or ``dsl/.`` for a module in the folder itself."""
    folder, *inside = module.split("/")
    is_room = inside and (ROOT / folder / inside[0]).is_dir()
    return f"{folder}/{inside[0] if is_room else '.'}"


def between_rooms(found: dict[str, set[str]]) -> dict[tuple[str, str], int]:
    """How many imports run from a room to another."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for module, imported in found.items():
        for other in imported:
            if room_of(module) != room_of(other):
                counts[room_of(module), room_of(other)] += 1
    return dict(sorted(counts.items()))


def runs_up(importing: str, imported: str) -> bool:
    """Whether a room imports from one that comes after it in the order."""
    return ORDER.index(importing) < ORDER.index(imported)
