"""The tables of a parser are kept as data, in a folder that only the user can write to."""

import ast
import json
import os
import pickle
from pathlib import Path

import pytest
from lark import Transformer

import netform
from netform.grammar import cached_parser as module
from netform.grammar import parser
from netform.grammar.cached_parser import cached_parser

ROOT = Path(__file__).parents[2]
SOURCES = [
    file
    for folder in ("api", "grammar", "dsl", "codegen")
    for pattern in ("*.py", "*.j2")
    for file in (ROOT / folder).rglob(pattern)
]
TEXT = "input 8x8x1 let n = 2 conv(4*n)k3:bn [add[conv(c)k3 | conv(c)k1] relu]*(n) fc10"
GRAMMAR = 'start: N ("+" N)*\nN: /[0-9]/\n'
CARRIERS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


class Attack:
    """Runs code when it is unpickled."""

    def __reduce__(self):
        return os.mkdir, (os.environ["PLANTED"],)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The folder of the tables."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PLANTED", str(tmp_path / "planted"))
    return tmp_path / "netform"


def parsed(text="1+2+3"):
    """A text, by a small parser that is made or read."""
    return cached_parser(GRAMMAR, "sums", Transformer(), ["start"]).parse(text, start="start")


def test_the_parser_that_is_read_is_the_one_that_is_made(cache, monkeypatch):
    """Of netform's own grammar."""
    trees = []
    for _ in range(2):
        parser._lark.cache_clear()
        trees.append(parser.parse(TEXT))
        with pytest.raises(netform.NetformError, match="the number of repeats is needed"):
            parser.parse("input 8x8x1 conv64k3*")
        # the second time, none is made
        monkeypatch.setattr(module, "Lark", type("Lark", (), {"load": module.Lark.load}))
    assert trees[0] == trees[1]
    assert [file.name for file in cache.iterdir()] == ["grammar.json"]
    parser._lark.cache_clear()


def test_a_planted_table_runs_nothing(cache):
    made = parsed()
    for name in ("sums.json", "sums.tables"):
        (cache / name).write_bytes(pickle.dumps(Attack()))
    assert parsed() == made
    assert not (cache.parent / "planted").exists()


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b"null", b"\xff\xfe{}", b"1", b"[" * 100_000, b'{"key": {}}'),
        *("half", "another version", "no states", "no options"),
    ],
)
def test_a_damaged_table_is_made_anew(content, cache):
    made, file = parsed(), cache / "sums.json"
    found = json.loads(file.read_bytes())
    match content:
        case "half":
            content = file.read_bytes()[:1000]
        case "another version":
            found["key"]["lark"], found["tables"] = "0", {}
        case "no states":
            del found["tables"]["data"]["parser"]["parser"]["states"]
        case "no options":
            del found["tables"]["data"]["options"]
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(found).encode())
    assert parsed() == made
    assert json.loads(file.read_bytes())["tables"]["data"]["options"]


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no users")
@pytest.mark.parametrize("why", ["written by others", "of another user"])
def test_a_folder_that_others_may_write_to_is_not_used(why, cache, monkeypatch):
    cache.mkdir()
    if why == "written by others":
        cache.chmod(0o777)
    else:
        monkeypatch.setattr(os, "getuid", lambda: cache.stat().st_uid + 1)
    assert parsed()
    assert not list(cache.iterdir())


def test_a_cache_that_cannot_be_written_does_not_matter(cache, monkeypatch):
    cache.write_text("a file where the folder would be")
    assert parsed()
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", lambda: Path("/proc/none"))
    assert parsed()


def imported_by(source):
    """The modules that a source imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            yield str(node.module).partition(".")[0]


def test_nothing_reads_a_file_that_can_carry_code():
    """In the package, and in what it writes; Keras and NumPy refuse pickles unless told."""
    for file in SOURCES:
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".py":
            assert not set(imported_by(text)) & CARRIERS, file
        else:
            assert not [word for word in (*CARRIERS, "eval(", "exec(") if word in text], file
