"""Sweeps on Ray: a real cluster on this machine, of two processors and a card that it only claims."""

import csv
import signal
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import netform
from netform.cli import cli
from support import pretend
from support.sweeps import GATED, NET, begin, epochs_logged, needs_proc, processes_of, wait_until

BATCHES = "input 8x8x1 train batch={} epochs=6 fc10"


@pytest.fixture(scope="module")
def cluster():
    ray = pytest.importorskip("ray")
    pytest.importorskip("ray.tune")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
        ray.init("local", num_cpus=2, num_gpus=1, include_dashboard=False, log_to_driver=False)
        yield
        ray.shutdown()


@pytest.fixture
def on_ray(monkeypatch, cluster):
    pretend.pretend(monkeypatch.setattr)
    return lambda text, folder, *options: swept(text, folder, "--engine", "ray", *options)


def swept(text, folder, *options):
    words = ["sweep", "-e", text, "--out", str(folder), *map(str, options)]
    return CliRunner().invoke(cli, words)


def column(folder, name):
    with open(folder / "results.csv", newline="") as file:
        return [row[name] for row in csv.DictReader(file)]


def starts(folder):
    return sorted(file.parent.name for file in folder.glob("*/starts"))


def test_a_sweep_on_ray_needs_ray(monkeypatch, tmp_path):
    pretend.pretend(monkeypatch.setattr)
    monkeypatch.setitem(sys.modules, "ray", None)
    result = swept(NET.format("d"), tmp_path, "--engine", "ray")
    assert str(result.exception) == ("this sweep needs Ray\n    hint: pip install 'netform[ray]'")


def test_a_cluster_that_is_not_there_is_told(monkeypatch, tmp_path):
    pytest.importorskip("ray.tune")
    pretend.pretend(monkeypatch.setattr)
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    result = swept(NET.format("d"), tmp_path, "--engine", "ray")
    assert str(result.exception) == (
        "no Ray cluster answers at 127.0.0.1:1: [Errno 111] Connection refused\n"
        "    hint: set RAY_ADDRESS to that of a cluster, or to nothing for one of this machine"
    )


@pytest.mark.long
def test_a_sweep_on_ray_has_the_results_of_one_here(on_ray, tmp_path):
    here = swept(NET.format("bad"), tmp_path / "here")
    there = on_ray(NET.format("bad"), tmp_path / "there")
    assert (here.exit_code, there.exit_code) == (1, 1)
    for name in ("results.csv", "results.md"):
        assert (tmp_path / "here" / name).read_text() == (tmp_path / "there" / name).read_text()
    assert column(tmp_path / "there", "state") == ["finished", "failed"] * 2
    assert "    no luck\n" in there.stderr
    assert starts(tmp_path / "here") == starts(tmp_path / "there")
    on_ray(NET.format("bad"), tmp_path / "there")
    again = {f.parent.name: f.read_text() for f in (tmp_path / "there").glob("*/starts")}
    assert [again[f"batch=64,bad={bad}"] for bad in (0, 1)] == ["x", "xx"]


@pytest.mark.long
def test_runs_share_a_card(on_ray, tmp_path):
    """One card: two runs that wait for each other need a half each, and whole ones take turns."""
    pair = NET.replace("sweep {0}=0|1", "sweep {0}=1").format("pair")
    assert on_ray(pair, tmp_path / "two", "--gpus-per-run", "1/2").exit_code == 0
    alone = NET.replace("sweep {0}=0|1", "sweep {0}=1").format("alone")
    assert on_ray(alone, tmp_path / "one", "--gpus-per-run", 1).exit_code == 0
    result = on_ray(pair, tmp_path / "none", "--gpus-per-run", 2)
    assert str(result.exception) == (
        "a run is to have 2 GPUs, but the cluster has 1\n"
        "    hint: leave out --gpus-per-run, or start Ray where it sees the GPUs"
    )


@pytest.mark.long
def test_asha_stops_what_does_badly_and_remembers_what_it_has_seen(on_ray, tmp_path):
    text = BATCHES.format("512|64|32")
    first = on_ray(text, tmp_path, "--asha", "--jobs", 1)
    assert first.exit_code == 0, first.output
    assert column(tmp_path, "state") == ["finished", "stopped", "stopped"]
    assert column(tmp_path, "trained_epochs")[0] == "6"
    assert all(int(epochs) < 6 for epochs in column(tmp_path, "trained_epochs")[1:])
    assert on_ray(text, tmp_path, "--asha", "--jobs", 1).exit_code == 0
    assert {len(file.read_text()) for file in tmp_path.glob("*/starts")} == {1}
    more = on_ray(BATCHES.format("512|64|32|128|1024"), tmp_path, "--asha", "--jobs", 1)
    assert more.exit_code == 0, more.output
    assert column(tmp_path, "state") == ["finished", "stopped", "stopped", "stopped", "finished"]
    rest = swept(text, tmp_path)
    assert rest.exit_code == 0
    assert column(tmp_path, "state") == ["finished"] * 3
    log = (tmp_path / "batch=64" / "log.csv").read_text().splitlines()[1:]
    assert [line[0] for line in log] == list("012345")


@pytest.mark.long
@needs_proc
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_a_sweep_on_ray_that_is_cut_short_leaves_no_run(sign, tmp_path):
    """On a local cluster of Ray's own, which the sweep starts and ends."""
    pytest.importorskip("ray.tune")
    process = begin(tmp_path, GATED, more=("--engine", "ray"))
    wait_until(lambda: epochs_logged(tmp_path) == 4)
    process.send_signal(sign)
    _, errors = process.communicate()
    if sign == signal.SIGINT:
        assert process.returncode == 1
        assert "the sweep was interrupted" in errors
    wait_until(lambda: not processes_of(tmp_path))
    (tmp_path / "go").touch()
    again = begin(tmp_path, GATED, more=("--engine", "ray"))
    _, errors = again.communicate()
    assert again.returncode == 0, errors
    assert column(tmp_path, "state") == ["finished"] * 3
    log = (tmp_path / "batch=64,gate=1" / "log.csv").read_text().splitlines()[1:]
    assert [line[0] for line in log] == list("012345")


@pytest.mark.long
def test_a_real_sweep_on_ray(cluster, tmp_path):
    text = "input 8x8x1 data set=digits train batch=64|128 epochs=2 conv4k3 pool2 fc10"
    result = swept(text, tmp_path, "--engine", "ray", "--asha")
    assert result.exit_code == 0, result.output
    assert "finished" in column(tmp_path, "state")
    assert set(column(tmp_path, "params")) == {str(netform.parse(text).at().params)}
