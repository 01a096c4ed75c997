"""Emitted programs in this process, on whatever backend Keras has."""

import json
import os
import sys
import types
from unittest import mock

import keras

import netform


def module_of(source):
    """The emitted program as a module; nothing of it runs but its definitions."""
    module = types.ModuleType("emitted")
    with mock.patch.dict(os.environ):  # where programs choose a device
        exec(compile(source, "emitted.py", "exec"), module.__dict__)
    return module


def program(settings, chain="conv2k3 fc3", size="4x4x1"):
    """The program of a network with some settings, as a module."""
    return module_of(netform.parse(f"input {size} {settings} {chain}").emit())


def run(module, folder, *words):
    """Run a program with some words in a run folder, and leave Keras as it was; its summary."""
    policy = keras.config.dtype_policy()
    try:
        with mock.patch.object(sys, "argv", ["program", *map(str, words), "--out", str(folder)]):
            module.main()
    finally:
        keras.config.set_dtype_policy(policy)
    return json.loads((folder / "summary.json").read_text())
