"""netform measure on TensorFlow, and its errors; other backends are tested in their environments."""

import importlib.util
import json
import sys

import click
import pytest
from click.testing import CliRunner

import netform
from netform.cli import cli
from netform.codegen.measure.measuring import Measurement, predict, records_of
from netform.codegen.measure.records import Record
from netform.codegen.measure.request import Request
from netform.dsl.memory.measured_errors import ERRORS
from netform.dsl.memory.profiles import MODES
from netform.grammar.errors import NetformError
from netform.plots.measured_plot import draw_measured
from netform.terminal.measure import measured_lines, measured_table
from support.programs import module_of

NET = "input 6x6x1 conv2k3 fc3"


def test_a_measurement_trains_in_a_process_of_its_own(monkeypatch):
    words = ["measure", "-e", NET, "--backend", "tensorflow", "--set", "B=2", "--device", "cpu"]
    result = CliRunner().invoke(cli, [*words, "--json"])
    found = json.loads(result.stdout)
    (rate,) = found["images_per_second"]
    assert (found["device"], rate["profile"], rate["batch"]) == ("cpu", "tensorflow", 2)
    assert rate["measured"] > 0
    assert list(found["versions"]) == ["tensorflow"]
    (record,) = found["records"]
    assert (record["mode"], record["reference"]) == ("training_peak", "XLA's buffer assignment")
    assert abs(record["error"]) < 25  # the labels and single numbers are a part of so few bytes
    assert found["notes"] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--backend", "tensorflwo"], "no backend is called tensorflwo"),
        (["--set", "B=0"], "a batch of 0 cannot be run"),
        (["--set", "B=1/2"], "a batch of 1/2 cannot be run"),
        (["--device", "tpu"], "no device is called tpu"),
        (["--plot", "x.txt"], "x.txt is not a file name of a picture"),
        (["--plot", "none/x.svg"], "none/x.svg cannot be written: its folder does not exist"),
        (["--set", "w=1/3"], "conv1 needs a whole number of channels"),
        (["--largest"], "Give --largest and --memory 2GiB together."),
        (["--memory", "1GiB"], "Give --largest and --memory 2GiB together."),
        (["--largest", "--memory", "2"], "2 has no unit"),
    ],
)
def test_errors_come_before_a_process_is_started(words, message, monkeypatch):
    def start(*arguments, **options):
        raise AssertionError("a process was started")

    monkeypatch.setattr("netform.codegen.run.supervisor.start", start)
    result = CliRunner().invoke(cli, ["measure", "-e", NET, *words], standalone_mode=False)
    error = result.exception
    said = error.format_message() if isinstance(error, click.ClickException) else str(error)
    assert message in said


def test_a_backend_that_is_not_installed_is_told_with_what_installs_it(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "jax" else find(name)
    )
    result = CliRunner().invoke(cli, ["measure", "-e", NET, "--backend", "jax"])
    error = result.exception
    assert isinstance(error, NetformError)
    assert (error.message, error.hint) == ("measuring on jax needs jax", "pip install jax")


@pytest.mark.parametrize(
    "settings",
    ["", "train opt=muon schedule=cosine warmup=2", "train ema=0.9 split=2", "data aug=mixup0.2"],
)
def test_the_measured_program_has_the_model_and_the_optimizer(settings):
    from netform.codegen.keras.emit import emit_model

    network = netform.parse(f"input 8x8x1 {settings} conv2k3 fc3")
    module = module_of(emit_model(network, network.train))
    model = module.compiled_model()
    trained = module_of(network.emit())
    assert model.count_params() == network.at().params == trained.build_model().count_params()
    images, labels = module.random_batch(4)
    assert images.shape == (4, 8, 8, 1)
    assert model.compute_loss(images, labels, model(images)) > 0


def measurement(*records):
    return Measurement("net", "cpu", {"torch": "2"}, records, {}, {("torch", 2): 8.0}, ["a note"])


RECORD = Record(
    *("net", 8, 2, "torch", "training", "adam", "float32"), 90 * 2**20, 100 * 2**20, "hooks"
)


def test_the_table_has_predictions_beside_measurements():
    found = measurement(RECORD)
    cells = [list(column.cells) for column in measured_table(found).columns]
    assert [column[0] for column in cells] == [
        *("torch", "training", "2", "94,371,840", "104,857,600", "-10.00 %", "hooks")
    ]
    assert list(measured_lines(found)) == [
        "torch: 8.0 images per second at B = 2",
        "note: a note",
    ]


def test_the_picture_is_the_same_for_the_same_measurement(tmp_path):
    pytest.importorskip("matplotlib")
    for name in ("a.svg", "b.svg"):
        draw_measured(measurement(RECORD), str(tmp_path / name))
    picture = (tmp_path / "a.svg").read_text()
    assert picture == (tmp_path / "b.svg").read_text()
    assert "-10.00 %" in picture.replace("\u2212", "-")
    with pytest.raises(NetformError, match="cannot be written"):
        draw_measured(measurement(RECORD), str(tmp_path / "none" / "a.svg"))


def test_a_picture_without_matplotlib_is_refused_before_a_process_is_started(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr("netform.codegen.run.supervisor.start", None)
    result = CliRunner().invoke(cli, ["measure", "-e", NET, "--plot", "x.svg"])
    assert isinstance(result.exception, NetformError)
    assert result.exception.message == "a picture needs Matplotlib"


def test_the_textbook_is_held_against_what_plain_pytorch_takes():
    entry = {"batch": 2, "figures": [["training", 10_000, "hooks"]]}
    asked = Request(netform.parse(NET), "torch", [2])
    found = records_of(asked, "torch", entry, [])
    assert [(r.profile, r.measured, r.batch) for r in found] == [
        ("torch", 10_000, 2),
        ("textbook", 10_000, 2),
    ]
    assert all(r.predicted == predict(asked, r.profile, r.mode, 2)[0] for r in found)
    assert [r.profile for r in records_of(asked, "keras-torch", entry, [])] == ["keras-torch"]


@pytest.mark.parametrize("profile", ["torch", "textbook"])
@pytest.mark.parametrize("mode", MODES)
def test_memory_prints_the_measured_error_beside_every_prediction(profile, mode):
    words = ["memory", "-e", NET, "--profile", profile, "--mode", mode]
    shown = CliRunner().invoke(cli, words).stdout
    told = json.loads(CliRunner().invoke(cli, [*words, "--json"]).stdout)["error"]
    assert told == ERRORS.get((profile, mode))
    (line,) = (line for line in shown.splitlines() if line.startswith("predicted against"))
    if told is None:
        assert line == "predicted against measured: not measured yet"
    else:
        figures = f"median {told['median']:+.2f} %, worst {told['worst']:+.2f} %"
        assert line == f"predicted against measured: {figures}, {told['measured_on']}"


def test_an_account_has_the_errors_that_were_measured():
    network = netform.parse(NET)
    for mode in MODES:
        assert network.account("torch", mode=mode).error == ERRORS.get(("torch", mode))
    assert {mode for _, mode in ERRORS} <= set(MODES)
    for error in ERRORS.values():
        assert abs(error["median"]) <= abs(error["worst"])
        assert " on " in error["measured_on"]
