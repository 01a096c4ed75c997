"""Every setting of ``data`` and ``train`` does in the program what it says, shown one by one.

The tests of a setting begin with ``test_data_SETTING_`` or ``test_train_SETTING_``, those of a word
it takes with the word after that; what another file shows stands in ELSEWHERE.
"""

import csv
import dataclasses
import importlib.util
import itertools
import math
import sys
import types
from pathlib import Path
from unittest import mock

import keras
import numpy as np
import pytest
from PIL import Image

import netform
from netform.dsl.settings import DATA_SETS, LOGS, OPTIMIZERS, ROWS, SCHEDULES, Data, Train
from netform.dsl.settings.augmentations import AUGMENTATIONS
from support.programs import module_of, run

ELSEWHERE = {
    "data_npz": "test_training.py::test_a_binary_network_learns_a_binary_task",
    "data_folder": "test_training.py::test_folders_of_classes",
    "data_aug_crop": "test_training.py::test_augmentation_mirrors_and_shifts_training_images_only",
    "train_device": "test_cards.py::test_a_card_is_chosen_by_its_number_in_nvidia_smi",
    "train_devices": "test_sharing.py::test_two_devices_learn_what_one_learns",
    "train_memory": "test_cards.py::test_pytorch_takes_a_share_of_every_card",
    "train_max_batches": "test_settings.py::test_a_length_in_batches_is_told_in_epochs",
}


def test_every_setting_has_a_test():
    asked = [f"{row.statement}_{row.key}" for row in ROWS]
    asked += [f"data_aug_{word}" for word in AUGMENTATIONS]
    asked += [f"train_schedule_{word}" for word in SCHEDULES] + [f"train_log_{w}" for w in LOGS]
    for setting in asked:
        if setting in ELSEWHERE:
            file, _, name = ELSEWHERE[setting].partition("::")
            assert f"def {name}(" in (Path(__file__).parent / file).read_text(encoding="utf-8")
        else:
            assert any(name.startswith(f"test_{setting}_") for name in globals()), setting


