"""Editors colour a text as the parser reads it: every word has the scope of what it is."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given

from netform.dsl.kinds import BY_OP, KINDS, MERGE_BY_OP, VALUE, spellings
from netform.grammar.format.formatter import format_text
from netform.grammar.parser import _lark, grammar_text
from support.textmate import Tokenizer
from support.texts import texts

ROOT = Path(__file__).parents[2]
EDITORS = ROOT / "editors"
GRAMMAR = json.loads((EDITORS / "netform.tmLanguage.json").read_text(encoding="utf-8"))
EXAMPLES = sorted((ROOT / "examples").rglob("*.net"))
TOKENIZER = Tokenizer(GRAMMAR)

COMMENT = "comment.line.number-sign.netform"
SCOPES = {  # what the parser reads a token as, and the scope of its first and its other characters
    "OP": r"support\.function\.op|variable\.parameter\.chain",
    "MERGE": r"support\.function\.merge",
    "BLOCK": r"entity\.name\.function\.block",
    "MODIFIER": r"storage\.modifier\.netform",
    "REMAT": r"storage\.modifier\.remat",
    "FLAG": r"storage\.modifier\.flag",
    "_X": r"keyword\.operator\.by",
    "NUMBER": r"constant\.numeric",
    "GLUED_NUMBER": r"constant\.numeric",
    "SIDE": r"variable\.language\.side",
    "NAME": r"variable\.",
    "FUNCTION": r"support\.function\.rounding",
    "STRING": r"string\.quoted",
    "OPEN_BRACKET": r"punctuation\.section\.brackets\.begin",
    "CLOSE_BRACKET": r"punctuation\.section\.brackets\.end",
    "GLUED_OPEN": r"punctuation\.section\.parens\.begin",
    "LPAR": r"punctuation\.section\.parens\.begin",
    "CLOSE": r"punctuation\.section\.parens\.end",
    "VBAR": r"keyword\.operator\.branch",
    "STAR": r"keyword\.operator\.(repeat|arithmetic)",
    "PLUS": r"keyword\.operator\.arithmetic",
    "MINUS": r"keyword\.operator\.arithmetic",
    "SLASH": r"keyword\.operator\.arithmetic",
    "EQUAL": r"keyword\.operator\.assignment",
    "COMMA": r"punctuation\.separator",
    "TAP": (r"keyword\.operator\.tap", r"keyword\.operator\.tap|entity\.name\.label"),
    "REFERENCE": (r"keyword\.operator\.tap", r"entity\.name\.label"),
    "POST": (
        r"punctuation\.definition\.post",
        r"support\.function\.post|constant\.(numeric|language\.none)|punctuation\.separator",
    ),
    "SETTING": (
        r"entity\.other\.attribute-name|support\.function\.op",
        r"entity\.other\.attribute-name|support\.function\.(op|post)|keyword\.operator|string"
        r"|constant\.(numeric|language\.none)|punctuation\.separator",
    ),
}
KEYWORD = r"keyword\.other\.statement"


def disagreements(text):
    """Where the scopes are not those of what the parser reads."""
    scopes = TOKENIZER.scopes(text)
    wanted = {}
    for match in re.finditer(r'"[^"\n]*"|(#[^\n]*)', text):
        if match[1]:
            wanted |= dict.fromkeys(range(*match.span()), re.escape(COMMENT))
    for token in _lark().parse_interactive(text, start="start").exhaust_lexer():
        scope = SCOPES.get(token.type, KEYWORD)
        first, others = (scope, scope) if isinstance(scope, str) else scope
        wanted |= dict.fromkeys(range(token.start_pos, token.end_pos), others)
        wanted[token.start_pos] = first
    assert set(wanted) >= {i for i, character in enumerate(text) if not character.isspace()}
    return [
        (text[at : at + 9], scopes[at], pattern)
        for at, pattern in wanted.items()
        if not text[at].isspace() and not re.match(pattern, scopes[at])
    ]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_word_of_the_examples_has_its_scope(file):
    assert disagreements(file.read_text(encoding="utf-8")) == []


@given(texts())
def test_every_word_of_a_formatted_text_has_its_scope(text):
    assert disagreements(format_text(text)) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("cnv64k3 conv64k3", "cnv"),
        ("conv64z3 pool2", "z"),
        ("conv64k3:bm.relu", "bm"),
        ("sum[conv8k3 | id]", "sum"),
        ("conv64k3 ] pool2", "]"),
    ],
)
def test_what_no_network_can_say_is_marked(text, wrong):
    begin = text.index(wrong)
    marked = [scope.startswith("invalid.illegal") for scope in TOKENIZER.scopes(text)]
    assert [at for at, is_marked in enumerate(marked) if is_marked] == [
        *range(begin, begin + len(wrong))
    ]


RULES = GRAMMAR["repository"]


def listed(pattern):
    """The words of the first list in a pattern."""
    return re.search(r"\((?:\?:)?((?:[a-z]+\|)*[a-z]+)\)", pattern)[1].split("|")


def test_the_grammar_lists_all_kinds_of_layers():
    assert listed(RULES["atom"]["patterns"][0]["begin"]) == list(BY_OP)
    assert listed(RULES["merge"]["begin"]) == list(MERGE_BY_OP)


def test_the_grammar_lists_what_post_chains_are_made_of():
    post_ops = [op for op, kind in BY_OP.items() if kind.in_post]
    assert listed(RULES["post-chain"]["patterns"][0]["match"]) == post_ops
    weighted = [op for op, kind in BY_OP.items() if kind.weighted]
    assert set(listed(RULES["post"]["patterns"][1]["match"])) == {*weighted}


def test_the_grammar_lists_all_modifiers():
    letters = {letter for kind in KINDS for letter in spellings(kind)} - {VALUE, "v", "!"}
    patterns = [rule.get("match", "") for rule in RULES["atom"]["patterns"][0]["patterns"]]
    assert f"[{''.join(sorted(letters))}](?=[0-9(])" in patterns


def test_the_grammar_lists_all_statements():
    rules = [RULES[inner["include"][1:]] for inner in RULES["statement"]["patterns"]]
    keywords = [word for rule in rules for word in listed(rule.get("begin") or rule["match"])]
    statements = re.search(r"^\?statement : (.*)$", grammar_text(), re.MULTILINE)[1].split(" | ")
    assert sorted(keywords) == sorted("def" if word == "define" else word for word in statements)


def test_the_extension_names_files_that_are_there():
    package = json.loads((EDITORS / "vscode" / "package.json").read_text(encoding="utf-8"))
    [language], [grammar] = (package["contributes"][part] for part in ("languages", "grammars"))
    assert language["extensions"] == [".net"]
    assert grammar["language"] == language["id"]
    assert grammar["scopeName"] == GRAMMAR["scopeName"]
    assert (EDITORS / "vscode" / language["configuration"]).is_file()
    assert (EDITORS / grammar["path"]).is_file()  # beside it once installed, as README says
