"""How emitted programs read the arrays of an .npz file: in place, as they are, or refused."""

import json
import time
import tracemalloc
import types

import numpy as np
import pytest
from PIL import Image

from support.programs import program, run

IMAGES = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 1), dtype="uint8")
LABELS = np.arange(60) % 3


def arrays(**changed):
    """The arrays of a file that can be used, but for what is changed; None leaves one out."""
    found = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES, "y_test": LABELS} | changed
    return {name: array for name, array in found.items() if array is not None}


def load(folder, module=None, save=np.savez, **changed):
    save(folder / "d.npz", **arrays(**changed))
    module = module or program('data npz="d.npz"', "fc3", "8x8x1")
    return module.load_data(types.SimpleNamespace(data=folder / "d.npz"))


NAN = IMAGES.astype("float32")
NAN[7, 3, 3] = np.nan
REFUSED = {
    "an array is missing": ({"y_train": None}, "y_train"),
    "no images to train": ({"x_train": IMAGES[:0], "y_train": LABELS[:0]}, "x_train has no images"),
    "no images to test": ({"x_test": IMAGES[:0], "y_test": LABELS[:0]}, "x_test has no images"),
    "a number for images": ({"x_val": np.array(1), "y_val": LABELS}, "x_val has no images"),
    "fewer labels": ({"y_train": LABELS[:5]}, "y_train: 60 images, but 5 labels"),
    "fewer labels to test": ({"y_test": LABELS[:5]}, "y_test: 60 images, but 5 labels"),
    "texts for images": ({"x_train": IMAGES.astype(str)}, "x_train has the type <U3, but pixels"),
    "complex images": ({"x_test": IMAGES.astype(complex)}, "x_test has the type complex128, but"),
    "objects": ({"x_test": IMAGES.astype(object)}, "Object arrays cannot be loaded"),
    "NaN": ({"x_train": NAN}, "x_train has values that are not finite, from image 0 on"),
    "NaN in the test": ({"x_test": NAN}, "x_test has values that are not finite"),
    "infinity": ({"x_train": np.full_like(NAN, np.inf)}, "x_train has values that are not finite"),
    "texts for labels": ({"y_train": LABELS.astype(str)}, "labels are the numbers of classes, not <U"),
    "shares for labels": ({"y_test": LABELS / 2}, "y_test: labels are the numbers of classes, not float64"),
    "one-hot": ({"y_train": np.eye(3)[LABELS]}, r"\(60, 3\), not \(60,\): write y_train.argmax"),
    "one-hot test": ({"y_test": np.eye(3, dtype=int)[LABELS]}, r"write y_test.argmax\(axis=-1\)"),
    "labels for pixels": ({"y_train": IMAGES}, r"y_train has the shape \(60, 8, 8, 1\), not \(60,\)$"),
    "a label below 0": ({"y_train": LABELS - 1}, "labels are the numbers of classes, not -1"),
    "too many classes": ({"y_test": LABELS + 1}, "y_test: label 3 needs more than 3 classes"),
    "an axis more": ({"x_test": IMAGES.reshape(60, 2, 4, 2, 4)}, r"\(8, 8, 1\), not \(2, 4, 2, 4\)"),
    "rows of pixels": ({"x_train": IMAGES.reshape(60, 64)}, r"images of \(8, 8, 1\), not \(64,\)"),
    "two channels": ({"x_test": IMAGES.reshape(60, 4, 8, 2)}, r"takes images of .*, not \(8, 8, 2\)"),
    "a class of one image": ({"y_train": np.minimum(np.arange(60), 1)}, r"class 0 has too few images \(1\)"),
    "whole numbers and others": ({"x_test": IMAGES / 255}, "some images are whole numbers, others not"),
    "a validation without labels": ({"x_val": IMAGES}, "y_val"),
    "a wrong validation": ({"x_val": IMAGES, "y_val": LABELS + 9}, "y_val: label 11 needs"),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "words"), REFUSED.values(), ids=REFUSED)
def test_arrays_that_cannot_be_used_are_refused_each_by_an_error_of_its_own(
    changed, words, tmp_path
):
    with pytest.raises(SystemExit, match=words) as caught:
        load(tmp_path, **changed)
    assert len(str(caught.value).splitlines()) == 1


def test_every_error_is_another():
    assert len({words for _, words in REFUSED.values()}) == len(REFUSED)


def test_wrong_data_end_a_program_with_a_line(tmp_path):
    """No file, a folder, and a file that is none of NumPy."""
    module = program('data npz="d.npz"', "fc3", "8x8x1")
    (tmp_path / "text.npz").write_text("no arrays")
    for name, words in (("none", "No such file"), ("", "No such file"), ("text.npz", "not a zip")):
        with pytest.raises(SystemExit, match=words):
            run(module, tmp_path / f"run {name}", "--data", tmp_path / name)


