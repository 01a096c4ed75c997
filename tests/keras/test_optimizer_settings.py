"""What the settings of ``train`` do to the optimizer and to its learning rate."""

import math
from pathlib import Path
from unittest import mock

import keras
import numpy as np
import pytest

from netform.dsl.settings import OPTIMIZERS
from support.programs import program, run


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_train_opt_is_the_optimizer_of_its_name(name, begun):
    optimizer = begun(f"train opt={name}").optimizer
    known = {"momentum": "sgd", "schedulefree": "schedulefreeadamw"}.get(name, name)
    assert type(optimizer).__name__.lower() == known
    if known == "sgd":
        assert optimizer.momentum == (0.9 if name == "momentum" else 0)


def test_train_lr_is_the_learning_rate(begun):
    assert float(begun("train lr=0.02").optimizer.learning_rate) == pytest.approx(0.02)


def rates(started, *steps):
    return [float(started.optimizer._learning_rate(step)) for step in steps]


LENGTH = "train batch=64 epochs=10 lr=0.1"  # 8 steps an epoch


def test_train_schedule_cosine_is_half_a_wave(begun):
    started = begun(f"{LENGTH} schedule=cosine")
    steps = 10 * len(started.train)
    asked = [0, 1, steps // 3, steps - 1, steps]
    waves = [0.05 * (1 + math.cos(math.pi * step / steps)) for step in asked]
    assert rates(started, *asked) == pytest.approx(waves, abs=1e-6)


def test_train_warmup_rises_to_the_rate_before_the_wave(begun):
    started = begun(f"{LENGTH} schedule=cosine warmup=2")
    warm, steps = 2 * len(started.train), 10 * len(started.train)
    middle = (warm + steps) // 2
    wave = 0.05 * (1 + math.cos(math.pi * (middle - warm) / (steps - warm)))
    found = rates(started, 0, warm // 2, warm, middle, steps)
    assert found == pytest.approx([0, 0.05, 0.1, wave, 0], abs=1e-6)


def test_train_schedule_step_takes_tenths_at_half_and_at_three_quarters(begun):
    started = begun(f"{LENGTH} schedule=step")
    steps = 10 * len(started.train)
    found = rates(started, 0, steps // 2 - 1, steps // 2 + 1, steps * 3 // 4 + 1, steps)
    assert found == pytest.approx([0.1, 0.1, 0.01, 0.001, 0.001])


def test_train_schedule_exponential_ends_at_a_hundredth(begun):
    started = begun(f"{LENGTH} schedule=exponential")
    steps = 10 * len(started.train)
    assert rates(started, 0, steps // 2, steps) == pytest.approx([0.1, 0.01, 0.001], rel=1e-4)


def epochs_of(started, accuracies):
    """Tell the program's own callback of epochs with some accuracies; after each, the model."""
    (callback,) = (one for one in started.callbacks if type(one).__name__ == "Checkpoint")
    callback.set_model(started.model)
    started.model.stop_training = False
    with mock.patch.object(started.model, "save", lambda path: Path(path).write_bytes(b"")):
        for epoch, accuracy in enumerate(accuracies):
            callback.on_epoch_end(epoch, {"loss": 1.0, "val_accuracy": accuracy, "val_loss": 1.0})
            yield started.model


def test_train_schedule_plateau_lowers_the_rate_after_ten_epochs_without_a_better_one(begun):
    started = begun("train lr=0.1 schedule=plateau epochs=40")
    found = [
        float(model.optimizer.learning_rate)
        for model in epochs_of(
            started, [0.4, 0.5, *[0.3] * 9, 0.3, *[0.3] * 9, 0.3, 0.6, *[0.1] * 10]
        )
    ]
    assert found == pytest.approx([0.1] * 11 + [0.01] * 10 + [0.001] * 11 + [0.0001])


def test_train_early_ends_after_epochs_without_a_better_one(begun):
    started = begun("train early=3 epochs=40")
    found = [model.stop_training for model in epochs_of(started, [0.4, 0.3, 0.5, 0.4, 0.4, 0.4])]
    assert found == [False] * 5 + [True]


def after_one_step(started, gradients):
    before = [np.array(weight) for weight in started.model.trainable_variables]
    started.optimizer.apply(
        [keras.ops.convert_to_tensor(gradient.astype("float32")) for gradient in gradients],
        started.model.trainable_variables,
    )
    return [
        np.array(weight) - old
        for weight, old in zip(started.model.trainable_variables, before, strict=True)
    ]


def test_train_clip_bounds_the_norm_of_all_gradients_together(begun):
    started = begun("train opt=sgd lr=1 clip=0.5")
    gradients = [np.full(weight.shape, 3.0) for weight in started.model.trainable_variables]
    steps = after_one_step(started, gradients)
    norm = math.sqrt(sum(np.square(gradient).sum() for gradient in gradients))
    for step, gradient in zip(steps, gradients, strict=True):
        np.testing.assert_allclose(step, -0.5 / norm * gradient, rtol=1e-4)
    small = [gradient / 1000 for gradient in gradients]
    for step, gradient in zip(after_one_step(started, small), small, strict=True):
        np.testing.assert_allclose(step, -gradient, rtol=1e-3)


def test_train_decay_shrinks_weights_but_not_biases_and_norms(begun):
    started = begun("train opt=sgd lr=0.5 decay=0.2", chain="conv2k3:bn.relu fc2")
    before = [np.array(weight) for weight in started.model.trainable_variables]
    steps = after_one_step(started, [np.zeros(weight.shape) for weight in before])
    for variable, old, step in zip(started.model.trainable_variables, before, steps, strict=True):
        share = 0.5 * 0.2 if variable.name == "kernel" else 0
        np.testing.assert_allclose(step, -share * old, rtol=1e-4, atol=1e-7)


def test_train_ema_averages_the_weights_of_every_step(begun):
    started = begun("train opt=sgd lr=1 ema=0.75")
    kept = None
    for number in range(4):
        gradients = [np.full(w.shape, number + 1.0) for w in started.model.trainable_variables]
        after_one_step(started, gradients)
        weights = [np.array(weight) for weight in started.model.trainable_variables]
        kept = kept or weights  # averages begin with the first step
        kept = [0.75 * old + 0.25 * new for old, new in zip(kept, weights, strict=True)]
    averages = started.optimizer._model_variables_moving_average
    for average, expected in zip(averages, kept, strict=True):
        np.testing.assert_allclose(average, expected, rtol=1e-5)


def test_train_ema_keeps_the_averages_as_the_best_model(tmp_path):
    run(program("train opt=sgd lr=1 ema=0.75 epochs=1", "gap fc3"), tmp_path)
    best, last = (keras.saving.load_model(tmp_path / f"{name}.keras") for name in ("best", "last"))
    averages = last.optimizer._model_variables_moving_average
    for weight, average in zip(best.trainable_variables, averages, strict=True):
        np.testing.assert_allclose(weight, average, rtol=1e-4)
    assert not np.allclose(last.trainable_variables[0], averages[0], rtol=0.01)
