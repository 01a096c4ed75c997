"""Sweeps: the grid, and runs that fail, are killed, are gone on with, or do not fit."""

import csv
import json
import math
import os
import re
import signal
import subprocess
import sys
from fractions import Fraction

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import netform
from netform.cli import cli
from netform.codegen.run.lock import locked
from netform.codegen.run.sweep import Outcome, Run, State, outcome
from netform.codegen.run.sweep.process import start
from netform.codegen.run.sweep.results import write_results
from netform.dsl.questions.sweep_points import (
    GridPoint,
    all_points,
    memory_limit,
    network_at,
    random_points,
    training_memory,
)
from netform.dsl.settings import Axis
from netform.grammar.errors import NetformError
from netform.plots.sweep_plot import draw_effects
from support import pretend
from support.sweeps import (
    NET,
    begin,
    epochs_logged,
    needs_proc,
    processes_of,
    wait_until,
)

NUMBERS = st.from_regex(r"[1-9][0-9]{0,4}(\.[0-9]{0,3}[1-9])?", fullmatch=True)
NAMES = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,30}", fullmatch=True)
AXES = st.dictionaries(
    NAMES, st.lists(NUMBERS, min_size=1, max_size=4, unique=True), min_size=1, max_size=5
).map(lambda found: [Axis(name, tuple(values)) for name, values in found.items()])
VALUES = st.text(max_size=40) | st.text("aAbB01.,+=/ ", max_size=4)
ANY_AXES = st.dictionaries(
    NAMES, st.lists(VALUES, min_size=1, max_size=4, unique=True), min_size=1
).map(lambda found: [Axis(name, tuple(values)) for name, values in found.items()][:5])


# the grid


@given(AXES)
def test_a_grid_has_each_choice_of_values_once(axes):
    points = all_points(axes)
    assert len(points) == math.prod(len(axis.values) for axis in axes)
    assert len(set(points)) == len(points)
    for point in points:
        assert [name for name, _ in point.values] == [axis.name for axis in axes]
        assert all(v in axis.values for (_, v), axis in zip(point.values, axes, strict=True))


@given(ANY_AXES)
def test_names_are_folders_on_any_file_system_and_differ(axes):
    """Whatever a value is made of: settings to come may take paths and words."""
    names = [point.name for point in all_points(axes)]
    assert len({name.lower() for name in names}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9._+=,-]{1,100}", name) for name in names)
    assert all(name.strip(".") for name in names)


@given(AXES, st.integers(1, 30), st.integers(0, 99))
def test_a_draw_is_a_part_of_the_grid_and_of_every_larger_draw(axes, count, seed):
    points = all_points(axes)
    few, more = random_points(axes, count, seed), random_points(axes, count + 1, seed)
    assert len(few) == min(count, len(points)) == len(set(few))
    assert set(few) <= set(points)
    assert few == random_points(axes, count, seed)
    if len(points) > count + 1:
        assert few == more[:count]


def test_draws_differ_by_seed_and_come_from_grids_that_are_too_large_to_write():
    axes = [Axis(f"a{i}", ("0", "1", "2")) for i in range(60)]
    assert random_points(axes, 10, 0) != random_points(axes, 10, 1)
    assert len(set(random_points(axes, 1000, 0))) == 1000
    with pytest.raises(NetformError) as error:
        all_points(axes)
    assert str(error.value) == (
        f"a sweep has at most 10,000 points, but this grid has {3**60:,}\n"
        "    hint: take some of them: --random 100"
    )


def test_a_point_is_the_network_that_is_written_with_its_values():
    swept = netform.parse(
        "input 8x8x1 data set=digits aug=flip|flip,crop2 train opt=adam|sgd batch=32|64 lr=0.1 "
        "let n = 4 let d = 0.5 sweep n=4|6 d=0|0.25 conv(n)k3 drop(d) fc10"
    )
    values = {"aug": "flip,crop2", "opt": "sgd", "batch": "64", "n": "6", "d": "0.25"}
    point = next(p for p in all_points(swept.axes) if dict(p.values) == values)
    found = network_at(swept, point)
    written = netform.parse(
        "input 8x8x1 data set=digits aug=flip,crop2 train opt=sgd batch=64 lr=0.1 "
        "let n = 6 let d = 0.25 conv(n)k3 drop(d) fc10"
    )
    assert (found.data, found.train) == (written.data, written.train)
    assert found.params == written.params
    assert [(a.kind, a.name) for a in found.layers] == [(a.kind, a.name) for a in written.layers]
    assert found.axes == ()
    assert point.name == "aug=flip+crop2,opt=sgd,batch=64,n=6,d=0.25"


