"""No text of a user is ever more than text: in a program, in its outputs, and on a terminal."""

import ast
import builtins
import csv
import io
import json
import keyword
import sys
import tokenize
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image
from rich.table import Table

import netform
from netform.cli import cli
from netform.grammar import tree
from netform.grammar.errors import printable
from netform.terminal import tables as drawing
from support import keras_models

CHAIN = "conv4k3 drop0.5 fc10"
ALL_OPTIONS = (
    "train log=classes,gpu,tensorboard policy=mixed_float16 "
    "data predict=on aug=flip,crop2,rotate5,cutout2,randaugment,mixup0.2"
)
BREAKING = [
    '"', "'", '"""', "'''", '\\"""', "\\", "\\N{DIGIT ONE}", "\n", "\r", "\t", "\x00", "\x0c", "\x85",
    "\x1b[2J", "\u2028", "\u2029", "\u202e", "\u2066", "\ufeff", "\ud800", "\udcff", "\U000e0001",
    "{", "}", "{{ 1 }}", "{% raw %}", "{# x", "#}", "# type: int", "# fmt: off", "%s", "{0}", "$x$",
    "=cmd()", "[bold]", "[/]", "; import os", "\nimport os\n", ")", "(", ",", "\u0430", "x" * 300,
]  # fmt: skip
hostile_texts = st.lists(st.sampled_from(BREAKING) | st.text(max_size=5), max_size=6).map("".join)


def frame(source):
    """A program without what its strings say: its syntax tree, and its comments."""
    parsed = ast.parse(source)
    assert ast.get_docstring(parsed) is not None
    for node in ast.walk(parsed):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    return ast.dump(parsed), comments


def assigned(source, name):
    """The value that a program gives a constant."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return ast.literal_eval(node.value)
    raise AssertionError(f"{name} is assigned nowhere")


def or_refused(make):
    """What is made of a hostile text, unless netform refuses the text."""
    try:
        return make()
    except netform.NetformError as error:
        assert str(error)
        return None


# ---- texts

HARMLESS_FRAME = frame(netform.parse(f"input 8x8x3 {CHAIN}").emit())


@given(hostile_texts)
def test_the_name_of_a_network_is_only_a_name(name):
    source = netform.Network(netform.parse(f"input 8x8x3 {CHAIN}").program, name).emit()
    assert frame(source) == HARMLESS_FRAME
    assert assigned(source, "NAME").isascii()
    assert assigned(source, "NAME").isidentifier() or assigned(source, "NAME")[0].isdigit()


def in_the_tree(key, path):
    program = netform.parse(f"input 8x8x3 {CHAIN}").program
    return netform.Network(
        tree.Program(program.input, program.chain, data=(tree.Setting(key, path),))
    )


def in_the_text(key, path):
    return netform.parse(f'input 8x8x3 data {key}="{path}" {CHAIN}')


def read_afterwards(key, path):
    ending = ".npz" if key == "npz" else "/"
    return netform.parse(f"input 8x8x3 {CHAIN}").reading(path + ending)


@pytest.mark.parametrize("key", ["npz", "folder"])
@pytest.mark.parametrize("say", [in_the_tree, in_the_text, read_afterwards])
def test_a_path_is_only_a_path(say, key):
    harmless = frame(say(key, "harmless").emit())
    told = []

    @given(hostile_texts)
    def check(path):
        network = or_refused(lambda: say(key, path))
        if network is None:
            assert not path.isprintable() or '"' in path or not path
            return
        source = network.emit()
        assert frame(source) == harmless
        assert assigned(source, "DATA").startswith(path)
        told.append(path)

    check()
    assert any("{{" in path or "#" in path for path in told)


@given(hostile_texts)
def test_a_comment_leaves_no_trace(comment):
    text = f"input 8x8x3\n# {{}}\n{CHAIN} # {{}}\n"
    plain = comment.replace("\n", "")
    network = or_refused(lambda: netform.parse(text.format(plain, plain)))
    assume(network is not None)
    assert network.emit() == netform.parse(text.format("", "")).emit()


@pytest.mark.parametrize("name", ["'''; import os #.net", "{{ 1 }} {% x %}.net", "\\N{x}\\.net"])
def test_the_name_of_an_included_file_leaves_no_trace(name, tmp_path):
    block = 'def Two(n) [ conv(n)k3*2 ] # """ {{ 1 }}'
    (tmp_path / name).write_text(block, encoding="utf-8")
    (tmp_path / "plain.net").write_text(block, encoding="utf-8")
    text = 'input 8x8x3 use "{}" Two(4) fc2'
    hostile, plain = (
        netform.parse(text.format(file), root=tmp_path).emit() for file in (name, "plain.net")
    )
    assert hostile == plain


@given(hostile_texts, st.sampled_from(["set", "aug", "opt", "lr", "log", "policy", "batch"]))
def test_no_other_setting_takes_a_text(value, key):
    statement = "data" if key in ("set", "aug") else "train"
    text = f'input 8x8x3 {statement} {key}="{value}" {CHAIN}'
    network = or_refused(lambda: netform.parse(text))
    assert network is None or (value.isascii() and value.isalnum())


