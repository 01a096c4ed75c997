"""Pictures: what they show, the same bytes every time, and every refusal in full."""

import itertools
import json
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

import netform
from netform.cli import cli
from netform.dsl.questions.curves import Line, picture
from netform.plots.plot import Plot

ROOT = Path(__file__).parents[2]
RESNET = "examples/zoo/resnet50.net"
TINY = "input 8x8x1 conv16k3 fc10"
GIB = 2**30


def run(*words):
    return CliRunner().invoke(cli, ["plot", *map(str, words)])


def texts(svg):
    """What one can read in an SVG."""
    return [
        element.text
        for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    ]


def test_a_picture_says_what_it_shows(monkeypatch):
    monkeypatch.chdir(ROOT)
    svg = run(RESNET, "memory", "--over", "B=1:256", "--by", "w=1/4,1/2,1").stdout
    shown = texts(svg)
    for label in (
        "resnet50",
        "memory_training: textbook memory of a training step (float32, adam), in GiB",
        "B, the batch",
        "w = 1/4",
        "w = 1/2",
        "w = 1",
        "30",
    ):
        assert label in shown


def test_a_budget_and_a_card_are_lines_with_the_last_value_inside(monkeypatch):
    monkeypatch.chdir(ROOT)
    words = [RESNET, "memory", "--over", "B=1:256"]
    words += ["--budget", "11 GiB", "--device", "tesla k20"]
    shown = texts(run(*words).stdout)
    network = netform.load(RESNET)
    for label, budget in (("11 GiB", 11 * GIB), ("Tesla K20, 5 GiB", 5 * GIB)):
        assert label in shown
        last = max(B for B in range(1, 257) if network.at(B=B).memory("training") <= budget)
        assert str(last) in shown
    lines = json.loads(run(*words, "--json").stdout)["lines"]
    assert [line["value"] for line in lines] == [11 * GIB, 5 * GIB]


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_the_same_picture_has_the_same_bytes(kind, tmp_path):
    files = []
    for name in ("one", "other"):
        path = tmp_path / f"{name}.{kind}"
        command = [sys.executable, "-m", "netform", "plot", "-e", TINY, "params"]
        command += ["--over", "w=1/16:2:1/16", "-o", str(path)]
        result = subprocess.run(command, capture_output=True, text=True)
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
        files.append(path.read_bytes())
    assert files[0] == files[1]
    assert files[0][:8].startswith({"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}[kind])


def test_a_picture_of_its_users_style_is_the_same(monkeypatch):
    matplotlib = pytest.importorskip("matplotlib")
    plot = netform.plot(netform.parse(TINY), "params", over={"w": [1, 2]})
    before = plot.image("svg")
    monkeypatch.setitem(matplotlib.rcParams, "font.size", 30)
    assert plot.image("svg") == before
    assert matplotlib.rcParams["font.size"] == 30


def test_the_points_are_exact_and_only_where_the_network_exists():
    text = "input RxRx1 let n = 2 add[pool2 up2] conv(4*n)k3 gap fc10"
    words = ["-e", text, "macs", "--over", "R=1:9", "--by", "w=1/4,1"]
    found = json.loads(run(*words, "--json").stdout)
    network = netform.parse(text)
    assert [curve["at"] for curve in found["curves"]] == [{"w": "1/4"}, {"w": 1}]
    for curve, w in zip(found["curves"], (Fraction(1, 4), 1), strict=True):
        assert curve["over"] == "R"
        assert [x for x, _ in curve["points"]] == [2, 4, 6, 8]
        for R, macs in curve["points"]:
            assert macs == network.at(w=w, R=R).macs
    lets = json.loads(run("-e", text, "params", "--over", "n=1:3", "--set", "R=6", "--json").stdout)
    assert lets["curves"][0]["points"] == [[n, network.at(R=6, n=n).params] for n in (1, 2, 3)]


def test_every_symbol_to_run_along_is_a_panel():
    words = ["-e", TINY, "memory", "--over", "B=1:64", "--over", "w=1/2,1,2"]
    shown = texts(run(*words).stdout)
    assert "B, the batch    (w = 1)" in shown
    assert "w, the width    (B = 1)" in shown


def test_values_may_come_from_an_iterator():
    """Even where no point is left, which is found out at a second reading of the values."""
    network = netform.parse("input RxRx1 conv4k9v pool4 fc10")
    values = (size for size in range(1, 5))
    with pytest.raises(netform.NetformError, match="there is no network at R = 1"):
        netform.plot(network, "macs", over={"R": values})


def test_symbols_that_are_set_hold_everywhere():
    words = ["-e", TINY, "memory", "--over", "B=1:4", "--set", "w=1/2", "--json"]
    found = json.loads(run(*words).stdout)
    network = netform.parse(TINY)
    optimizer = network.train.optimizer
    assert found["symbols"] == {"w": "1/2"}
    assert found["curves"][0]["points"] == [
        [B, network.at(w="1/2", B=B).memory("training", optimizer=optimizer)] for B in range(1, 5)
    ]


def test_names_are_shown_as_they_are():
    """Not as mathematics, and not as control characters or tags."""
    name = "$a_b$ \x1b[31m <b>&amp;"
    plot = netform.plot(netform.parse(TINY, name), "params", over={"w": [1, 2]})
    assert "$a_b$ \\x1b[31m <b>&amp;" in texts(plot.image("svg"))


def test_labels_of_one_height_do_not_overlap():
    lines = [Line(f"{n} KiB", 1024 * n) for n in (60, 61, 62, 63, 64)]
    found = picture(netform.parse(TINY), "params", {"w": [1, 2, 4]}, lines=lines)
    figure = Plot(found).figure()
    labels = [text for text in figure.axes[0].texts if text.get_text().endswith("KiB")]
    extents = sorted((text.get_window_extent() for text in labels), key=lambda e: e.y0)
    assert len(extents) == 5
    for lower, upper in itertools.pairwise(extents):
        assert lower.y1 <= upper.y0
    names = sorted(labels, key=lambda text: text.get_window_extent().y0)
    assert [text.get_text() for text in names] == [line.label for line in lines]


def test_in_a_notebook_a_plot_shows_itself(tmp_path):
    plot = netform.plot(netform.parse(TINY), "macs", over={"w": range(1, 50)}, log=True)
    assert "w, the width" in texts(plot._repr_svg_())
    plot.save(tmp_path / "plot.svg")
    assert (tmp_path / "plot.svg").read_text() == plot._repr_svg_()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["macs", "--over", "q=1,2"], "no symbol of this network is called q"),
        (["mac", "--over", "w=1,2"], "no quantity is called mac\n    hint: did you mean macs?"),
        (
            ["macs", "--over", "w=1/3,2/3"],
            "<text>:1:13: there is no network at w = 1/3: conv1 needs a whole number of channels, "
            "but has 16*w = 16/3 at w = 1/3",
        ),
        (
            ["macs", "--over", "w=1,2", "--by", "w=1,2"],
            "w has two parts in this picture\n"
            "    hint: a symbol runs along the axis, names curves, or is fixed",
        ),
        (
            ["macs", "--over", "w=1,2", "--by", "B=1:13"],
            "a picture has at most 12 curves, but this one has 13\n    hint: give fewer values",
        ),
        (
            ["non_trainable", "--over", "w=1,2", "--log"],
            "logarithmic axes have positive numbers only, but non_trainable is 0 at w = 1\n"
            "    hint: leave --log out",
        ),
        (
            ["macs", "--over", "w=1,2", "-o", "/nowhere/at/all.svg"],
            "/nowhere/at/all.svg cannot be written: No such file or directory",
        ),
        (["memory", "--over", "B=1,2", "--device", "nothing"], "no card is called nothing"),
    ],
    ids=lambda found: " ".join(found) if isinstance(found, list) else "",
)
def test_wrong_input_is_told(words, error):
    result = run("-e", TINY, *words)
    assert isinstance(result.exception, netform.NetformError)
    assert str(result.exception).startswith(error)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ([], "Missing option '--over'."),
        (["--over", "w=1"], "Give one quantity: params, trainable, "),
        (["macs", "params", "--over", "w=1"], "Give one quantity: "),
        (["macs", "--over", "w"], "'w' gives no values; write B=1:256 or w=1/4,1/2,1"),
        (["macs", "--over", "w=1,x"], "'x' is not a number such as 1/2, 0.75 or 2"),
        (["macs", "--over", "w=1,,2"], "'' is not a number such as 1/2, 0.75 or 2"),
        (["macs", "--over", "w=1:2:3:4"], "'w=1:2:3:4' is not a range; write FIRST:LAST or "),
        (["macs", "--over", "w=1:2,3"], "'w=1:2,3' is not a range; write FIRST:LAST or "),
        (["macs", "--over", "w=1:2:0"], "'w=1:2:0' has a step of 0"),
        (["macs", "--over", "w=2:1"], "'w=2:1' ends before it begins; write w=1:2"),
        (
            ["macs", "--over", "B=1:1000000000"],
            "B has at most 10,000 values, but here are 1,000,000,000; take a larger step: "
            "B=FIRST:LAST:STEP",
        ),
        (["macs", "--over", "w=1", "--over", "w=2"], "--over has w twice."),
        (["macs", "--over", "w=1", "-o", "a.gif"], "'a.gif' does not end with .svg, .png, .pdf."),
        (["memory", "--over", "B=1", "--budget", "eleven"], "a budget is a number, not eleven; "),
    ],
    ids=lambda found: " ".join(found) if isinstance(found, list) else "",
)
def test_a_wrong_command_line_is_told(words, error):
    result = run("-e", TINY, *words)
    assert result.exit_code == 2
    assert error in re.sub(r"\s+", " ", result.output)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("B=1:4", ["1", "2", "3", "4"]),
        ("w=1/4:1:1/4", ["1/4", "1/2", "3/4", "1"]),
        ("w=0.1:0.3:0.1", ["1/10", "1/5", "3/10"]),
        ("w=1:2:2/3", ["1", "5/3"]),
        ("B=7:7", ["7"]),
        ("B=8, 2,4", ["8", "2", "4"]),
    ],
)
def test_ranges_are_exact(text, values):
    from netform.commands.parameter_types import Values

    assert Values().convert(text, None, None)[1] == tuple(map(Fraction, values))


def test_without_matplotlib_a_picture_says_what_to_install():
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from netform.cli import main\n"
        f"sys.argv = ['netform', 'plot', '-e', {TINY!r}, 'macs', '--over', 'w=1,2']\n"
        "main()"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "a picture needs Matplotlib\n    hint: pip install 'netform[plot]'\n"