def test_a_point_is_the_same_in_a_larger_grid():
    """So that what is finished stays finished where an axis gets another value."""
    text = "input 8x8x1 train batch={} let d = 0.5 sweep d={} drop(d) fc10"
    small, large = (
        netform.parse(text.format("32|64", "0|1")),
        netform.parse(text.format("16|64|32", "0.5|0|1")),
    )
    point = GridPoint((("batch", "64"), ("d", "0")))
    assert network_at(small, point).emit() == network_at(large, point).emit()


@pytest.mark.parametrize(("optimizer", "slots"), [("sgd", 0), ("momentum", 1), ("adam", 2)])
def test_the_memory_of_a_point_is_that_of_its_batch_and_optimizer(optimizer, slots):
    """By hand: image, output and its error, for every image; weights, gradients and slots."""
    network = netform.parse(f"input 8x8x1 train opt={optimizer} fc10")
    for batch in (1, 64):
        by_hand = 4 * (batch * (64 + 10 + 10) + 650 * (2 + slots))
        assert training_memory(network, batch) == by_hand


def test_the_memory_of_a_point_is_that_of_its_settings():
    """By hand: four parts of 16 images and their gradients' sum; halves; a mean of the weights."""
    memory = {
        "batch=64 split=4": 4 * (16 * (64 + 10 + 10) + 650 * (2 + 2 + 1)),
        "batch=64 policy=mixed_float16": 2 * 64 * (64 + 10 + 10) + 4 * 650 * (2 + 2),
        "batch=64 ema=0.99": 4 * (64 * (64 + 10 + 10) + 650 * (2 + 2 + 1)),
    }
    for settings, by_hand in memory.items():
        network = netform.parse(f"input 8x8x1 train {settings} fc10")
        assert training_memory(network, network.train.batch) == by_hand, settings


def test_what_fits_keeps_what_the_network_trains_with():
    """650 parameters, a mean and a sum of gradients for each: 5200 bytes less for maps."""
    text = "input 8x8x1 {} fc10"
    plain = netform.parse(text.format(""))
    both = netform.parse(text.format("train ema=0.9 split=2"))
    budget = "memory <= 1 MiB"
    found, freed = both.solve(budget, "B"), plain.solve("memory <= 1043376 B", "B")
    assert found.value == freed.value
    assert found.at == freed.at + 4 * 2 * 650
    assert (found.copies, freed.copies) == (2, 0)
    assert both.at().memory("training") == plain.at().memory("training"), "unless told"


def test_the_room_of_a_card_is_shared_by_the_runs_on_it():
    assert memory_limit("gtx970").memory == 4 * 2**30
    assert memory_limit("gtx970", share=Fraction(2)).memory == 4 * 2**30
    quarter = memory_limit("gtx970", share=Fraction(1, 4))
    assert (quarter.owner, quarter.memory) == ("1/4 of GeForce GTX 970", 2**30)
    assert memory_limit() is None


# what is refused