# ---- names


def module_names(source):
    """What the functions, classes, imports and constants of a program are called."""
    for node in ast.parse(source).body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from (alias.asname or alias.name for alias in aliases)
            case ast.Assign(targets=[ast.Name(id=name)]):
                yield name


SETTINGS = [
    ALL_OPTIONS,
    "data folder=x predict=on train memory=4GiB devices=2 log=gpu weights=balanced",
    "data npz=x train device=gpu memory=4GiB early=2 log=gpu",
    "data set=digits",
]
PROGRAMS = [netform.parse(f"input 8x8x3 {settings} {CHAIN}").emit(w="1/2") for settings in SETTINGS]
TAKEN = sorted(
    {name for source in PROGRAMS for name in module_names(source)}
    | {node.id for source in PROGRAMS for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    | {node.arg for source in PROGRAMS for node in ast.walk(ast.parse(source)) if isinstance(node, ast.arg)}
    | {*keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
)  # fmt: skip
hostile_names = (
    st.sampled_from([name for name in TAKEN if name[0].isalpha() and name.isascii()])
    | st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,9}", fullmatch=True)
    | st.sampled_from("xyzuvcijt").flatmap(lambda x: st.integers(0, 9).map(lambda n: f"{x}{n}"))
    | st.just("a" * 100)
)
short_names = hostile_names.filter(
    lambda name: len(name) <= 20
)  # a long one gives way to its number
words = st.sampled_from([name for name in TAKEN if name.isalpha() and name.islower()])
blocks = hostile_names.map(lambda name: "".join(part.capitalize() for part in name.split("_")))
NAMED = """
input {side}x{side}x3 {options} let {side} = 8 let {let} = 4 let {rate} = 0.5 sweep {rate}=0.25|0.5
def {block}({parameter}, {inner}=[id]) [
    conv({parameter})k3 ->{tap} add[{inner} conv({parameter})k3:-] cat[@{tap} | conv2k3] relu
]
def {other}({parameter}) [ {block}({parameter}) conv({parameter})k1 ]
conv({let})k3 ->{early} [{block}({let}) drop({rate})]*2 {other}(6) {block}(8, [conv6k1 bn])
{other}(8) cat[@{early} | id] gap fc10
"""
HARMLESS = {
    "side": "S", "let": "harmless_let", "rate": "harmless_rate", "block": "HarmlessBlock",
    "other": "HarmlessOther", "parameter": "harmless_parameter", "inner": "harmless",
    "tap": "harmless_tap", "early": "harmless_early",
}  # fmt: skip
all_names = st.fixed_dictionaries(
    {
        **dict.fromkeys(HARMLESS, hostile_names),
        "side": st.sampled_from("QSXYZ"), "inner": words, "parameter": short_names, "block": blocks, "other": blocks,
    }
).filter(lambda names: len(set(names.values())) == len(names))  # fmt: skip


def without_names(parsed):
    """A syntax tree with every name blanked, and the names in order, function by function."""
    found = []
    for part in parsed.body:
        names = []
        for node in ast.walk(part):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                node.value = ""
            for field in ("id", "arg", "attr", "name", "asname"):
                if isinstance(getattr(node, field, None), str):
                    names.append(getattr(node, field))
                    setattr(node, field, "_")
        found.append(names)
    return ast.dump(parsed), found


@settings(max_examples=25)
@given(all_names, st.sampled_from(["", ALL_OPTIONS]))
def test_names_are_renamed_and_nothing_else(names, options):
    """No name of a user hides one that the program needs, or one of its other names."""
    network = or_refused(lambda: netform.parse(NAMED.format(options=options, **names)))
    assume(network is not None)
    source = network.emit()
    harmless = netform.parse(NAMED.format(options=options, **HARMLESS)).emit()
    shape, parts = without_names(ast.parse(source))
    same, twins = without_names(ast.parse(harmless))
    assert shape == same
    everywhere = list(module_names(source))
    assert len(set(everywhere)) == len(everywhere)
    for part, twin in zip(
        [*parts, everywhere], [*twins, list(module_names(harmless))], strict=True
    ):
        pairs = set(zip(part, twin, strict=True))
        assert len({mine for mine, _ in pairs}) == len(pairs) == len({its for _, its in pairs})
        renamed = {(mine, its) for mine, its in pairs if mine != its}
        assert all(its.startswith("harmless") for _, its in renamed)
        assert not any(keyword.iskeyword(mine) or hasattr(builtins, mine) for mine, _ in renamed)
    assert keras_models.module_of(source).build_model().count_params() == network.at().params


@pytest.mark.parametrize(
    ("settings", "source"), list(zip(SETTINGS, PROGRAMS, strict=True)), ids=SETTINGS
)
def test_no_block_is_called_like_a_part_of_the_program(settings, source):
    """A function of a block would replace it."""
    for name in module_names(source):
        block = "".join(part.capitalize() for part in name.split("_"))
        text = f"{settings} def {block}(n) [ conv(n)k3 ] {block}(2) {block}(3) fc10"
        names = list(module_names(netform.parse(f"input 8x8x3 {text}").emit()))
        assert len(set(names)) == len(names)


# ---- what a program reads when it runs


FOLDER_NAMES = [
    '=cmd()|"calc"', "a,b;c", "two\nlines\r\nand more", "'single' \"\"\"double\"\"\"", "\u202eltr\u2066",
    "{{ 7 }} {0} %s $x$", "[bold]red[] *", "\u2028", "\udcff", " ", "-", "None",
]  # fmt: skip


def picture(file, shade=0):
    pixels = np.full((6, 6, 3), shade, "uint8")
    with open(file, "wb") as out:
        Image.fromarray(pixels).save(out, "png")


def test_names_of_folders_and_files_reach_the_outputs_as_they_are(tmp_path, monkeypatch):
    """Class names in summary.json and the CSV file, images in it, and every path on the way."""
    for shade, name in enumerate(FOLDER_NAMES):
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in range(10):
            picture(tmp_path / "images" / name / f"{number}.png", 20 * shade)
    asked = tmp_path / "to predict, [/] \u202e".replace("/", "")
    asked.mkdir()
    for name in FOLDER_NAMES:
        picture(asked / f"{name}.png")
    out = tmp_path / "=run(), '\"\n{{ 1 }} [bold] \u202e"
    text = "input 6x6x3 data folder=x predict=on train log=classes gap fc50"
    module = keras_models.module_of(netform.parse(text).emit())

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["program", *map(str, words), "--out", str(out)])
        module.main()

    run("train", "--data", tmp_path / "images", "--epochs", "1")
    summary = json.loads((out / "summary.json").read_text())
    assert summary["classes"] == sorted(FOLDER_NAMES)
    assert summary["data"] == str(tmp_path / "images")
    run("predict", asked, "--csv", tmp_path / "classes.csv")
    with open(tmp_path / "classes.csv", newline="", errors="surrogateescape") as file:
        head, *rows = csv.reader(file)
    as_text = module.as_text
    assert head == ["image", "class", "probability", *map(as_text, sorted(FOLDER_NAMES))]
    assert sorted(row[0] for row in rows) == sorted(as_text(f"{name}.png") for name in FOLDER_NAMES)
    assert {row[1] for row in rows} <= set(map(as_text, FOLDER_NAMES))
    assert not any(cell.startswith(("=", "-", "+", "@")) for row in [head, *rows] for cell in row)


