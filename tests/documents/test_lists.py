"""The lists in documents and editors are those of the code; ``make docs`` writes them."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("write_lists", ROOT / "docs" / "write_lists.py")
write_lists = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(write_lists)


@pytest.mark.parametrize(
    ("path", "text"), write_lists.written().items(), ids=lambda value: getattr(value, "name", "")
)
def test_lists_are_those_of_the_code(path, text):
    assert path.read_text(encoding="utf-8") == text, "run make docs"


def test_an_unknown_list_is_refused():
    with pytest.raises(ValueError, match="no list of birds is marked"):
        write_lists.with_lists("<!-- list: kinds -->\n<!-- end -->\n", {"birds": "tit"})
    with pytest.raises(ValueError, match="no list of kinds is marked"):
        write_lists.with_lists("<!-- list: kinds -->\n", {"kinds": ""})


def test_a_grammar_without_a_list_is_refused():
    with pytest.raises(ValueError, match="the grammar has 0 lists between"):
        write_lists.with_words("{}")


def test_no_document_counts_the_kinds_by_hand():
    documents = [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "grammar").glob("*.md"),
    ]
    for document in documents:
        assert not re.search(r"\b\d+ (kinds|quantities|conventions)\b", document.read_text("utf-8"))