def test_every_field_has_a_setting():
    for statement, fields in (("data", Data), ("train", Train)):
        rows = [row for row in ROWS if row.statement == statement]
        found = {row.field for row in rows} - {""}
        if statement == "data":
            found |= {"path", *AUGMENTATIONS}
        assert found == {field.name for field in dataclasses.fields(fields)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_a_row_reads_its_example_and_refuses_another_value(row):
    assert [other.key for other in ROWS].count(row.key) == 1
    assert row.meaning
    found = row.fields(row.example.strip('"'))
    kind = {"data": Data, "train": Train}[row.statement]
    assert set(found) <= {field.name for field in dataclasses.fields(kind)}
    wrong = "no;such" if row.is_swept else ""
    with pytest.raises(netform.NetformError, match=f"{row.key} is .*, not '{wrong}'") as caught:
        netform.parse(f'input 8x8x3 {row.statement} {row.key}="{wrong}" fc10')
    assert caught.value.hint


def program(settings, chain="conv2k3 fc3", size="4x4x1"):
    return module_of(netform.parse(f"input {size} {settings} {chain}").emit())


class Fitting(Exception):
    """Raised where a program would begin to fit."""


@pytest.fixture
def begun(tmp_path):
    """A program up to its fit: the model, the batches, and what else it gives to ``fit``."""
    numbers = itertools.count()

    def begin(settings, **form):
        told = {}

        def fit(model, train, **options):
            told.update(model=model, train=train, **options)
            raise Fitting

        with mock.patch.object(keras.Model, "fit", fit), pytest.raises(Fitting):
            run(program(settings, **form), tmp_path / f"run{next(numbers)}")
        return types.SimpleNamespace(**told, optimizer=told["model"].optimizer)

    return begin


# ---- data


@pytest.mark.parametrize("name", DATA_SETS)
def test_data_set_reads_the_images_of_its_name(name):
    size = {"digits": "8x8x1", "mnist": "28x28x1", "fashion_mnist": "28x28x1"}.get(name, "32x32x3")
    module = program(f"data set={name}", "gap fc100", size)
    shape = tuple(map(int, size.split("x")))
    images = np.arange(20 * math.prod(shape), dtype="uint8").reshape(20, *shape)
    labels = np.arange(20)
    if name in ("digits", "synthetic"):
        (images, labels), (test, _) = module.load_data(None)
        assert len(images) + len(test) == (1797 if name == "digits" else 640)
        return
    loader = mock.Mock(return_value=((images, labels[:, None]), (images[:5], labels[:5])))
    with mock.patch.object(getattr(keras.datasets, name), "load_data", loader):
        (train, numbers), (test, _) = module.load_data(None)
    np.testing.assert_array_equal(train, images)
    assert numbers.tolist() == labels.tolist()
    assert len(test) == 5


def changed(settings, images, classes=2, times=1):
    """Batches as training sees them, and their labels, class after class."""
    height, width, channels = images.shape[1:]
    module = program(
        f"data set=synthetic {settings}", f"gap fc{classes}", f"{height}x{width}x{channels}"
    )
    labels = np.arange(len(images)) % classes
    train = module.Batches(images, labels, len(images), seed=0)
    train.order = np.arange(len(images))
    return train[0]


def test_data_aug_flip_mirrors_half_of_the_images():
    images = np.arange(12, dtype="float32").reshape(1, 3, 4, 1).repeat(1000, axis=0)
    found, _ = changed("aug=flip", images)
    mirrored = (found == images[:, :, ::-1]).all(axis=(1, 2, 3))
    assert 450 < mirrored.sum() < 550
    np.testing.assert_array_equal(found[~mirrored], images[~mirrored])


def test_data_aug_cutout_blanks_a_square_that_may_stand_out():
    found, _ = changed("aug=cutout3", np.ones((500, 9, 9, 2), "float32"))
    sizes = set()
    for image in found:
        blank = image[:, :, 0] == 0
        rows, columns = blank.any(axis=1).sum(), blank.any(axis=0).sum()
        assert blank.sum() == rows * columns
        np.testing.assert_array_equal(image[:, :, 1] == 0, blank)
        sizes.add((rows, columns))
    assert sizes == {(a, b) for a in (1, 2, 3) for b in (1, 2, 3)}


def test_data_aug_mixup_mixes_labels_as_it_mixes_images():
    values = np.array([10, 200], "float32")
    images = values[np.arange(200) % 2].reshape(-1, 1, 1, 1) * np.ones((1, 3, 3, 1), "float32")
    found, labels = changed("aug=mixup0.4", images)
    np.testing.assert_allclose(labels.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(
        found, (labels @ values).reshape(-1, 1, 1, 1) + 0 * images, rtol=1e-4
    )
    assert (labels.max(axis=1) < 0.99).sum() > 20


def test_data_aug_randaugment_changes_images_inside_their_range():
    images = np.random.default_rng(0).integers(0, 256, (20, 12, 12, 3), "uint8")
    found, _ = changed("aug=randaugment", images)
    assert found.shape == images.shape
    assert 0 <= found.min() <= found.max() <= 255
    assert (found != images).any(axis=(1, 2, 3)).sum() > 10


def slopes(settings):
    """What warped images of a ramp, x, show at their centre: d/dx, d/dy, and the shift."""
    ramp = np.tile(np.arange(17, dtype="float32"), (17, 1))
    found, _ = changed(settings, ramp[None, :, :, None].repeat(100, axis=0))
    centre = found[:, 8, 8, 0]
    return found[:, 8, 9, 0] - centre, found[:, 9, 8, 0] - centre, centre - 8


def within(values, limit):
    """Whether values lie around 0, as far as the limit and hardly beyond."""
    return 0.8 * limit < np.abs(values).max() < limit + 1e-3 and values.min() < 0 < values.max()


def is_zero(values):
    return np.abs(values).max() < 1e-3


def test_data_aug_shift_moves_by_a_share_of_the_side():
    across, down, moved = slopes("aug=shift0.1")
    assert is_zero(across - 1)
    assert is_zero(down)
    assert within(moved, 1.7)


def test_data_aug_zoom_stretches_around_the_centre():
    across, down, moved = slopes("aug=zoom0.2")
    assert within(across - 1, 0.2)
    assert is_zero(down)
    assert is_zero(moved)


def test_data_aug_shear_slants_around_the_centre():
    across, down, moved = slopes("aug=shear0.2")
    assert is_zero(across - 1)
    assert within(down, 0.2)
    assert is_zero(moved)


def test_data_aug_rotate_turns_by_degrees_around_the_centre():
    across, down, moved = slopes("aug=rotate15")
    assert is_zero(np.hypot(across, down) - 1)
    assert within(np.degrees(np.arctan2(down, across)), 15)
    assert is_zero(moved)


def test_data_val_holds_back_its_share_of_every_class(begun):
    told = begun("data set=digits val=0.25", chain="gap fc10", size="8x8x1")
    held, kept = told.validation_data.labels, told.train.labels
    for label in range(10):
        share = (held == label).sum() / ((held == label).sum() + (kept == label).sum())
        assert share == pytest.approx(0.25, abs=0.02)


def test_data_predict_writes_the_classes_of_pictures(tmp_path):
    module = program("data set=synthetic predict=on", "gap fc3", "6x5x3")
    run(module, tmp_path / "run", "--epochs", "1")
    images = np.random.default_rng(0).integers(0, 256, (3, 6, 5, 3), "uint8")
    (tmp_path / "images" / "folder").mkdir(parents=True)
    for name, image in zip("cab", images, strict=True):
        Image.fromarray(image).save(tmp_path / "images" / f"{name}.png")
    words = "predict", tmp_path / "images", "--csv", tmp_path / "classes.csv"
    run(module, tmp_path / "run", *words)
    with open(tmp_path / "classes.csv", newline="") as file:
        found = {row["image"]: int(row["class"]) for row in csv.DictReader(file)}
    model = keras.saving.load_model(tmp_path / "run" / "best.keras")
    guesses = model.predict(images, verbose=0).argmax(axis=1).tolist()
    assert found == dict(zip(("c.png", "a.png", "b.png"), guesses, strict=True))
    with pytest.raises(SystemExit, match="has no finished run: train first"):
        run(module, tmp_path / "none", *words)


# ---- train: length and batches


def test_train_batch_is_the_number_of_images_a_step(begun):
    train = begun("train batch=50").train
    assert len(train[0][0]) == 50
    assert len(train) == -(-len(train.labels) // 50)


def test_train_epochs_is_how_long_it_fits(begun):
    assert begun("train epochs=7").epochs == 7


def test_train_steps_are_as_many_epochs_as_they_need(begun, capsys):
    told = begun("train steps=40 batch=32")
    assert told.epochs == -(-40 // len(told.train))
    assert f"40 steps of 32 images are {told.epochs} epochs" in capsys.readouterr().out


@pytest.mark.parametrize("word", ["split", "subdivisions"])
def test_train_split_steps_once_for_all_parts_of_a_batch(word, begun):
    told = begun(f"train {word}=4 batch=32 opt=sgd lr=1")
    assert len(told.train[0][0]) == 8
    before = [np.array(weight) for weight in told.model.trainable_variables]
    gradients = [np.random.default_rng(n).normal(size=before[0].shape) for n in range(4)]
    kernel = told.model.trainable_variables[0]
    told.optimizer.build(told.model.trainable_variables)
    for gradient in gradients:
        np.testing.assert_array_equal(kernel, before[0])
        rest = [np.zeros_like(weight) for weight in before[1:]]
        arrays = map(keras.ops.convert_to_tensor, [gradient.astype("float32"), *rest])
        told.optimizer.apply(list(arrays))
    np.testing.assert_allclose(kernel, before[0] - np.mean(gradients, axis=0), rtol=1e-4, atol=1e-6)


test_train_subdivisions_is_another_word_for_split = (
    test_train_split_steps_once_for_all_parts_of_a_batch
)


# ---- train: the optimizer


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_train_opt_is_the_optimizer_of_its_name(name, begun):
    optimizer = begun(f"train opt={name}").optimizer
    known = {"momentum": "sgd", "schedulefree": "schedulefreeadamw"}.get(name, name)
    assert type(optimizer).__name__.lower() == known
    if known == "sgd":
        assert optimizer.momentum == (0.9 if name == "momentum" else 0)


def test_train_lr_is_the_learning_rate(begun):
    assert float(begun("train lr=0.02").optimizer.learning_rate) == pytest.approx(0.02)


def rates(told, *steps):
    return [float(told.optimizer._learning_rate(step)) for step in steps]


LENGTH = "train batch=64 epochs=10 lr=0.1"  # 8 steps an epoch


def test_train_schedule_cosine_is_half_a_wave(begun):
    told = begun(f"{LENGTH} schedule=cosine")
    steps = 10 * len(told.train)
    asked = [0, 1, steps // 3, steps - 1, steps]
    waves = [0.05 * (1 + math.cos(math.pi * step / steps)) for step in asked]
    assert rates(told, *asked) == pytest.approx(waves, abs=1e-6)


def test_train_warmup_rises_to_the_rate_before_the_wave(begun):
    told = begun(f"{LENGTH} schedule=cosine warmup=2")
    warm, steps = 2 * len(told.train), 10 * len(told.train)
    middle = (warm + steps) // 2
    wave = 0.05 * (1 + math.cos(math.pi * (middle - warm) / (steps - warm)))
    found = rates(told, 0, warm // 2, warm, middle, steps)
    assert found == pytest.approx([0, 0.05, 0.1, wave, 0], abs=1e-6)


def test_train_schedule_step_takes_tenths_at_half_and_at_three_quarters(begun):
    told = begun(f"{LENGTH} schedule=step")
    steps = 10 * len(told.train)
    found = rates(told, 0, steps // 2 - 1, steps // 2 + 1, steps * 3 // 4 + 1, steps)
    assert found == pytest.approx([0.1, 0.1, 0.01, 0.001, 0.001])


def test_train_schedule_exponential_ends_at_a_hundredth(begun):
    told = begun(f"{LENGTH} schedule=exponential")
    steps = 10 * len(told.train)
    assert rates(told, 0, steps // 2, steps) == pytest.approx([0.1, 0.01, 0.001], rel=1e-4)


def epochs_of(told, accuracies):
    """Tell the program's own callback of epochs with some accuracies; after each, the model."""
    (callback,) = (one for one in told.callbacks if type(one).__name__ == "Checkpoint")
    callback.set_model(told.model)
    told.model.stop_training = False
    with mock.patch.object(told.model, "save", lambda path: Path(path).write_bytes(b"")):
        for epoch, accuracy in enumerate(accuracies):
            callback.on_epoch_end(epoch, {"loss": 1.0, "val_accuracy": accuracy})
            yield told.model


def test_train_schedule_plateau_lowers_the_rate_after_ten_epochs_without_a_better_one(begun):
    told = begun("train lr=0.1 schedule=plateau epochs=40")
    found = [
        float(model.optimizer.learning_rate)
        for model in epochs_of(told, [0.4, 0.5, *[0.3] * 9, 0.3, *[0.3] * 9, 0.3, 0.6, *[0.1] * 10])
    ]
    assert found == pytest.approx([0.1] * 11 + [0.01] * 10 + [0.001] * 11 + [0.0001])


def test_train_early_ends_after_epochs_without_a_better_one(begun):
    told = begun("train early=3 epochs=40")
    found = [model.stop_training for model in epochs_of(told, [0.4, 0.3, 0.5, 0.4, 0.4, 0.4])]
    assert found == [False] * 5 + [True]


def after_one_step(told, gradients):
    before = [np.array(weight) for weight in told.model.trainable_variables]
    told.optimizer.apply(
        [keras.ops.convert_to_tensor(gradient.astype("float32")) for gradient in gradients],
        told.model.trainable_variables,
    )
    return [
        np.array(weight) - old
        for weight, old in zip(told.model.trainable_variables, before, strict=True)
    ]


def test_train_clip_bounds_the_norm_of_all_gradients_together(begun):
    told = begun("train opt=sgd lr=1 clip=0.5")
    gradients = [np.full(weight.shape, 3.0) for weight in told.model.trainable_variables]
    steps = after_one_step(told, gradients)
    norm = math.sqrt(sum(np.square(gradient).sum() for gradient in gradients))
    for step, gradient in zip(steps, gradients, strict=True):
        np.testing.assert_allclose(step, -0.5 / norm * gradient, rtol=1e-4)
    small = [gradient / 1000 for gradient in gradients]
    for step, gradient in zip(after_one_step(told, small), small, strict=True):
        np.testing.assert_allclose(step, -gradient, rtol=1e-3)


def test_train_decay_shrinks_weights_but_not_biases_and_norms(begun):
    told = begun("train opt=sgd lr=0.5 decay=0.2", chain="conv2k3:bn.relu fc2")
    before = [np.array(weight) for weight in told.model.trainable_variables]
    steps = after_one_step(told, [np.zeros(weight.shape) for weight in before])
    for variable, old, step in zip(told.model.trainable_variables, before, steps, strict=True):
        share = 0.5 * 0.2 if variable.name == "kernel" else 0
        np.testing.assert_allclose(step, -share * old, rtol=1e-4, atol=1e-7)


def test_train_ema_averages_the_weights_of_every_step(begun):
    told = begun("train opt=sgd lr=1 ema=0.75")
    kept = None
    for number in range(4):
        gradients = [np.full(w.shape, number + 1.0) for w in told.model.trainable_variables]
        after_one_step(told, gradients)
        weights = [np.array(weight) for weight in told.model.trainable_variables]
        kept = kept or weights  # averages begin with the first step
        kept = [0.75 * old + 0.25 * new for old, new in zip(kept, weights, strict=True)]
    averages = told.optimizer._model_variables_moving_average
    for average, expected in zip(averages, kept, strict=True):
        np.testing.assert_allclose(average, expected, rtol=1e-5)


def test_train_ema_keeps_the_averages_as_the_best_model(tmp_path):
    run(program("train opt=sgd lr=1 ema=0.75 epochs=1", "gap fc3"), tmp_path)
    best, last = (keras.saving.load_model(tmp_path / f"{name}.keras") for name in ("best", "last"))
    averages = last.optimizer._model_variables_moving_average
    for weight, average in zip(best.trainable_variables, averages, strict=True):
        np.testing.assert_allclose(weight, average, rtol=1e-4)
    assert not np.allclose(last.trainable_variables[0], averages[0], rtol=0.01)


# ---- train: loss, numbers, speed


def test_train_smooth_shares_a_part_of_every_label(begun):
    told = begun("train smooth=0.3")
    scores = np.array([[2.0, -1.0, 0.5]], "float32")
    logs = scores[0] - math.log(np.exp(scores).sum())
    wanted = np.array([0.1, 0.8, 0.1])  # 0.7 of the class, and 0.3 of all three
    labels = np.array([[0, 1, 0]], "float32")
    assert float(told.model.loss(labels, scores)) == pytest.approx(-(wanted * logs).sum(), rel=1e-4)


def test_train_weights_balanced_gives_classes_the_same_say(begun, tmp_path):
    labels = np.repeat([0, 1, 2], [200, 40, 10])
    arrays = {"x_train": np.zeros((250, 4, 4, 1)), "y_train": labels}
    np.savez(tmp_path / "d.npz", **arrays, x_test=arrays["x_train"], y_test=labels)
    told = begun(f'data npz="{tmp_path}/d.npz" train weights=balanced')
    counts = np.bincount(told.train.labels)
    say = [told.class_weight[label] * count for label, count in enumerate(counts)]
    assert say == pytest.approx([counts.sum() / 3] * 3)
    assert not hasattr(begun(f'data npz="{tmp_path}/d.npz" train weights=equal'), "class_weight")


@pytest.mark.parametrize(
    ("policy", "computed", "kept"),
    [
        ("float32", "float32", "float32"),
        ("float64", "float64", "float64"),
        ("mixed_float16", "float16", "float32"),
        ("mixed_bfloat16", "bfloat16", "float32"),
    ],
)
def test_train_policy_is_what_layers_compute_and_keep(policy, computed, kept, begun):
    model = begun(f"train policy={policy}").model
    assert model.get_layer("conv1").compute_dtype == computed
    assert model.output.dtype == kept
    assert {weight.dtype for weight in model.trainable_variables} == {kept}
    assert hasattr(model.optimizer, "inner_optimizer") == (policy == "mixed_float16")


def test_train_jit_reaches_compile(begun):
    assert begun("train jit=on").model.jit_compile is True
    assert begun("train jit=off").model.jit_compile is False


# ---- train: logs


@pytest.mark.parametrize("with_matplotlib", [True, False])
def test_train_log_classes_tells_what_is_taken_for_what(with_matplotlib, tmp_path):
    module = program("data set=digits train log=classes epochs=2", "fc10", "8x8x1")
    if with_matplotlib:
        pytest.importorskip("matplotlib")
    else:
        module.find_spec = lambda name: None
    summary = run(module, tmp_path)
    images, labels = module.load_data(types.SimpleNamespace())[1]
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
        told = begun("train log=tensorboard")
    assert made.mock_calls == [mock.call(tmp_path / "run0" / "tensorboard")] * is_installed
    assert sum(type(one) is keras.callbacks.Callback for one in told.callbacks) == is_installed


def pynvml(cards):
    """A module as the card's maker gives it, for a machine with so many cards."""
    module = types.ModuleType("pynvml")
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
    for _ in range(2):  # a run that goes on goes on with its log
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