def refusal(*words):
    result = CliRunner().invoke(cli, ["sweep", *map(str, words)])
    assert result.exit_code != 0
    return str(result.exception) if isinstance(result.exception, NetformError) else result.output


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (
            "input 8x8x1 fc10",
            [],
            "a sweep has axes, but this network has none\n"
            "    hint: write several values, as in train batch=64|128, or a let and sweep d1=0|0.25",
        ),
        (
            "input 8x8x1 train batch=1|2 fc10",
            ["--batch", 3],
            "batch takes the values of the sweep, so --batch cannot give it another\n"
            "    hint: leave --batch out, or write one value for batch",
        ),
        (
            "input 8x8x1 let n = 1 sweep n=1|2 fc(n)",
            ["--set", "n=3"],
            "n takes the values of the sweep, so --set cannot give it another\n"
            "    hint: leave --set out, or write one value for n",
        ),
        (
            "input 8x8x1 train batch=1|2 steps=1000 fc10",
            ["--epochs", 3],
            "training takes 1,000 steps, so it cannot take a number of epochs\n"
            "    hint: leave --epochs out",
        ),
        (
            "input 8x8x1 train batch=1|2 fc10",
            ["--device", "gtx97"],
            "no card is called gtx97\n"
            "    hint: did you mean GeForce GTX 970? Or give its memory instead: --memory 11GiB",
        ),
        (
            "input 8x8x1 data set=digits train batch=1|2 fc3",
            [],
            "<text>:1:18: the number of outputs is 3, but 10 are needed to train on the 1,797 "
            "handwritten digits of scikit-learn\n\n"
            "    1 | input 8x8x1 data set=digits train batch=1|2 fc3\n"
            "                         ^^^^^^^^^^\n"
            "    hint: end the network in fc10",
        ),
        (
            "input 8x8x1 let batch = 2 train batch=1|2 sweep batch=2|3 fc10",
            [],
            "<text>:1:49: every axis of a sweep has its own name, but batch is a setting and a "
            "let\n\n"
            "    1 | input 8x8x1 let batch = 2 train batch=1|2 sweep batch=2|3 fc10\n"
            "                                                        ^^^^^^^^^\n"
            "    hint: give the let another name",
        ),
        (
            "input 8x8x1 let d = 0 sweep d=0.5|0.50 drop(d) fc10",
            [],
            "<text>:1:29: d takes each value of a sweep once\n\n"
            "    1 | input 8x8x1 let d = 0 sweep d=0.5|0.50 drop(d) fc10\n"
            "                                    ^^^^^^^^^^\n"
            "    hint: leave one of them out",
        ),
    ],
)
def test_what_is_no_sweep_is_told(text, options, said, tmp_path):
    assert refusal("-e", text, "--out", tmp_path / "s", *options) == said
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--asha"], "--asha and --gpus-per-run are for --engine ray."),
        (["--engine", "ray", "--gpus-per-run", "3/2"], "A run has whole GPUs, or a share of one"),
        (["--device", "gtx970", "--memory", "1GiB"], "Give --memory 11GiB, or --device NAME."),
        (["--random", "0"], "0 is not in the range x>=1"),
        (["--jobs", "0"], "0 is not in the range x>=1"),
    ],
)
def test_a_wrong_command_line_is_told(options, said):
    assert said in refusal("-e", NET.format("n"), *options)


# runs


@pytest.fixture
def pretended(monkeypatch):
    pretend.pretend(monkeypatch.setattr)


def swept(text, folder, *options):
    words = ["sweep", "-e", text, "--out", str(folder), *map(str, options)]
    return CliRunner().invoke(cli, words)


def starts(folder):
    """How often each point was started."""
    return {file.parent.name: len(file.read_text()) for file in folder.glob("*/starts")}