# ---- terminals and notebooks


STEMS = [
    "[bold]a[red]",
    "[b]:smile:",
    "\x1b[2J\n\u202e",
    "[link=x]{{1}}",
    "=cmd()",
    "$x$<b>|`",
    "[#fff]%s",
]
COMMANDS = [
    ["check"], ["table"], ["aperture"], ["ratio", "--width", "1/3"], ["fmt", "--check"],
    ["explain", "FILE", "params"], ["compare", "FILE", "other.net"],
]  # fmt: skip


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_names_are_shown_as_they_are(words, stem, tmp_path, monkeypatch):
    """Not as rich's markup or emoji, and not as what moves a cursor."""
    monkeypatch.chdir(tmp_path)
    Path(f"{stem}.net").write_text("input 8x8x3   conv3k3 fc2")
    Path("other.net").write_text("input 8x8x3 conv4k3 fc2")
    found = [f"{stem}.net" if word == "FILE" else word for word in words]
    printed = CliRunner().invoke(cli, found if "FILE" in words else [*words, f"{stem}.net"]).output
    assert printable(stem) in printed
    assert all(character.isprintable() for character in printed.replace("\n", ""))
    if words[0] == "compare":
        assert f"params({printable(stem)}) - params(other) = -156*w" in printed
        assert f"{printable(stem)} needs less at every w" in printed


@pytest.mark.parametrize("stem", STEMS)
def test_names_in_json_are_the_names(stem, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(f"{stem}.net").write_text("input 8x8x3 conv3k3 fc2")
    printed = CliRunner().invoke(cli, ["table", f"{stem}.net", "--json"]).output
    assert json.loads(printed)["network"] == stem


def test_a_chain_in_brackets_is_no_markup():
    text = "input 8x8x3 cat[conv3k3 [bold] fc2"
    printed = CliRunner().invoke(cli, ["check", "-e", text])
    assert "cat[conv3k3 [bold] fc2" in str(printed.exception)
    console = drawing.console()
    with console.capture() as shown:
        table = Table("[/] :smile:")
        table.add_row("[red]conv3k3[/red]" * 20)
        drawing.put(console, table)
    assert "[red]conv3k3[/red]" * 20 in shown.get()


def test_names_in_html_are_no_tags():
    one, other = (
        netform.parse(f"input 8x8x3 conv{n}k3 fc2", f"<script>{n}</script>") for n in (3, 4)
    )
    shown = one.compare(other)._repr_html_() + one._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;3" in shown
