"""What every setting of ``data`` does in the program."""

import csv
from unittest import mock

import keras
import numpy as np
import pytest
from PIL import Image

from netform.dsl.settings import DATA_SETS
from support.programs import program, run


@pytest.mark.parametrize("name", DATA_SETS)
def test_data_set_reads_the_images_of_its_name(name):
    size = {"digits": "8x8x1", "mnist": "28x28x1", "fashion_mnist": "28x28x1"}.get(name, "32x32x3")
    module = program(f"data set={name}", "gap fc100", size)
    shape = tuple(map(int, size.split("x")))
    images = np.random.default_rng(0).integers(0, 256, (20, *shape), "uint8")
    labels = np.arange(20) // 10
    if name in ("digits", "synthetic"):
        counts = [len(images) for images, _ in module.load_data(None)]
        assert counts == ([1293, 144, 360] if name == "digits" else [460, 52, 128])
        return
    loader = mock.Mock(return_value=((images, labels[:, None]), (images[:5], labels[:5])))
    with mock.patch.object(getattr(keras.datasets, name), "load_data", loader):
        training, validation, (test, _) = module.load_data(None)
    kept, held = training[0][:], validation[0][:]
    assert (len(kept), len(held), len(test)) == (18, 2, 5)
    seen = {
        image.tobytes(): label
        for part in (training, validation)
        for image, label in zip(part[0][:], part[1], strict=True)
    }
    assert seen == {image.tobytes(): label for image, label in zip(images, labels, strict=True)}


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
    """Whether values are around 0, up to the limit and little beyond."""
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
    started = begun("data set=digits val=0.25", chain="gap fc10", size="8x8x1")
    held, kept = started.validation_data.labels, started.train.labels
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