def rows_of(folder):
    with open(folder / "results.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_a_sweep_trains_each_point_once_and_skips_what_is_finished(pretended, tmp_path):
    first = swept(NET.format("d"), tmp_path, "--jobs", 2)
    assert first.exit_code == 0, first.output
    names = ["batch=64,d=0", "batch=64,d=1", "batch=128,d=0", "batch=128,d=1"]
    assert starts(tmp_path) == dict.fromkeys(names, 1)
    results = (tmp_path / "results.csv").read_bytes()
    again = swept(NET.format("d"), tmp_path)
    assert again.exit_code == 0
    assert starts(tmp_path) == dict.fromkeys(names, 1)
    assert (tmp_path / "results.csv").read_bytes() == results
    larger = swept(NET.format("d").replace("64|128", "64|128|256"), tmp_path)
    assert larger.exit_code == 0
    assert starts(tmp_path) == dict.fromkeys([*names, "batch=256,d=0", "batch=256,d=1"], 1)


def test_results(pretended, tmp_path):
    result = swept(
        "input 8x8x1 train batch=64|128|256 epochs=3 fc10", tmp_path, "--memory", "64KiB"
    )
    assert result.exit_code == 0
    assert (tmp_path / "results.csv").read_text() == (
        "batch,state,params,training_bytes,trained_epochs,best_epoch,validation_accuracy,"
        "test_accuracy,seconds,folder,note\n"
        "64,finished,650,31904,3,3,0.5625,0.5615234375,1.25,batch=64,\n"
        "128,finished,650,53408,3,3,0.625,0.6240234375,1.25,batch=128,\n"
        '256,left out,650,96416,0,,,,,batch=256,"training needs 96,416 bytes (94.16 KiB), but the '
        'memory given has 65,536 bytes (64.00 KiB)"\n'
    )
    assert (tmp_path / "results.md").read_text() == (
        "| batch | state | params | training bytes | trained epochs | best epoch | validation "
        "accuracy | test accuracy | seconds |\n"
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        "| 128 | finished | 650 | 53,408 | 3 | 3 | 0.6250 | 0.6240 | 1.2 |\n"
        "| 64 | finished | 650 | 31,904 | 3 | 3 | 0.5625 | 0.5615 | 1.2 |\n"
        "| 256 | left out | 650 | 96,416 | 0 |  |  |  |  |\n"
        "\n"
        "- batch=256: training needs 96,416 bytes \\(94.16 KiB\\), but the memory given has 65,536 "
        "bytes \\(64.00 KiB\\)\n"
    )
    table = [line.split() for line in result.stdout.splitlines()]
    assert [row[0] for row in table if len(row) > 3 and row[1] in ("finished", "left")] == [
        "128",
        "64",
        "256",
    ]
    assert "batch=64: finished, 3 epochs, validation 0.5625, test 0.5615" in result.stderr


def test_a_point_that_cannot_fit_is_left_out_with_both_figures(pretended, tmp_path):
    text = "input 224x224x3 train opt=sgd batch=8|4096 epochs=1 conv64k3 gap fc10"
    result = swept(text, tmp_path, "--device", "gtx970")
    assert result.exit_code == 0
    needed = 4 * (4096 * (224 * 224 * 3 + 2 * (224 * 224 * 64 + 64 + 10)) + 2 * (1792 + 650))
    assert (
        f"batch=4096 is left out: training needs {needed:,} bytes ({needed / 2**30:.2f} GiB), but "
        "GeForce GTX 970 has 4,294,967,296 bytes (4.00 GiB)\n"
    ) in result.stderr
    assert starts(tmp_path) == {"batch=8": 1}
    free = swept(text, tmp_path)
    assert starts(tmp_path) == {"batch=8": 1, "batch=4096": 1}, free.output
    assert "left out" not in free.stderr


def test_a_point_that_says_no_network_is_left_out(pretended, tmp_path):
    text = "input 8x8x4 train epochs=1 let g = 2 sweep g=2|3 conv6k3g(g) fc10"
    result = swept(text, tmp_path)
    assert result.exit_code == 0
    assert "g=3 is left out: " in result.stderr
    assert starts(tmp_path) == {"g=2": 1}


def test_a_point_that_fails_is_told_and_the_others_go_on(pretended, tmp_path):
    result = swept(NET.format("bad"), tmp_path)
    assert result.exit_code == 1
    states = {row["folder"]: row["state"] for row in rows_of(tmp_path)}
    assert states == {
        "batch=64,bad=0": "finished",
        "batch=64,bad=1": "failed",
        "batch=128,bad=0": "finished",
        "batch=128,bad=1": "failed",
    }
    notes = {row["folder"]: row["note"] for row in rows_of(tmp_path)}
    assert notes["batch=64,bad=1"] == "its program ended with status 1: no luck"
    assert notes["batch=64,bad=0"] == ""
    output = tmp_path / "batch=64,bad=1" / "output.txt"
    first, chatter, last = output.read_text().splitlines()
    assert (first, last) == ("a program of batch 64", "no luck")
    assert chatter.startswith("I0000")
    assert (
        "batch=64 bad=1 failed: its program ended with status 1: no luck\n"
        "    a program of batch 64\n"
        "    no luck\n"
        f"    the whole output is in {output}\n"
    ) in result.stderr
    assert swept(NET.format("bad"), tmp_path).exit_code == 1
    assert set(starts(tmp_path).values()) == {1, 2}, "what failed is tried again"


def test_jobs_are_how_many_run_at_once(pretended, tmp_path):
    alone = NET.replace("sweep {0}=0|1", "sweep {0}=1").format("alone")
    assert swept(alone, tmp_path / "one", "--jobs", 1).exit_code == 0
    pair = NET.replace("sweep {0}=0|1", "sweep {0}=1").format("pair")
    assert swept(pair, tmp_path / "two", "--jobs", 2).exit_code == 0


def test_a_sweep_with_more_epochs_goes_on_and_with_another_network_does_not(pretended, tmp_path):
    text = "input 8x8x1 train batch=64|128 epochs=3 fc10"
    assert swept(text, tmp_path, "--epochs", 1).exit_code == 0
    assert [row["trained_epochs"] for row in rows_of(tmp_path)] == ["1", "1"]
    assert swept(text, tmp_path).exit_code == 0
    assert [row["trained_epochs"] for row in rows_of(tmp_path)] == ["3", "3"]
    log = (tmp_path / "batch=64" / "log.csv").read_text().splitlines()[1:]
    assert [line[0] for line in log] == ["0", "1", "2"]
    other = swept(text.replace("epochs=3", "epochs=4"), tmp_path)
    assert str(other.exception) == (
        f"{tmp_path / 'batch=64'} contains the run of another program\n"
        "    hint: give another folder with --out, or remove that one"
    )


def test_two_sweeps_are_not_in_one_folder(pretended, tmp_path, monkeypatch):
    monkeypatch.setattr("netform.codegen.run.lock._PATIENCE", 0.0)
    with locked(tmp_path):
        result = swept(NET.format("d"), tmp_path)
    assert str(result.exception) == (
        f"another training runs in {tmp_path}\n"
        "    hint: wait until it has ended, or give another folder with --out"
    )


def test_results_as_json(pretended, tmp_path):
    result = swept(NET.format("d"), tmp_path, "--random", 2, "--seed", 7, "--json")
    found = json.loads(result.stdout)
    assert (found["network"], found["folder"]) == ("network", str(tmp_path))
    points = random_points(netform.parse(NET.format("d")).axes, 2, 7)
    assert [point["name"] for point in found["points"]] == [point.name for point in points]
    assert found["points"][0] == {
        "name": points[0].name,
        "values": dict(points[0].values),
        "note": "",
        "state": "finished",
        "params": 650,
        "training_bytes": training_memory(
            netform.parse("input 8x8x1 fc10"), int(dict(points[0].values)["batch"])
        ),
        "trained_epochs": 3,
        "best_epoch": 3,
        "validation_accuracy": 0.5 + int(dict(points[0].values)["batch"]) / 1024,
        "test_accuracy": 0.5 + (int(dict(points[0].values)["batch"]) - 1) / 1024,
        "seconds": 1.25,
    }


# a sweep that is cut short


@needs_proc
def test_a_sweep_that_is_killed_leaves_no_process_and_loses_nothing(tmp_path):
    process = begin(tmp_path)
    wait_until(lambda: epochs_logged(tmp_path) == 4)  # two runs, two epochs each
    assert len(processes_of(tmp_path)) == 4, "two programs, each on its leash"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    wait_until(lambda: not processes_of(tmp_path))
    (tmp_path / "go").touch()
    again = begin(tmp_path)
    _, errors = again.communicate()
    assert again.returncode == 0, errors
    assert "batch=64 gate=1: runs on after epoch 2" in errors
    for batch in (64, 128, 256):
        log = (tmp_path / f"batch={batch},gate=1" / "log.csv").read_text().splitlines()[1:]
        assert [line.split(",")[0] for line in log] == ["0", "1", "2", "3", "4", "5"]


@needs_proc
def test_the_results_of_a_killed_sweep_are_those_of_the_points_that_have_ended(tmp_path):
    """Of two batches, each with a point that waits for ever: half of the table."""
    process = begin(tmp_path, NET.format("gate"), more=("--jobs", "3"))

    def ended():
        file = tmp_path / "results.csv"
        rows = rows_of(tmp_path) if file.exists() else []
        return {row["folder"] for row in rows if row["state"] == "finished"}

    wait_until(lambda: ended() == {"batch=64,gate=0", "batch=128,gate=0"})
    process.send_signal(signal.SIGKILL)
    process.communicate()
    wait_until(lambda: not processes_of(tmp_path))
    assert len(rows_of(tmp_path)) == 4
    for row in rows_of(tmp_path):
        assert (row["test_accuracy"] != "") == (row["folder"] in ended())
    assert "| finished |" in (tmp_path / "results.md").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux sees to it")
def test_a_program_ends_with_its_leash_however_that_ends(tmp_path):
    """Ray kills the children of a worker, but not theirs."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "x.py").write_text("import time\nopen('up', 'w')\ntime.sleep(300)\n")
    process = start(Run(GridPoint(()), tmp_path / "run", "x"), False, where=tmp_path)
    wait_until((tmp_path / "up").exists)
    assert len(processes_of(tmp_path)) == 2
    os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: not processes_of(tmp_path))
    process.communicate()


@needs_proc
def test_ctrl_c_ends_all_runs_and_says_how_to_go_on(tmp_path):
    process = begin(tmp_path)
    wait_until(lambda: epochs_logged(tmp_path) == 4)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 1
    assert processes_of(tmp_path) == []
    assert errors.endswith(
        "the sweep was interrupted\n"
        "    hint: start it again to continue; finished points are kept\n"
    )
    assert [row["trained_epochs"] for row in rows_of(tmp_path)] == ["2", "2", "0"]
    states = [row["state"] for row in rows_of(tmp_path)]
    assert states == ["interrupted", "interrupted", "waiting"]
    (tmp_path / "go").touch()
    again = begin(tmp_path)
    _, errors = again.communicate()
    assert again.returncode == 0, errors
    assert [row["state"] for row in rows_of(tmp_path)] == ["finished"] * 3


def test_a_log_that_is_being_written_is_read_as_far_as_it_is_whole(tmp_path):
    from netform.codegen.run.sweep.outcome import read_log

    run = Run(GridPoint(()), tmp_path, "x")
    assert read_log(run) == []
    (tmp_path / "log.csv").write_text(
        "epoch,val_accuracy,val_loss\n0,0.25,2\n1,nan,1.5\nx,,\n2,0.5,1\n3,0.9,0.5"
    )
    assert read_log(run) == [(1, 0.25, 2), (2, 0.0, 1.5), (3, 0.5, 1)]


def test_the_state_of_a_point_is_what_became_of_its_last_run(tmp_path):
    """Not of an earlier one: its summary stays where a longer run of the point fails."""
    run = Run(GridPoint(()), tmp_path, "x", "program", options=("--epochs=9",))
    (tmp_path / "x.py").write_text("program")
    (tmp_path / "summary.json").write_text('{"epochs": 3, "test_accuracy": 0.5, "seconds": "x"}')
    assert outcome.outcome_of(run).state is State.WAITING
    outcome.begin(run)
    assert outcome.outcome_of(run, is_running=True).state is State.RUNNING
    assert outcome.outcome_of(run).state is State.INTERRUPTED
    outcome.end(run, 1)
    assert outcome.outcome_of(run).state is State.FAILED
    outcome.end(run, 0)
    ended = outcome.outcome_of(run)
    assert (ended.state, ended.epochs, ended.test_accuracy) == (State.FINISHED, 3, 0.5)
    assert ended.seconds is None, "no number"
    for damaged in ('{"epochs": 3, "te', "{}", '{"epochs": "3"}', '{"epochs": null}', "[3]"):
        (tmp_path / "summary.json").write_text(damaged)
        assert outcome.outcome_of(run).state is State.INTERRUPTED, "it is tested again"
    (tmp_path / "summary.json").unlink()
    outcome.end(run, 0)
    assert outcome.outcome_of(run).state is State.FAILED, "without a summary it has not ended well"


@pytest.mark.parametrize(
    ("status", "printed", "note"),
    [
        (3, "", "its program ended with status 3"),
        (1, "one\ntwo\n\n", "its program ended with status 1: two"),
        (
            1,
            "Traceback (most recent call last):\n  File 'x'\n    no()\nValueError: no\n\nby the way\n",
            "its program ended with status 1: ValueError: no",
        ),
        (
            137,
            "Epoch 1\n",
            "its program was killed by signal 9 (SIGKILL), as a system does that is short of "
            "memory: Epoch 1",
        ),
        (139, "", "its program was killed by signal 11 (SIGSEGV)"),
    ],
)
def test_the_note_of_a_point_says_why_it_failed(status, printed, note, tmp_path):
    run = Run(GridPoint(()), tmp_path, "x", "program")
    (tmp_path / "x.py").write_text("program")
    (tmp_path / "output.txt").write_text("I0000 00:00:1.2  1 port.cc:1] of TensorFlow\n" + printed)
    outcome.end(run, status)
    assert outcome.outcome_of(run).note.splitlines()[0] == note


def test_no_cell_of_the_results_is_a_formula_or_markdown(tmp_path):
    values = [
        "=1+2",
        "-2",
        "+x",
        "@a",
        "-3.5e1",
        "\tx",
        "a|b",
        "<b>",
        "**b**",
        "\uff1dA1",
        "[a](b)",
    ]
    axes = [Axis("n", tuple(values))]
    outcomes = [
        Outcome(Run(point, tmp_path / "=f", "x"), State.FAILED, note="=cmd()\nmore")
        for point in all_points(axes)
    ]
    write_results(outcomes, axes, tmp_path)
    rows = rows_of(tmp_path)
    harmless = ["'=1+2", "-2", "'+x", "'@a", "-3.5e1", "'\tx", "a|b", "<b>", "**b**", "'\uff1dA1"]
    assert [row["n"] for row in rows] == [*harmless, "[a](b)"]
    assert {(row["folder"], row["note"]) for row in rows} == {("'=f", "'=cmd()")}
    table, _, notes = (tmp_path / "results.md").read_text().partition("\n\n")
    assert {line.count(" | ") for line in table.splitlines()} == {8}
    assert "\\<b\\>" in table
    assert "\\*\\*b\\*\\*" in table
    assert "\\[a\\]\\(b\\)" in notes


# the picture


def test_the_picture_shows_every_axis_and_has_the_same_bytes_for_the_same_outcomes(tmp_path):
    pytest.importorskip("matplotlib")
    axes = [Axis("batch", ("32", "64")), Axis("d", ("0", "0.25", "0.5"))]
    outcomes = [
        Outcome(Run(p, tmp_path, "x"), State.FINISHED, 1, 1, accuracy)
        for p, accuracy in zip(all_points(axes), (0.1, 0.2, 0.3, 0.4, 0.5, 0.9), strict=True)
    ]
    pictures = []
    for name in ("a.svg", "b.svg"):
        assert draw_effects(outcomes, axes, "a $network$", tmp_path / name)
        pictures.append((tmp_path / name).read_text())
    assert pictures[0] == pictures[1]
    written = re.findall(r"<text[^>]*>([^<]*)</text>", pictures[0])
    assert {"batch", "32", "64", "d", "0", "0.25", "0.5", "a $network$: 6 points"} <= set(written)
    without = [Outcome(Run(all_points(axes)[0], tmp_path, "x"), State.FAILED)]
    assert not draw_effects(without, axes, "x", tmp_path / "c.svg")


# real programs

DIGITS = (
    "input 8x8x1 data set=digits train batch=64|256 epochs=1 let d = 0 sweep d=0.5 "
    "conv4k3 pool2 drop(d) fc10"
)


def test_a_real_sweep_and_the_same_again(tmp_path):
    words = ["-m", "netform", "sweep", "-e", DIGITS, "--out", tmp_path, "--jobs", "2"]
    command = [sys.executable, *map(str, words)]
    first = subprocess.run(command, capture_output=True, text=True)
    assert first.returncode == 0, first.stderr
    rows = rows_of(tmp_path)
    assert [row["state"] for row in rows] == ["finished", "finished"]
    for row in rows:
        summary = json.loads((tmp_path / row["folder"] / "summary.json").read_text())
        assert summary["batch"] == int(row["batch"])
        assert summary["params"] == int(row["params"]) == 690
        assert summary["test_accuracy"] == float(row["test_accuracy"])
        source = next((tmp_path / row["folder"]).glob("*.py")).read_text()
        assert "layers.Dropout(0.5" in source
    kept = {file: file.stat().st_mtime_ns for file in tmp_path.glob("*/*")}
    again = subprocess.run(command, capture_output=True, text=True)
    assert again.stderr == "2 points: 2 finished\n"
    assert again.stdout == first.stdout
    assert {file: file.stat().st_mtime_ns for file in tmp_path.glob("*/*")} == kept


@pytest.mark.long
@needs_proc
def test_a_real_sweep_that_is_killed_goes_on(tmp_path):
    text = DIGITS.replace("epochs=1", "epochs=40")
    process = begin(tmp_path, text, ("-m", "netform"))
    wait_until(lambda: epochs_logged(tmp_path) >= 6)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    wait_until(lambda: not processes_of(tmp_path))
    again = begin(tmp_path, text, ("-m", "netform"))
    _, errors = again.communicate()
    assert again.returncode == 0, errors
    assert "runs on after epoch" in errors
    for row in rows_of(tmp_path):
        with open(tmp_path / row["folder"] / "log.csv", newline="") as log:
            assert [int(epoch["epoch"]) for epoch in csv.DictReader(log)] == list(range(40))