def test_labels_of_pixels_have_the_shape_of_the_map(tmp_path):
    module = program('data npz="d.npz"', "conv3k3", "8x8x1")
    labels = IMAGES % 3
    for shape in ((60, 8, 8), (60, 8, 8, 1), (60, 64)):
        loaded = load(tmp_path, module, y_train=labels.reshape(shape), y_test=labels.reshape(shape))
        assert [part.shape[1:] for _, part in loaded] == [(8, 8)] * 3
    with pytest.raises(SystemExit, match=r"not \(60, 8, 8\): write y_train.argmax"):
        load(tmp_path, module, y_train=np.eye(3)[labels[..., 0]])
    with pytest.raises(SystemExit, match=r"has the shape \(60,\), not \(60, 8, 8\)$"):
        load(tmp_path, module)


# ---- values


STORED = {
    "as C": lambda images: images,
    "as Fortran": np.asfortranarray,
    "big-endian": lambda images: images.astype(">u2"),
    "float64": lambda images: images.astype("float64"),
    "int64": lambda images: images.astype("int64"),
    "without channels": lambda images: images[..., 0],
}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("stored", STORED.values(), ids=STORED)
def test_batches_have_the_values_of_the_file(stored, save, tmp_path):
    module = program('data npz="d.npz"', "fc3", "8x8x1")
    parts = load(tmp_path, module, save, x_train=stored(IMAGES), x_test=stored(IMAGES))
    assert [len(labels) for _, labels in parts] == [54, 6, 60]
    (test, labels) = parts[2]
    np.testing.assert_array_equal(test[:], IMAGES)
    assert labels.tolist() == LABELS.tolist()
    seen = np.concatenate([parts[0][0][:], parts[1][0][:]])
    assert sorted(image.tobytes() for image in seen.astype("uint8")) == sorted(
        image.tobytes() for image in IMAGES
    )
    numbered = dict(zip((image.tobytes() for image in IMAGES), LABELS.tolist(), strict=True))
    for images, numbers in parts:
        found = [numbered[image.tobytes()] for image in images[:].astype("uint8")]
        assert found == numbers.tolist()
    assert {images[:1].dtype.name for images, _ in parts} <= {"uint8", "float32"}


def test_x_val_validates(tmp_path):
    parts = load(tmp_path, x_val=IMAGES[:9], y_val=LABELS[:9])
    assert [len(labels) for _, labels in parts] == [60, 9, 60]
    np.testing.assert_array_equal(parts[1][0][:], IMAGES[:9])


@pytest.mark.parametrize("share", ["0.1", "0.25", "0.3", "0.4", "0.5", "0.6", "0.7", "0.9"])
@pytest.mark.parametrize("chain", ["fc3", "conv3k3"])
def test_a_stated_share_is_the_share(share, chain):
    """Of all images, and of every class but for one image."""
    module = program(f"data npz=x val={share}", chain, "4x4x1")
    for counts in ((500, 400, 100), (10, 20, 30), (12, 12, 12)):
        labels = np.repeat([0, 1, 2], counts)
        if chain != "fc3":
            labels = labels[:, None, None] + np.zeros((4, 4), int)
        (_, kept), (_, held) = module.split(np.arange(len(labels)), labels, float(share))
        assert abs(len(held) - len(labels) * float(share)) < 1
        assert len(kept) + len(held) == len(labels)
        if chain == "fc3":
            for label, count in enumerate(counts):
                assert abs((held == label).sum() - count * float(share)) < 1


def test_images_of_another_size_or_colour_are_fitted(tmp_path, capsys):
    module = program('data npz="x"', "conv4k3 fc2", "16x12x3")
    assert module.to_input(np.full((5, 8, 8), 7, "uint8")).shape == (5, 16, 12, 3)
    grey = program("data set=cifar10", "conv4k3 fc10", "8x8x1")
    fitted = grey.to_input(np.full((5, 8, 8, 3), 200, "uint8"))
    assert fitted.shape == (5, 8, 8, 1)
    assert np.all(fitted == 200)
    with pytest.raises(ValueError, match="the network takes images of"):
        module.to_input(np.zeros((5, 16, 12, 2)))
    load(tmp_path, program('data npz="x"', "fc3", "4x4x1"))
    assert "images of (8, 8, 1) are changed to (4, 4, 1)" in capsys.readouterr().out


