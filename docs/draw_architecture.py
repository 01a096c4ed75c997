"""Draw the rooms of netform and the imports between them, from the source.

    python docs/draw_architecture.py

writes architecture.dot, draws it as architecture.svg with Graphviz's ``dot``, and writes the table
in docs/architecture.md. The same source gives the same bytes.
"""

import ast
import subprocess
from collections import Counter
from pathlib import Path

from module_imports import FILES, ORDER, ROOMS, between_rooms, imports, room_of, runs_up

HERE = Path(__file__).parent
BEGIN, END = "<!-- rooms: written by make docs -->\n", "<!-- end of rooms -->"

COLOURS = {  # of a folder: its ground, its rooms, its lines
    "grammar": ("#eef4ea", "#d5e6ca", "#5f8a45"),
    "dsl": ("#e9f1f8", "#c9deef", "#3f74a3"),
    "codegen": ("#fbf3e4", "#f3dfb6", "#a97a1e"),
    "api": ("#f6ebf1", "#e8ccdb", "#96527a"),
}
MEANING = {
    "grammar": "text to syntax tree, and back",
    "dsl": "syntax tree to network, formulas and answers",
    "codegen": "network to programs and derivations",
    "api": "what a user imports, and the command line",
}
HEAD = """\
// Written by docs/draw_architecture.py: make docs
digraph netform {
    graph [compound=true, fontname="Helvetica", nodesep=0.35, ranksep=0.38, splines=true]
    node [shape=box, style="filled,rounded", fontname="Helvetica", fontsize=13, margin="0.18,0.09"]
    edge [fontname="Helvetica", fontsize=10, arrowsize=0.7]
"""


def needed(counts: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """The arrows without those that a path of other arrows implies."""

    def reaches(start: str, end: str) -> bool:
        return any(a == start and (b == end or reaches(b, end)) for a, b in counts)

    return {
        (start, end): count
        for (start, end), count in counts.items()
        if not any(a == start and b != end and reaches(b, end) for a, b in counts)
    }


def dot() -> str:
    """The picture in Graphviz's language."""
    counts = between_rooms(imports())
    lines = [HEAD]
    for folder in reversed(ROOMS):
        lines += cluster(folder)
    inside = {pair: n for pair, n in counts.items() if same_folder(*pair) and not runs_up(*pair)}
    for (start, end), count in needed(inside).items():
        colour = COLOURS[start.partition("/")[0]][2]
        lines.append(f'    "{start}" -> "{end}" [label=" {count}", color="{colour}"]')
    lines += between_folders(counts)
    lines += [
        f'    "{start}" -> "{end}" [label=" {count}", color="#cc0000", penwidth=2, constraint=false]'
        for (start, end), count in counts.items()
        if runs_up(start, end)
    ]
    return "\n".join([*lines, "}", ""])


def same_folder(one: str, other: str) -> bool:
    """Whether two rooms are in one folder."""
    return one.partition("/")[0] == other.partition("/")[0]


def cluster(folder: str) -> list[str]:
    """A folder and its rooms."""
    ground, fill, line = COLOURS[folder]
    label = f'<<b>{folder}</b>&nbsp;&nbsp;<font point-size="11">{MEANING[folder]}</font>>'
    return [
        f'    subgraph "cluster_{folder}" {{',
        f'        graph [label={label}, labeljust=l, fontsize=16, style="filled,rounded", '
        f'color="{ground}", fillcolor="{ground}", fontcolor="{line}", margin=14]',
        *(
            f'        "{room}" [label=<{title(room)}<br/><font point-size="4"> <br/></font>'
            f'<font point-size="9">{size(room)}</font>>, color="{line}", fillcolor="{fill}"]'
            for room in reversed(rooms_of(folder))
        ),
        "    }",
    ]


def modules_of(room: str) -> list[str]:
    """The modules of a room, without the ``__init__`` of a root folder."""
    return [module for module in FILES if room_of(module) == room and "/" in module]


def rooms_of(folder: str) -> list[str]:
    """The rooms of a folder that have modules, lowest first."""
    return [room for room in ORDER if room.startswith(f"{folder}/") and modules_of(room)]


def title(room: str) -> str:
    """What a room is called; the modules in the folder itself by their names if they are few."""
    folder, name = room.split("/")
    modules = [module.rpartition("/")[2] for module in modules_of(room)]
    if name != ".":
        return name
    return ", ".join(modules) if len(modules) < 3 else f"{folder}/*.py"


def size(room: str) -> str:
    """``12 modules``."""
    count = len(modules_of(room))
    return f"{count} module{'s' * (count > 1)}"


def between_folders(counts: dict[tuple[str, str], int]) -> list[str]:
    """One arrow from a folder to another, with the number of all imports."""
    totals: Counter[tuple[str, str]] = Counter()
    for (start, end), count in counts.items():
        if not same_folder(start, end) and not runs_up(start, end):
            totals[start.partition("/")[0], end.partition("/")[0]] += count
    lines = []
    for (start, end), count in sorted(totals.items()):
        tail, head = rooms_of(start)[0], rooms_of(end)[-1]
        lines.append(
            f'    "{tail}" -> "{head}" [label=" {count} ", ltail="cluster_{start}", '
            f'lhead="cluster_{end}", color="#777777", fontcolor="#555555", penwidth=1.6]'
        )
    return lines


def table() -> str:
    """Every room: what lives there, and from which rooms it imports how often."""
    counts = between_rooms(imports())
    lines = ["| room | what lives there | modules | imports from |", "|---|---|---:|---|"]
    for room in [room for folder in reversed(ROOMS) for room in reversed(rooms_of(folder))]:
        found = [f"`{end}` {counts[room, end]}" for end in reversed(ORDER) if (room, end) in counts]
        count = len(modules_of(room))
        lines.append(f"| `{room}` | {meaning(room)} | {count} | {', '.join(found) or 'nothing'} |")
    return "\n".join(line.replace("/.`", "/*.py`") for line in lines) + "\n"


def meaning(room: str) -> str:
    """The first sentence of the room's docstring, without its stop."""
    module = room.removesuffix("/.")
    if len(modules_of(room)) == 1:
        module = modules_of(room)[0]
    docstring = ast.get_docstring(ast.parse(FILES[module].read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(docstring.partition("\n\n")[0].split())
    return paragraph.split(". ")[0].removesuffix(".")


def document() -> str:
    """The text of docs/architecture.md with the table of today."""
    text = (HERE / "architecture.md").read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    return before + begin + table() + end + after


if __name__ == "__main__":
    file = HERE / "architecture.dot"
    file.write_text(dot(), encoding="utf-8")
    (HERE / "architecture.md").write_text(document(), encoding="utf-8")
    subprocess.run(["dot", "-Tsvg", file, "-o", file.with_suffix(".svg")], check=True)
