"""Epochs of an emitted program and of another loop in turn, so that both share slow moments.

The program runs as it is, with one more callback, a clock, which trains the other side for an
epoch after each of the program's. Only steps are timed: validation, saving and the first epoch,
which compiles, are not.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

import netform

PAIRS = 7  # of timed epochs


class Steps(keras.callbacks.Callback):
    """The seconds that the steps of every epoch take."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.started = time.perf_counter()

    def on_test_begin(self, logs: Any = None) -> None:
        self.seconds.append(time.perf_counter() - self.started)


class Turns(Steps):
    """The same, with an epoch of the other side after each."""

    def __init__(self, other: Callable[[Steps], object]) -> None:
        super().__init__()
        self.other, self.others = other, Steps()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.other(self.others)


def program_of(network: netform.Network) -> types.ModuleType:
    """The emitted program as a module."""
    module = types.ModuleType(network.name)
    exec(compile(network.emit(), f"{network.name}.py", "exec"), module.__dict__)
    return module


def pairs(
    program: types.ModuleType, options: list[str], folder: Path, other: Callable[[Steps], object]
) -> list[tuple[float, float]]:
    """Seconds of the program's epochs and of the other side's, pair by pair."""
    turns, fit = Turns(other), keras.Model.fit

    def clocked(model: keras.Model, data: Any, *, callbacks: list[Any], **options: Any) -> Any:
        with mock.patch.object(keras.Model, "fit", fit):
            return fit(model, data, callbacks=[turns, *callbacks], **options)

    command = ["program", "--epochs", str(PAIRS + 1), "--out", str(folder), *options]
    with (
        mock.patch.object(keras.Model, "fit", clocked),
        mock.patch.object(sys, "argv", command),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        program.main()
    return list(zip(turns.seconds, turns.others.seconds, strict=True))[1:]