@pytest.mark.parametrize("size", ["64x64x3", "111x111x1"])
def test_arrays_are_read_only_as_batches_need_them(size, tmp_path):
    """A run holds a few batches in memory, not the file."""
    shape = tuple(map(int, size.split("x")))
    images = np.zeros((4000, *shape), "uint8")
    labels = np.arange(4000) % 2
    np.savez(
        tmp_path / "d.npz", x_train=images, y_train=labels, x_test=images[:9], y_test=labels[:9]
    )
    del images
    module = program('data npz="d.npz"', "fc2", size)
    tracemalloc.start()
    try:
        training, validation, _ = module.load_data(types.SimpleNamespace(data=tmp_path / "d.npz"))
        batches = module.Batches(*training, 32, seed=0)
        batches.moments()
        for index in range(20):
            batches[index]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(validation[1]) == 400
    assert peak < 0.4 * 4000 * np.prod(shape)


def test_batches_are_made_ahead_on_any_backend():
    """By a thread of their own: whoever takes them hardly waits."""

    class Images:
        def __len__(self):
            return 80

        def __getitem__(self, rows):
            time.sleep(0.02)
            return np.zeros((len(rows), 8, 8, 1))

    batches = program("data npz=x", "fc3", "8x8x1").Batches(Images(), np.zeros(80, int), 8, seed=0)
    batches[0]
    waited = 0.0
    for index in range(1, 10):
        time.sleep(0.05)
        start = time.perf_counter()
        batches[index]
        waited += time.perf_counter() - start
    assert waited < 0.09


def test_a_random_change_keeps_the_range_of_the_training_part(tmp_path):
    """From 0 to 1, around 0, in whole numbers: randaugment takes 0 to 255."""
    for scale, shift in ((1, 0), (1 / 255, 0), (2 / 255, -1)):
        images = (IMAGES.repeat(3, axis=-1) * scale + shift).astype("float32")
        module = program("data npz=x aug=randaugment", "fc3", "8x8x3")
        training, *_ = load(tmp_path, module, x_train=images, x_test=images)
        batches = module.Batches(*training, 54, seed=0)
        batches.moments()
        changed = 0
        for epoch in range(4):
            batches.start_epoch(epoch)
            found, _ = batches[0]
            plain = images[0].dtype.type(shift), images[0].dtype.type(255 * scale + shift)
            assert plain[0] - 1e-4 <= found.min() <= found.max() <= plain[1] + 1e-3 * scale * 255
            changed += not np.isclose(
                np.sort(found, axis=None), np.sort(training[0][:], axis=None)
            ).all()
        assert changed


@pytest.mark.parametrize(
    ("source", "pixels", "scale"),
    [
        ("set=digits", None, 16 / 255),
        ("npz=x", [0, 255], 1),
        ("npz=x", [3, 200], 1),
        ("npz=x", [0, 1], 1 / 255),
    ],
)
def test_predictions_scale_pictures_to_what_was_learnt(source, pixels, scale, tmp_path):
    module = program(f"data {source} predict=on", "fc10", "8x8x1")
    model = module.build_model()
    model.save(tmp_path / "best.keras")
    (tmp_path / "data.json").write_text(json.dumps({"range": pixels}))
    (tmp_path / "summary.json").write_text("{}")
    Image.fromarray(IMAGES[0, ..., 0]).save(tmp_path / "image.png")
    words = "predict", tmp_path / "image.png", "--csv", tmp_path / "c.csv"
    run(module, tmp_path, *words)
    scores = model.predict(IMAGES[:1] * scale, verbose=0)[0]
    shares = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
    found = (tmp_path / "c.csv").read_text().splitlines()[1].split(",")[3:]
    np.testing.assert_allclose([float(share) for share in found], shares, atol=1e-4)


def test_predictions_need_what_pictures_can_be(tmp_path):
    """A program says which pixels it has learnt, and refuses pictures for those below 0."""
    module = program('data npz="d.npz" predict=on train epochs=1', "fc3", "8x8x1")
    images = IMAGES - np.float32(128)
    np.savez(tmp_path / "d.npz", **arrays(x_train=images, x_test=images))
    run(module, tmp_path / "run", "--data", tmp_path / "d.npz")
    Image.fromarray(IMAGES[0, ..., 0]).save(tmp_path / "image.png")
    words = "predict", tmp_path / "image.png", "--csv", tmp_path / "c.csv"
    with pytest.raises(SystemExit, match="has learnt pixels from -128"):
        run(module, tmp_path / "run", *words)
    for damaged in ("", "{}", "[]", '{"range": null}', '{"range": ["x", 1]}'):
        (tmp_path / "run" / "data.json").write_text(damaged)
        with pytest.raises(SystemExit, match=r"data\.json is damaged or missing: start the train"):
            run(module, tmp_path / "run", *words)
