"""The formatter keeps the meaning, makes the layout canonical, and does so in one pass."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import netform
from netform.grammar.errors import NetformError, Source
from netform.grammar.format.formatter import format_text
from netform.grammar.parser import _lark, items_of
from netform.strategies import networks
from support.texts import texts

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").rglob("*.net"))

# ---- white space and comments, put wherever the grammar lets them be

GLUED = ("GLUED_NUMBER", "GLUED_OPEN", "MODIFIER", "FLAG", "POST", "REMAT", "_X")
GLUING = ("_X", "MERGE", "FUNCTION")
COMMENT = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=9)


@st.composite
def mangled(draw, spaces, text=None, commented=True):
    """A text with other space wherever space says nothing, and the comments put there."""
    text = draw(texts()) if text is None else text
    tokens = _lark().parse_interactive(text, start="start").exhaust_lexer()
    comments = []

    def space(may_be_empty):
        drawn = draw(spaces)
        if commented and draw(st.integers(0, 15)) == 0:
            comments.append(f"{len(comments)}:{draw(COMMENT).strip()}")
            drawn += "#" + draw(st.sampled_from(["", " "])) + comments[-1] + "\n"
        return drawn or ("" if may_be_empty else " ")

    result = space(True)
    for before, token in zip([None, *tokens], tokens, strict=False):
        glued = token.type in GLUED or (before is not None and before.type in GLUING)
        if before is not None and not glued:
            signs = before[-1] in "[(|,*" or token[0] in "])|,*="
            touching = before.end_pos == token.start_pos
            result += space(touching or (signs and before.type != "SETTING"))
        result += token
    return result + space(True), comments


SPACES = st.sampled_from(["", " ", " ", " ", "  ", "\n", "\n\n \n", "\t", "\r\n", " \n    "])


def items_in(text):
    return items_of(Source(text))


@given(mangled(SPACES))
def test_formatting_changes_no_meaning(drawn):
    text, _ = drawn
    assert items_in(format_text(text)) == items_in(text)


@given(mangled(SPACES))
def test_formatting_twice_changes_nothing(drawn):
    text, _ = drawn
    once = format_text(text)
    assert format_text(once) == once


@given(mangled(SPACES))
def test_comments_survive_in_their_order(drawn):
    text, comments = drawn
    formatted = format_text(text)
    at = 0
    for comment in comments:
        match = re.compile(rf"# {re.escape(comment)}[ \t]*$", re.MULTILINE).search(formatted, at)
        assert match, f"{comment!r} is lost"
        at = match.end()


@given(texts().flatmap(lambda t: st.tuples(st.just(t), mangled(st.just(""), t, commented=False))))
def test_spaces_within_a_line_are_settled(drawn):
    text, (other, _) = drawn
    assert format_text(other.replace("\n", " ")) == format_text(text.replace("\n", " "))


@given(mangled(SPACES))
def test_space_is_where_it_should_be(drawn):
    formatted = format_text(drawn[0])
    assert formatted == formatted.strip() + "\n"
    assert "\n\n\n" not in formatted
    for line in formatted.split("\n"):
        assert line == line.rstrip()


@given(networks())
def test_a_formatted_network_is_the_same_network(network):
    assert netform.parse(format_text(netform.show(network))) == network


# ---- what it looks like

GOLDEN = (ROOT / "tests" / "fixtures" / "formatted.txt").read_text(encoding="utf-8")
CASES = re.findall(
    r"^---- (.*)\n((?:(?!----).*\n)*)---- becomes\n((?:(?!----).*\n)*?)(?=\n----|\n\Z)",
    GOLDEN,
    re.MULTILINE,
)


@pytest.mark.parametrize(("text", "formatted"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_the_canonical_form(text, formatted):
    assert format_text(text) == formatted
    assert format_text(formatted) == formatted


def test_there_are_many_cases():
    assert len(CASES) == GOLDEN.count("---- becomes\n") > 10


def test_line_ends_become_those_of_unix():
    assert (
        format_text("\ufeffinput 8x8x1\r\n\r\nfc10 # ten\r\n"[1:]) == "input 8x8x1\n\nfc10  # ten\n"
    )


def test_a_text_without_statements_keeps_its_comments():
    assert format_text("") == ""
    assert format_text(" \n\n#nothing yet") == "# nothing yet\n"


def test_a_text_that_is_wrong_in_form_is_not_formatted():
    with pytest.raises(NetformError, match="never closed"):
        format_text("input 8x8x1 [conv8k3")


def test_long_texts_take_a_moment_only():
    nested = "[" * 99 + "conv64k3 " * 9 + "]" * 99
    for text in (nested, "conv64k3 " * 20_000, "cat[conv64k3 | conv64k3]   " * 5_000):
        assert items_in(format_text(text)) == items_in(text)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_the_examples_are_in_canonical_form(file):
    text = file.read_text(encoding="utf-8")
    assert format_text(text) == text


# ---- the command


def fmt(*words, text=None, cwd=ROOT):
    command = [sys.executable, "-m", "netform", "fmt", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, input=text, cwd=cwd)


@pytest.fixture
def files(tmp_path):
    """One file that is in canonical form, one that is not."""
    (tmp_path / "good.net").write_text("input 8x8x1\nfc10\n")
    (tmp_path / "bad.net").write_text("input 8x8x1 fc10")
    return tmp_path


def test_files_are_rewritten(files):
    result = fmt("good.net", "bad.net", cwd=files)
    assert (result.returncode, result.stdout, result.stderr) == (0, "changed bad.net\n", "")
    assert (files / "bad.net").read_text() == "input 8x8x1\nfc10\n"
    assert fmt("good.net", "bad.net", cwd=files).stdout == ""


def test_check_changes_nothing(files):
    result = fmt("--check", "good.net", "bad.net", cwd=files)
    assert (result.returncode, result.stdout, result.stderr) == (1, "would change bad.net\n", "")
    assert (files / "bad.net").read_text() == "input 8x8x1 fc10"
    assert fmt("--check", "good.net", cwd=files).returncode == 0


def test_one_wrong_file_leaves_all_as_they_are(files):
    (files / "wrong.net").write_text("input 8x8x1 [fc10")
    result = fmt("bad.net", "wrong.net", cwd=files)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("wrong.net:1:13: ")
    assert (files / "bad.net").read_text() == "input 8x8x1 fc10"


def test_a_text_is_printed():
    formatted = "input 8x8x1\nfc10  # zehn, größer\n"
    text = "input 8x8x1 fc10 #zehn, größer"
    assert fmt("-e", text).stdout == formatted
    assert fmt("-", text=text).stdout == formatted
    assert fmt("-", "--check", text=text).returncode == 1
    assert fmt("-", "--check", text=formatted).returncode == 0
    assert json.loads(fmt("-e", text, "--json").stdout) == {"text": formatted, "changed": True}


def test_files_as_json(files):
    result = fmt("--check", "--json", "good.net", "bad.net", cwd=files)
    assert result.returncode == 1
    assert json.loads(result.stdout) == {
        "files": [{"name": "good.net", "changed": False}, {"name": "bad.net", "changed": True}]
    }


@pytest.mark.parametrize("words", [[], ["-", "a.net"], ["a.net", "-e", "input 8x8x1 fc10"]])
def test_a_wrong_command_line(words):
    result = fmt(*words)
    assert (result.returncode, result.stdout) == (2, "")


def test_what_cannot_be_read(tmp_path):
    (tmp_path / "bytes.net").write_bytes(b"input \xff")
    for name in ("bytes.net", "missing.net", "."):
        result = fmt(name, cwd=tmp_path)
        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr.startswith(f"{name}: ")
