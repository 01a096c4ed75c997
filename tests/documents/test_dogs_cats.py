"""Dogs against cats, as published, on drawn pictures: augmented, gone on with, watched, submitted."""

import csv
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import netform
from support import animals

EXAMPLE = Path(__file__).parents[2] / "examples" / "dogs_cats_1.net"
COUNTS = {"train": 100, "test": 30}
CARD = """
class NVMLError(Exception):
    pass

class Use:
    gpu, used = 42, 2**30

def nvmlInit():
    {started}

nvmlDeviceGetHandleByIndex = nvmlDeviceGetUtilizationRates = nvmlDeviceGetMemoryInfo = lambda _: Use
NVML_TEMPERATURE_GPU = 0
nvmlDeviceGetTemperature = lambda card, sensor: 65
"""

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with the pictures and two runs of the program into one: without a card, with one."""
    folder = tmp_path_factory.mktemp("animals")
    truth = animals.draw_folders(folder / "images", COUNTS)
    network = netform.load(EXAMPLE).reading(folder / "images")
    (folder / "program.py").write_text(network.emit(), encoding="utf-8")
    for card, started in (("without", "raise NVMLError"), ("with", "return")):
        (folder / card).mkdir()
        (folder / card / "pynvml.py").write_text(CARD.format(started=started))
    run(folder, "without", "--epochs", 3)
    assert not (folder / "run" / "gpu.csv").exists()
    run(folder, "with", "--epochs", 8)
    run(folder, "without", "predict", folder / "images" / "unknown", "--csv", folder / "told.csv")
    return folder, truth


def run(folder, card, *options):
    command = [sys.executable, folder / "program.py", "--out", folder / "run", "--batch", 32]
    environment = os.environ | {"PYTHONPATH": str(folder / card)}
    command = [str(word) for word in (*command, *options)]
    subprocess.run(command, env=environment, check=True)


def rows(file):
    with open(file, newline="") as found:
        return list(csv.DictReader(found))


def test_animals_are_told_apart(trained):
    summary = json.loads((trained[0] / "run" / "summary.json").read_text())
    assert summary["params"] == 4_195_457
    assert summary["classes"] == ["cat", "dog"]
    assert summary["test_accuracy"] >= 0.9


def test_the_second_run_goes_on_with_the_first(trained):
    log = rows(trained[0] / "run" / "log.csv")
    assert [row["epoch"] for row in log] == [str(epoch) for epoch in range(8)]
    assert float(log[-1]["loss"]) < float(log[0]["loss"])


def test_a_card_is_watched_every_second_and_no_card_leaves_no_file(trained):
    log = rows(trained[0] / "run" / "gpu.csv")
    assert {(row["use_percent"], row["memory_bytes"], row["celsius"]) for row in log} == {
        ("42", str(2**30), "65")
    }
    times = [float(row["time"]) for row in log]
    assert all(later - before >= 0.9 for before, later in itertools.pairwise(times))


def test_the_submission_names_every_picture_and_most_of_them_rightly(trained):
    folder, truth = trained
    told = {row["image"]: row["class"] for row in rows(folder / "told.csv")}
    assert told.keys() == truth.keys()
    assert sum(told[name] == truth[name] for name in truth) >= 0.9 * len(truth)
