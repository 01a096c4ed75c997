"""The command line: what it prints, where, and how it exits."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sympy import Rational, sympify

import netform
from support.commands import json_of, netform_command

ROOT = Path(__file__).parents[2]
CIFAR = "examples/cifar_vgg.net"
TINY = "input 8x8x1 data set=digits train epochs=1 conv4k3 pool2 fc10"
COMMANDS = ["check", "table", "formula", "ratio", "aperture", "emit", "train"]


def test_table_as_json():
    table = json_of("table", CIFAR)
    assert table["network"] == "cifar_vgg"
    assert table["symbols"] == {"w": 1, "B": 1}
    assert table["totals"] == {
        "params": 2_349_258,
        "trainable": 2_349_258,
        "macs": 50_178_048,
        "flops": 100_356_096,
        "train_macs": 149_649_408,
        "feature_maps": 169_994,
        "aperture": {
            "size": [24, 24],
            "jump": [8, 8],
            "offset": [-8, -8],
            "padding": [8, 8],
            "global": True,
        },
    }
    assert table["layers"][1] == {
        "name": "conv1",
        "op": "conv",
        "output": [32, 32, 32],
        "params": 896,
        "trainable": 896,
        "macs": 884_736,
        "feature_map": 32_768,
        "aperture": {
            "size": [3, 3],
            "jump": [1, 1],
            "offset": [-1, -1],
            "padding": [1, 1],
            "global": False,
        },
        "line": 9,
        "column": 1,
    }


def test_table_at_another_point():
    table = json_of("table", CIFAR, "--set", "w=1/2", "--set", "B=128")
    assert table["symbols"] == {"w": "1/2", "B": 128}
    assert table["totals"]["params"] == 590_442
    rounded = json_of("table", CIFAR, "--set", "w=1/3", "--round", "nearest")
    assert rounded["layers"][1]["output"] == [32, 32, 11]


def test_formulas_as_json_are_what_sympy_parses():
    network = netform.load(ROOT / CIFAR)
    formulas = json_of("formula", CIFAR, "params", "memory_training")
    for name, found in formulas.items():
        assert sympify(found["expr"]) == network.formula(name)
        assert found["domain"] == [
            "w is a positive multiple of 1/32",
            "B is a positive integer",
        ]
    assert set(json_of("formula", CIFAR)) >= {"params", "macs", "train_macs", "feature_maps"}
    only_w = json_of("formula", CIFAR, "memory_inference", "--free", "w")
    assert "B" not in only_w["memory_inference"]["expr"]
    bare = json_of("formula", CIFAR, "memory_training", "--optimizer", "sgd", "--dtype", "float64")
    assert sympify(bare["memory_training"]["expr"]) == network.memory(
        "training", dtype="float64", optimizer="sgd"
    )
    assert json_of("formula", "-e", "input 8x8x1 fc10", "params") == {
        "params": {"expr": "650", "domain": ["B is a positive integer"]}
    }


def test_ratios_as_json():
    ratios = json_of("ratio", CIFAR, "--width", "1/2")
    assert ratios["params"]["exact"] == "98407/391543"
    assert ratios["params"]["limit"] == "1/4"
    assert sympify(ratios["params"]["formula"]).subs("w", 1) == Rational(98407, 391543)
    assert ratios["non_trainable"] is None
    assert ratios == json_of("ratio", CIFAR, "--set", "w=1/2")
    assert ratios["memory_training"] != json_of("ratio", CIFAR, "--set", "B=9")["memory_training"]


def test_aperture_check_and_emit_as_json():
    seen = json_of("aperture", "examples/vgg16.net")
    pool = next(layer for layer in seen["layers"] if layer["name"] == "pool5")
    assert (pool["size"], pool["jump"], pool["global"]) == ([212, 212], [32, 32], False)
    assert json_of("check", CIFAR) == {
        "network": "cifar_vgg",
        "layers": 18,
        "output": [1, 1, 10],
        "warnings": [],
    }
    program = json_of("emit", CIFAR)["program"]
    assert program == netform.load(ROOT / CIFAR).emit()


def test_tables_in_a_pipe_are_plain_and_whole():
    for command in ("table", "ratio", "aperture"):
        printed = netform_command(command, CIFAR).stdout
        assert "\x1b" not in printed
        assert "…" not in printed
    table = netform_command("table", CIFAR).stdout
    assert "2,349,258" in table
    assert "169,994" in table
    assert table.count("\n conv") == 4


def test_why_a_quarter_is_only_the_limit():
    printed = netform_command("ratio", CIFAR).stdout
    row = next(line.split() for line in printed.splitlines() if line.startswith(" params"))
    assert row == ["params", "2,349,258", "590,442", "98407/391543", "0.251331", "1/4"]
    parts = [line.split() for line in printed.splitlines() if line.startswith(" params")][1]
    assert parts == ["params", "2,336,768", "12,480", "10"]


def test_a_network_as_a_shell_argument_and_into_a_file(tmp_path):
    result = netform_command("emit", "-e", TINY, "-o", tmp_path / "tiny.py")
    assert result.returncode == 0
    assert result.stdout == ""
    assert (tmp_path / "tiny.py").read_text() == netform.parse(TINY).emit()


def test_train_runs_in_a_run_folder_and_goes_on(tmp_path):
    words = ["train", "-e", TINY, "--out", tmp_path / "run"]
    first = netform_command(*words, "--json", cwd=tmp_path)
    assert json.loads(first.stdout)["epochs"] == 1, first.stderr
    second = netform_command(*words, "--epochs", 2, "--json", cwd=tmp_path)
    assert json.loads(second.stdout)["epochs"] == 2, second.stderr
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names >= {"network.py", "log.csv", "best.keras", "summary.json"}
    other = netform_command("train", "-e", TINY + " id", "--out", tmp_path / "run")
    assert other.returncode == 1
    assert other.stderr == (
        f"{tmp_path}/run contains the run of another program\n"
        "    hint: give another folder with --out, or remove that one\n"
    )


@pytest.mark.parametrize("command", ["train", "sweep"])
def test_data_that_are_not_there_start_no_training(command, tmp_path):
    result = netform_command(command, CIFAR, "--data", "none.npz", "--out", tmp_path / "run")
    assert result.returncode == 2
    assert "Invalid value for '--data': Path 'none.npz' does not exist." in result.stderr
    assert not (tmp_path / "run").exists()


def test_a_training_that_fails_says_so(tmp_path):
    text = 'input 8x8x1 data npz="missing.npz" fc10'
    result = netform_command("train", "-e", text, cwd=tmp_path)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "missing.npz" in result.stderr
    assert "the training program ended with status 1" in result.stderr


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        (
            "empty.net",
            b"",
            "empty.net:1:1: a network is needed, but the text is empty\n\n    1 |\n        ^\n"
            "    hint: write input 32x32x3 (height x width x channels), then the layers\n",
        ),
        (
            "binary.net",
            bytes(range(256)),
            "binary.net: a .net file is UTF-8 text, but byte 128 of this file is not\n"
            "    hint: is this the right file?\n",
        ),
        (
            "missing.net",
            None,
            "missing.net: the file cannot be read: No such file or directory\n"
            "    hint: give the path of a .net file, or the network itself after -e\n",
        ),
    ],
)
@pytest.mark.parametrize("command", COMMANDS)
def test_bad_files(command, name, content, error, tmp_path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    result = netform_command(command, name, cwd=tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (1, "", error)


@pytest.mark.parametrize("command", ["table", "ratio"])
def test_a_width_that_makes_a_channel_count_fractional(command):
    result = netform_command(command, CIFAR, "--set", "w=1/3")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        "examples/cifar_vgg.net:9:1: conv1 needs a whole number of channels, "
        "but has 32*w = 32/3 at w = 1/3\n\n"
        "    9 | conv32k3 conv64k3 pool2 drop0.25\n"
        "        ^^^^^^^^\n"
        "    hint: use a width that is a multiple of 1/32, "
        "or a rounding rule: floor, nearest or divisor8\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["tabel", CIFAR],
        ["table"],
        ["table", CIFAR, "-e", TINY],
        ["table", CIFAR, "--set", "w"],
        ["table", CIFAR, "--set", "w=half"],
        ["table", CIFAR, "--set", "w=1/0"],
        ["table", CIFAR, "--set", "w=1e999999999"],
        ["table", CIFAR, "--set", "1=q"],
        ["table", CIFAR, "--round", "up"],
        ["ratio", CIFAR, "--width", "x"],
        ["train", CIFAR, "--epochs", "0"],
        ["emit", CIFAR, "--set", "B=3"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_exits_with_2(words):
    result = netform_command(*words)
    assert result.returncode == 2
    assert "Usage: " in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["table", CIFAR, "--set", "w=0"],
        ["table", CIFAR, "--set", "B=1/2"],
        ["formula", CIFAR, "parms"],
        ["formula", CIFAR, "params", "--free", "q"],
        ["emit", CIFAR, "-o", "/nowhere/at/all.py"],
    ],
    ids=" ".join,
)
def test_wrong_input_exits_with_1(words):
    result = netform_command(*words)
    assert (result.returncode, result.stdout) == (1, "")
    assert "Traceback" not in result.stderr
    assert "hint: " in result.stderr or "cannot be written" in result.stderr


def test_a_file_name_cannot_move_the_cursor_or_hide_a_module(tmp_path):
    name = "a\x1b[31mred\n.net"
    (tmp_path / name).write_text(TINY)
    printed = netform_command("table", name, cwd=tmp_path).stdout
    assert "\x1b" not in printed
    assert printed.startswith("a\\x1b[31mred\\n, w = 1")
    (tmp_path / "keras.net").write_text(TINY)
    trained = netform_command("train", "keras.net", "--json", cwd=tmp_path)
    assert json.loads(trained.stdout)["network"] == "keras", trained.stderr


def test_a_reader_that_has_seen_enough():
    command = f"{sys.executable} -m netform emit {CIFAR} | head -1"
    result = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT)
    assert result.stderr == ""


@pytest.mark.parametrize("command", [*COMMANDS, "explain"])
def test_help_teaches_by_example(command):
    printed = netform_command(command, "--help").stdout
    assert f"netform {command}" in printed.split("Options")[0].split("\n\n", 1)[1]
    assert "--json" in printed
