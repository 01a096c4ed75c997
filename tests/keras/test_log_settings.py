"""What ``train log=`` writes."""

import csv
import importlib.util
import sys
import types
from typing import Any
from unittest import mock

import keras
import numpy as np
import pytest

from support.programs import program, run


@pytest.mark.parametrize("with_matplotlib", [True, False])
def test_train_log_classes_tells_what_is_taken_for_what(with_matplotlib, tmp_path):
    module = program("data set=digits train log=classes epochs=2", "fc10", "8x8x1")
    if with_matplotlib:
        pytest.importorskip("matplotlib")
    else:
        module.find_spec = lambda name: None
    summary = run(module, tmp_path)
    images, labels = module.load_data(types.SimpleNamespace())[2]
    model = keras.saving.load_model(tmp_path / "best.keras")
    guesses = model.predict(images, verbose=0).argmax(axis=1)
    matrix = np.loadtxt(tmp_path / "confusion.csv", delimiter=",", dtype=int)
    expected = [[((labels == i) & (guesses == j)).sum() for j in range(10)] for i in range(10)]
    assert matrix.tolist() == expected
    shares = [(guesses[labels == label] == label).mean() for label in range(10)]
    assert summary["test_accuracy_by_class"] == pytest.approx(shares, abs=1e-4)
    assert summary["test_accuracy"] == pytest.approx((guesses == labels).mean(), abs=1e-5)
    assert (tmp_path / "confusion.png").exists() == with_matplotlib


@pytest.mark.parametrize("is_installed", [True, False])
def test_train_log_tensorboard_writes_where_tensorboard_is(is_installed, tmp_path, begun):
    made = mock.Mock(wraps=lambda folder: keras.callbacks.Callback())
    find_others = importlib.util.find_spec

    def find(name, *where):
        return is_installed or None if name == "tensorboard" else find_others(name, *where)

    with (
        mock.patch.object(keras.callbacks, "TensorBoard", made),
        mock.patch("importlib.util.find_spec", find),
    ):
        started = begun("train log=tensorboard")
    assert made.mock_calls == [mock.call(tmp_path / "run0" / "tensorboard")] * is_installed
    assert sum(type(one) is keras.callbacks.Callback for one in started.callbacks) == is_installed


def pynvml(cards):
    """A module as the card's maker gives it, for a machine with so many cards."""
    module: Any = types.ModuleType("pynvml")
    module.__spec__ = mock.Mock()
    module.NVMLError = type("NVMLError", (Exception,), {})
    module.NVML_TEMPERATURE_GPU = 0

    def card(index):
        if index >= cards:
            raise module.NVMLError
        return index

    module.nvmlInit = lambda: None
    module.nvmlDeviceGetHandleByIndex = card
    module.nvmlDeviceGetUtilizationRates = lambda card: types.SimpleNamespace(gpu=87, memory=40)
    memory = types.SimpleNamespace(used=11_000_000_000, total=12_000_000_000, free=1_000_000_000)
    module.nvmlDeviceGetMemoryInfo = lambda card: memory
    module.nvmlDeviceGetTemperature = lambda card, sensor: 71
    return module


@pytest.mark.parametrize("cards", [0, 1])
def test_train_log_gpu_is_a_row_a_second_of_what_the_card_does(cards, tmp_path, monkeypatch):
    module = program("train log=gpu")
    monkeypatch.setitem(sys.modules, "pynvml", pynvml(cards))
    done = mock.Mock(wait=mock.Mock(side_effect=[False, True, False, True]))
    for _ in range(2):  # a run that continues also continues its log
        module.log_gpu(tmp_path / "gpu.csv", done)
    if cards == 0:
        assert not (tmp_path / "gpu.csv").exists()
        return
    assert done.wait.mock_calls == [mock.call(1)] * 4
    with open(tmp_path / "gpu.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [{k: v for k, v in row.items() if k != "time"} for row in rows] == [
        {"use_percent": "87", "memory_bytes": "11000000000", "celsius": "71"}
    ] * 2


def test_train_log_gpu_needs_no_pynvml(tmp_path):
    module = program("train log=gpu epochs=1", "gap fc3")
    module.find_spec = lambda name: None
    assert run(module, tmp_path)["epochs"] == 1
    assert not (tmp_path / "gpu.csv").exists()
