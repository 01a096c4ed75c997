"""Writes the lists in documents and editors that the code defines: kinds, quantities, conventions.

Run by ``make docs``. ``written`` gives every file with its lists as they are now; a test compares.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import measured_errors
import netform
from netform.dsl.costs.conventions import CONVENTIONS, shown
from netform.dsl.costs.conventions.law_variables import LAW_VARIABLES
from netform.dsl.costs.quantities import QUANTITIES
from netform.dsl.kinds import BY_OP, KINDS, MERGE_BY_OP, MERGES, VALUE, Kind, spellings
from netform.dsl.settings.augmentations import AUGMENTATIONS
from netform.dsl.settings.readers import SettingError
from netform.dsl.settings.rows import ROWS, SettingRow

ROOT = Path(__file__).parents[1]
PYTORCH = (
    *("torch", "torchinfo", "fvcore", "ptflops-aten", "ptflops-pytorch", "thop", "calflops"),
    "calflops-macs",
)
OTHERS = ("tensorflow", "convnet-burden", "slim")


def written(root: Path = ROOT) -> dict[Path, str]:
    """The text of every file with lists, by its path."""
    lists = {
        root / "grammar" / "REFERENCE.md": {
            "data settings": settings("data"),
            "augmentations": augmentations(),
            "train settings": settings("train"),
            "kinds": kinds(),
            "quantities": quantities(),
        },
        root / "docs" / "conventions.md": {
            "tools": tools(root),
            "laws of PyTorch's counters": laws(PYTORCH),
            "laws of the others": laws(OTHERS),
            "law variables": law_variables(),
        },
        root / "docs" / "memory.md": {
            "measured errors": table(*measured_errors.rows(root / "docs" / "measured")),
        },
    }
    texts = {path: with_lists(path.read_text(encoding="utf-8"), of) for path, of in lists.items()}
    editor = root / "editors" / "netform.tmLanguage.json"
    shipped = root / "dsl" / "memory" / "measured_errors.json"
    return {
        **texts,
        editor: with_words(editor.read_text(encoding="utf-8")),
        shipped: measured_errors.shipped(root / "docs" / "measured"),
    }


def with_lists(text: str, lists: dict[str, str]) -> str:
    """A text with lists between their markers: ``<!-- list: kinds -->`` and ``<!-- end -->``."""
    for name, content in lists.items():
        begin, end = f"<!-- list: {name} -->\n", "<!-- end -->"
        before, marker, after = text.partition(begin)
        if not marker or end not in after:
            raise ValueError(f"no list of {name} is marked")
        text = f"{before}{begin}{content}\n{end}{after.partition(end)[2]}"
    return text


# ---- the lists


def table(*rows: Iterable[str]) -> str:
    """A table in Markdown; the first row is its head."""
    head, *others = map(tuple, rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *others))


def kinds() -> str:
    """Every kind: its word, its docstring, an example, its value and modifiers."""
    head = ("op", "what it does", "example", "value and modifiers")
    return table(head, *(kind_row(kind) for kind in (*KINDS, *MERGES)))


def kind_row(kind: type[Kind]) -> tuple[str, str, str, str]:
    """The row of a kind; its docstring is a sentence, a colon and an example."""
    meaning, colon, example = (kind.__doc__ or "").strip().partition(": ``")
    if not colon:
        raise ValueError(
            f"the docstring of {kind.op} needs an example: What it does: ``{kind.op}``."
        )
    fields = [
        field.meaning if field.letter == VALUE else f"`{field.letter}` {field.meaning}"
        for field in spellings(kind).values()
    ]
    return f"`{kind.op}`", meaning, f"`{example.partition('``')[0]}`", "; ".join(fields)


def quantities() -> str:
    """Every quantity, with its unit."""
    rows = ((f"`{found.name}`", found.unit, found.meaning) for found in QUANTITIES.values())
    return table(("quantity", "unit", "meaning"), *rows)


def settings(statement: str) -> str:
    """Every setting of a statement: an example, what it takes, and its meaning."""
    rows = (
        (f"`{row.usage}`", value_of(row), row.meaning) for row in ROWS if row.statement == statement
    )
    return table((f"`{statement}`", "value", "meaning"), *rows)


def value_of(row: SettingRow) -> str:
    """What a setting takes, in the words of the error where it is given something else."""
    try:
        row.read("no;such" if row.is_swept else "")
    except SettingError as wrong:
        return wrong.needed
    raise ValueError(f"{row.key} takes any text")


def augmentations() -> str:
    """Every word of ``aug=``."""
    rows = ((f"`{word}{found.amount}`", found.meaning) for word, found in AUGMENTATIONS.items())
    return table(("word", "meaning"), *rows)


def tools(root: Path) -> str:
    """Every convention, with its figure for ResNet-50."""
    resnet = netform.load(root / "examples" / "zoo" / "resnet50.net", root=root / "examples")
    head = ("convention", "unit", "tool", "ResNet-50", "what is counted")
    rows = (
        (f"`{name}`", found.unit, found.tool, f"{sum(resnet.counts(name)):,}", found.meaning)
        for name, found in CONVENTIONS.items()
    )
    return table(head, *rows)


def laws(names: Sequence[str]) -> str:
    """A row for all kinds that have the same laws, except those that none of the tools counts."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for kind in (*KINDS, *MERGES):
        found = tuple(shown(CONVENTIONS[name].law_of(kind)) for name in names)
        rows.setdefault(found, []).append(f"`{kind.op}`")
    counted = [(" ".join(ops), *found) for found, ops in rows.items() if set(found) != {"-"}]
    return table(("kind", *(f"`{name}`" for name in names)), *counted)


def law_variables() -> str:
    """The variables of laws."""
    rows = ((f"`{name}`", found.meaning) for name, found in LAW_VARIABLES.items())
    return table(("variable", "what it is, for a layer and one image"), *rows)


# ---- the editors' grammar


def with_words(grammar: str) -> str:
    """The TextMate grammar with the words of the language: kinds, merges, modifiers."""
    letters = {letter for kind in KINDS for letter in spellings(kind)} - {VALUE, "v", "!"}
    words = {  # what is around a list in the grammar, and the list
        ("(?:(", r")(?![A-Za-z_])|([a-z]+)(?=[0-9(:!]))"): "|".join(BY_OP),
        ("(?:(", r")|([a-z]+))(\\["): "|".join(MERGE_BY_OP),
        ("(?:(", r")|([A-Za-z][A-Za-z0-9_]*))(=)("): "|".join(
            op for op, kind in BY_OP.items() if kind.weighted
        ),
        ("(?<![a-z])(?:", ")(?![a-z])"): "|".join(op for op, kind in BY_OP.items() if kind.in_post),
        ('"match": "[', "](?=[0-9(])"): "".join(sorted(letters)),
    }
    for (before, after), listed in words.items():
        pattern = f"(?<={re.escape(before)})[a-z|]+(?={re.escape(after)})"
        grammar, found = re.subn(pattern, listed, grammar)
        if found != 1:
            raise ValueError(f"the grammar has {found} lists between {before} and {after}")
    return grammar


if __name__ == "__main__":
    for file, content in written().items():
        file.write_text(content, encoding="utf-8")
