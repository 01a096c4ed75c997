"""What the tests of emitted programs share."""

import itertools
import types
from unittest import mock

import keras
import pytest

from support.programs import program, run


class Fitting(Exception):
    """Raised where a program would begin to fit."""


@pytest.fixture
def begun(tmp_path):
    """A program up to its fit: the model, the batches, and what else it gives to ``fit``."""
    numbers = itertools.count()

    def begin(settings, **form):
        given = {}

        def fit(model, train, **options):
            given.update(model=model, train=train, **options)
            raise Fitting

        with mock.patch.object(keras.Model, "fit", fit), pytest.raises(Fitting):
            run(program(settings, **form), tmp_path / f"run{next(numbers)}")
        return types.SimpleNamespace(**given, optimizer=given["model"].optimizer)

    return begin
