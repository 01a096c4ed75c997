"""How emitted programs read image files: every kind as what it is, or refused by its name."""

import csv
import io
import json
import os
import shutil
from unittest import mock

import keras
import numpy as np
import pytest
from PIL import Image

from support.pictures import folder_of, folder_program, loaded, picture
from support.programs import program, run

GREY = np.array([[0, 10, 20], [40, 128, 255]], "uint8")
COLOUR = np.stack([GREY, GREY[::-1], 255 - GREY], axis=-1)
ROTATED = {1: GREY, 2: GREY[:, ::-1], 3: GREY[::-1, ::-1], 4: GREY[::-1], 5: GREY.T}
ROTATED |= {6: GREY[::-1].T, 7: GREY[::-1, ::-1].T, 8: GREY[:, ::-1].T}


def palette(pixels):
    """Colours as numbers of a palette in which no number is that of its shade."""
    colours, numbers = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True)
    image = Image.fromarray(numbers.reshape(pixels.shape[:2]).astype("uint8"), "P")
    image.putpalette(colours.tobytes())
    return image


def with_alpha(pixels, alpha):
    return Image.fromarray(np.dstack([pixels, np.broadcast_to(np.uint8(alpha), pixels.shape[:2])]))


HALF = np.array([[255, 0, 255], [0, 255, 0]], "uint8")
OVER_WHITE = np.where(HALF[..., None] == 0, 255, COLOUR)
FILES = {  # of grey networks, or of colour networks where the pixels are coloured
    "8 bits": (Image.fromarray(GREY), "png", GREY),
    "16 bits": (Image.fromarray(GREY.astype("uint16") * 257), "png", GREY),
    "16 bits of TIFF": (Image.fromarray(GREY.astype("uint16") * 257), "tiff", GREY),
    "16 bits of PGM": (Image.fromarray(GREY.astype("uint16") * 257), "ppm", GREY),
    "16 bits, finely": (Image.fromarray(GREY.astype("uint16") + 7), "png", (GREY + 7.0) / 257),
    "0 to 1": (Image.fromarray(GREY.astype("float32") / 255), "tiff", GREY / 255),
    "below 0": (Image.fromarray(GREY - np.float32(300)), "tiff", GREY - 300.0),
    "32 bits": (Image.fromarray(GREY.astype("int32") * 9000 - 7), "tiff", GREY * 9000.0 - 7),
    "1 bit": (Image.fromarray(GREY > 20), "png", (GREY > 20) * 255),
    "colours": (Image.fromarray(COLOUR), "png", COLOUR),
    "a palette": (palette(COLOUR), "png", COLOUR),
    "a palette of GIF": (palette(COLOUR), "gif", COLOUR),
    "CMYK": (Image.fromarray(COLOUR).convert("CMYK"), "tiff", COLOUR),
    "transparent colours": (with_alpha(COLOUR, HALF), "png", OVER_WHITE),
    "transparent grey": (with_alpha(GREY, HALF), "png", np.where(HALF == 0, 255, GREY)),
    "opaque": (with_alpha(COLOUR, 255), "png", COLOUR),
}


@pytest.mark.parametrize(("image", "ending", "pixels"), FILES.values(), ids=FILES)
def test_an_image_file_is_read_as_what_it_is(image, ending, pixels, tmp_path):
    image.save(tmp_path / f"image.{ending}")
    channels = pixels[..., None] if pixels.ndim == 2 else pixels
    module = folder_program(size=f"2x3x{channels.shape[-1]}")
    found = module.read_image(tmp_path / f"image.{ending}")
    np.testing.assert_allclose(found, channels, atol=1e-4, rtol=1e-6)
    if channels.shape[-1] == 1:  # grey images are the same in every channel
        found = folder_program(size="2x3x3").read_image(tmp_path / f"image.{ending}")
        np.testing.assert_allclose(found, channels.repeat(3, axis=-1), atol=1e-4, rtol=1e-6)


@pytest.mark.parametrize(("orientation", "pixels"), ROTATED.items())
def test_a_photograph_is_turned_as_its_camera_says(orientation, pixels, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = orientation
    height, width = pixels.shape
    for kind in ("uint8", "uint16"):
        scale = 257 if kind == "uint16" else 1
        image = Image.fromarray(GREY.astype(kind) * np.array(scale, kind))
        image.save(tmp_path / "image.png", exif=exif)
        found = folder_program(size=f"{height}x{width}x1").read_image(tmp_path / "image.png")
        np.testing.assert_allclose(found[..., 0], pixels)


def test_four_channels_keep_their_alpha_and_take_no_more_than_8_bits(tmp_path):
    module = folder_program(size="2x3x4")
    with_alpha(COLOUR, HALF).save(tmp_path / "a.png")
    Image.fromarray(COLOUR).save(tmp_path / "b.png")
    Image.fromarray(GREY.astype("uint16")).save(tmp_path / "c.png")
    np.testing.assert_array_equal(module.read_image(tmp_path / "a.png"), np.dstack([COLOUR, HALF]))
    assert (module.read_image(tmp_path / "b.png")[..., 3] == 255).all()
    with pytest.raises(ValueError, match="more than 8 bits a channel has no alpha"):
        module.read_image(tmp_path / "c.png")


def test_files_of_8_and_16_bits_go_together(tmp_path):
    """Their batches have one type, whichever files they have; statistics are of real values."""
    folder_of(tmp_path / "data")
    for number in range(0, 20, 3):
        file = tmp_path / "data" / "bee" / f"{number}.png"
        Image.fromarray(np.asarray(Image.open(file)).astype("uint16") * 257).save(file)
    module = folder_program()
    parts = loaded(module, tmp_path / "data", tmp_path / "run")
    about = json.loads((tmp_path / "run" / "data.json").read_text())
    shades = np.array([60 * label + int(file.stem) for file, label in zip(*parts[0], strict=True)])
    assert about["mean"] == pytest.approx([shades.mean()])
    assert about["variance"] == pytest.approx([shades.var()])
    assert about["range"] == [shades.min(), shades.max()]
    batches = module.Batches(*parts[0], 3)
    batches.dtype = about["dtype"]
    images = [batches[index][0] for index in range(len(batches))]
    assert {batch.dtype.name for batch in images} == {"float32"}
    assert np.concatenate(images)[:, 0, 0, 0].tolist() == shades.tolist()


def test_files_of_whole_numbers_and_of_any_numbers_do_not_go_together(tmp_path):
    folder_of(tmp_path / "data")
    Image.fromarray(np.ones((6, 6), "float32")).save(tmp_path / "data" / "bee" / "odd.tif")
    with pytest.raises(SystemExit, match=r"odd\.tif' has pixels of any range, but .* 8 or 16 bits"):
        loaded(folder_program(), tmp_path / "data", tmp_path / "run")


# ---- what is refused


def cut_short(file):
    content = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 60), "uint8")).save(
        content, "jpeg"
    )
    file.with_suffix(".jpg").write_bytes(content.getvalue()[:-900])


def not_finite(file):
    Image.fromarray(np.full((6, 6), np.nan, "float32")).save(file.with_suffix(".tif"))


def postscript(file):
    file.with_suffix(".eps").write_bytes(
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 6 6\n%%EndComments\nshowpage\n"
    )


BROKEN = {
    "an empty file": lambda file: file.write_bytes(b""),
    "a text": lambda file: file.write_text("no image"),
    "a photograph that is cut short": cut_short,
    "a bomb": lambda file: Image.new("1", (7000, 7000)).save(file),
    "pixels that are not numbers": not_finite,
    "PostScript": postscript,
}


@pytest.fixture
def small_limit(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10**6)
    monkeypatch.setattr("subprocess.check_call", mock.Mock(side_effect=AssertionError))


def damaged(folder, parts):
    """Files of every broken kind in all parts of a folder; their names."""
    for number, (part, write) in enumerate((p, w) for p in parts for w in BROKEN.values()):
        write(folder / part / "bee" / f"broken{number}.png")
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("broken*"))


PARTS = ("train", "val", "test")


def test_all_broken_files_are_named_before_training(tmp_path, small_limit):
    names = damaged(folder_of(tmp_path / "data", PARTS), PARTS)
    assert len(names) == 3 * len(BROKEN)
    with pytest.raises(SystemExit) as caught:
        loaded(folder_program(), tmp_path / "data", tmp_path / "run")
    first, *lines, last = str(caught.value).splitlines()
    assert first == "18 of 138 images cannot be read:"
    assert last == "remove them, or write: data broken=skip"
    for name, line in zip(names, sorted(lines, key=lambda line: line.split("'")[1]), strict=True):
        file, error = line.split("': ", 1)
        assert file.endswith(name)
        assert error.strip()
    assert "could be decompression bomb" in str(caught.value)
    assert not (tmp_path / "run" / "data.json").exists()


def test_data_broken_skip_leaves_broken_files_out(tmp_path, small_limit, capsys):
    names = damaged(folder_of(tmp_path / "data", PARTS), PARTS)
    module = folder_program("broken=skip")
    parts = loaded(module, tmp_path / "data", tmp_path / "run")
    assert [len(files) for files, _ in parts] == [40, 40, 40]
    printed = capsys.readouterr().out
    assert all(name in printed for name in names)
    assert "they are left out" in printed
    again = loaded(module, tmp_path / "data", tmp_path / "run")
    for (files, _), (same, _) in zip(parts, again, strict=True):
        assert files.tolist() == same.tolist()


def test_a_folder_of_broken_files_only_is_refused(tmp_path):
    for name in ("ant", "bee"):
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / "0.png").write_text("no image")
    with pytest.raises(SystemExit, match=r"2 of 2 images cannot be read:\n    '"):
        loaded(folder_program("broken=skip"), tmp_path / "data", tmp_path / "run")


def nothing(path):
    pass


def without_images(path):
    (path / "cat").mkdir()
    (path / "cat" / "notes.txt").write_text("no image")


def one_image(path):
    (path / "cat").mkdir()
    picture().save(path / "cat" / "only.png")


def unknown_class(path):
    folder_of(path, PARTS)
    (path / "val" / "dog").mkdir()


def empty_part(path):
    folder_of(path, PARTS)
    for file in (path / "test" / "bee").iterdir():
        file.unlink()


FOLDERS = {
    "one class": (nothing, 1, "has 1 class folders, not 2 to 3"),
    "four classes": (nothing, 4, "has 4 class folders, not 2 to 3"),
    "a class without images": (without_images, 2, r"cat' has no images"),
    "a class of one image": (one_image, 2, r"class 'cat' has too few images \(1\) to hold out"),
    "a class that training lacks": (unknown_class, 0, r"val has classes that .*train lacks: \['dog'\]"),
    "a part without a class": (empty_part, 0, r"test/bee' has no images"),
    "nothing": (nothing, 0, "has 0 class folders, not 2 to 3"),
    "no folder": (lambda path: path.rmdir(), 0, "data is not a folder"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "classes", "words"), FOLDERS.values(), ids=FOLDERS)
def test_a_folder_that_cannot_be_used_is_refused(change, classes, words, tmp_path):
    (tmp_path / "data").mkdir()
    folder_of(tmp_path / "data", classes=("ant", "bee", "cow", "dog")[:classes], count=5)
    change(tmp_path / "data")
    with pytest.raises(SystemExit, match=words):
        loaded(folder_program(), tmp_path / "data", tmp_path / "run")


def test_a_val_folder_validates(tmp_path, capsys):
    folder_of(tmp_path / "data", (*PARTS, "spare"), count=10)
    parts = loaded(folder_program(), tmp_path / "data", tmp_path / "run")
    for part, (files, labels) in zip(PARTS, parts, strict=True):
        assert {file.parent.parent.name for file in files} == {part}
        assert labels.tolist() == [0] * 10 + [1] * 10
    printed = capsys.readouterr().out
    assert "data/val validate, no share of the training part" in printed
    assert "not ['spare']" in printed


@pytest.mark.parametrize(
    ("parts", "counts"), [(("train", "val"), (32, 40, 8)), (("train", "test"), (36, 4, 40))]
)
def test_a_part_that_is_not_there_is_held_out(parts, counts, tmp_path):
    folder_of(tmp_path / "data", parts)
    found = loaded(folder_program(), tmp_path / "data", tmp_path / "run")
    assert tuple(len(files) for files, _ in found) == counts


def test_files_that_are_not_images_are_left_out_with_a_word(tmp_path, capsys):
    """A pipe would wait for ever; a folder, and a text."""
    folder_of(tmp_path / "data")
    for name in ("notes.txt", "notes", ".hidden.png"):
        (tmp_path / "data" / "ant" / name).write_bytes(b"")
    (tmp_path / "data" / "bee" / "folder.png").mkdir()
    os.mkfifo(tmp_path / "data" / "bee" / "pipe.png")
    parts = loaded(folder_program(), tmp_path / "data", tmp_path / "run")
    assert sum(len(files) for files, _ in parts) == 40
    assert "left out: 4 files without images, such as '" in capsys.readouterr().out


def test_images_of_another_size_are_resized_with_a_word(tmp_path, capsys):
    folder_of(tmp_path / "data")
    loaded(folder_program(), tmp_path / "data", tmp_path / "same")
    assert "resized" not in capsys.readouterr().out
    picture(size=(9, 5)).save(tmp_path / "data" / "bee" / "0.png")
    loaded(folder_program(), tmp_path / "data", tmp_path / "other")
    assert "1 of 40 images are resized to (6, 6): '" in capsys.readouterr().out


def test_a_resumed_run_decodes_nothing_before_it_trains(tmp_path):
    """What is known of the folder is kept; a folder that has changed is refused."""
    folder_of(tmp_path / "data")
    module = folder_program()
    first = loaded(module, tmp_path / "data", tmp_path / "run")
    kept = (tmp_path / "run" / "data.json").read_bytes()
    module.read_image = mock.Mock(side_effect=AssertionError)
    second = loaded(module, tmp_path / "data", tmp_path / "run")
    assert (tmp_path / "run" / "data.json").read_bytes() == kept
    for (files, labels), (same, numbers) in zip(first, second, strict=True):
        assert files.tolist() == same.tolist()
        assert labels.tolist() == numbers.tolist()


CHANGES = {
    "a new image": lambda data: picture().save(data / "ant" / "new.png"),
    "another name": lambda data: (data / "ant" / "0.png").rename(data / "ant" / "zero.png"),
    "another class": lambda data: (data / "ant" / "0.png").rename(data / "bee" / "zero.png"),
    "classes in another order": lambda data: (data / "ant").rename(data / "cow"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_run_is_refused_on_a_folder_that_has_changed_since_its_first_epoch(change, tmp_path):
    """Before, nothing is lost: a first run that has failed does not block its folder."""
    folder_of(tmp_path / "data")
    module = folder_program()
    loaded(module, tmp_path / "data", tmp_path / "run")
    CHANGES[change](tmp_path / "data")
    loaded(module, tmp_path / "data", tmp_path / "run")
    (tmp_path / "run" / "last.keras").touch()
    loaded(module, tmp_path / "data", tmp_path / "run")
    shutil.rmtree(tmp_path / "data")
    folder_of(tmp_path / "data")
    with pytest.raises(SystemExit, match=r"data has changed since .*run began: give another --out"):
        loaded(module, tmp_path / "data", tmp_path / "run")


def test_a_resumed_run_on_a_folder_is_the_uninterrupted_run(tmp_path):
    """To the bit, with the averages of batch norms."""
    folder_of(tmp_path / "data")
    settings = 'data folder="x" aug=flip train batch=8'
    module = program(settings, "conv4k3:bn.relu gap fc2", "6x6x1")
    for folder, epochs in (("once", 2), ("twice", 1), ("twice", 2)):
        run(module, tmp_path / folder, "--data", tmp_path / "data", "--epochs", epochs)
    once, twice = (tmp_path / name for name in ("once", "twice"))
    assert (once / "log.csv").read_text() == (twice / "log.csv").read_text()
    models = [keras.saving.load_model(folder / "last.keras") for folder in (once, twice)]
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_file_that_is_lost_in_training_ends_it_with_a_line(tmp_path):
    folder_of(tmp_path / "data")
    module = folder_program("train batch=4 epochs=2")
    load_data = module.load_data

    def lose(args):
        parts = load_data(args)
        for file in (tmp_path / "data" / "ant").iterdir():
            file.write_text("no image")
        return parts

    module.load_data = lose
    with pytest.raises(SystemExit, match=r"^'[^']*png' can no longer be read: cannot identify"):
        run(module, tmp_path / "run", "--data", tmp_path / "data")


def test_a_damaged_data_json_is_written_again(tmp_path):
    folder_of(tmp_path / "data")
    first = loaded(folder_program(), tmp_path / "data", tmp_path / "run")
    kept = (tmp_path / "run" / "data.json").read_bytes()
    for damaged in (b"", kept[:-9], b"[]", b"3", b"\xff\xfe", b'{"files": 3}'):
        (tmp_path / "run" / "data.json").write_bytes(damaged)
        again = loaded(folder_program(), tmp_path / "data", tmp_path / "run")
        assert (tmp_path / "run" / "data.json").read_bytes() == kept
        assert [files.tolist() for files, _ in again] == [files.tolist() for files, _ in first]


# ---- predictions


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run that was stopped before its summary, and pictures to predict with other files."""
    folder = tmp_path_factory.mktemp("trained")
    folder_of(folder / "data", classes=("=ant", "bee"))
    module = folder_program("predict=on", classes=3)
    run(module, folder / "run", "--data", folder / "data", "--epochs", 1)
    asked = folder_of(folder / "asked", ("", "more"), ("x", "y"), 2)
    (asked / "notes.txt").write_text("no image")
    (asked / "x" / "broken.png").write_text("no image")
    picture().save(asked / "=1+1.png")
    return module, folder


def predictions(trained, images):
    module, folder = trained
    run(module, folder / "run", "predict", images, "--csv", folder / "classes.csv")
    with open(folder / "classes.csv", newline="") as file:
        return list(csv.reader(file))


def test_predictions_name_folders_and_leave_out_what_is_not_an_image(trained, capsys):
    head, *rows = predictions(trained, trained[1] / "asked")
    assert head == ["image", "class", "probability", "'=ant", "bee"]
    assert [row[0] for row in rows] == [
        "'=1+1.png", *(f"{folder}{name}/{number}.png" for folder in ("more/", "") for name in "xy" for number in (0, 1)),
    ]  # fmt: skip
    printed = capsys.readouterr().out
    assert "2 of 11 files are not images and are left out:" in printed
    assert "notes.txt" in printed
    assert "broken.png" in printed


def test_predictions_have_probabilities(trained):
    """Of the classes that there are, though the network has an output more."""
    module, folder = trained
    model = keras.saving.load_model(folder / "run" / "best.keras")
    for name, label, *numbers in predictions(trained, folder / "asked")[1:]:
        image = module.read_image(folder / "asked" / name.lstrip("'"))
        scores = np.exp(model.predict(image[None], verbose=0)[0, :2].astype(float))
        np.testing.assert_allclose(
            [float(number) for number in numbers], [max(scores) / sum(scores), *scores / sum(scores)], atol=1e-5
        )  # fmt: skip
        assert label == ["'=ant", "bee"][scores.argmax()]


def test_predictions_take_a_single_image(trained):
    _, row = predictions(trained, trained[1] / "asked" / "more" / "y" / "1.png")
    assert row[0] == "1.png"


def test_predictions_refuse_what_is_not_there_and_what_waits_for_ever(trained, tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe.png")
    for name in ("pipe.png", "none.png"):
        with pytest.raises(SystemExit):
            predictions(trained, tmp_path / name)
        assert "predict reads an image or a folder of images" in capsys.readouterr().err
    words = "predict", trained[1] / "asked", "--csv", tmp_path / "none" / "classes.csv"
    with pytest.raises(SystemExit):
        run(trained[0], trained[1] / "run", *words)
    assert "--csv is a file in a folder that exists" in capsys.readouterr().err


def test_predictions_need_a_best_model_but_no_finished_run(trained, tmp_path, capsys):
    module, folder = trained
    (tmp_path / "run").mkdir()
    for name in ("best.keras", "data.json"):
        (tmp_path / "run" / name).write_bytes((folder / "run" / name).read_bytes())
    words = ["predict", folder / "asked", "--csv", tmp_path / "classes.csv"]
    with pytest.raises(FileNotFoundError, match=r"summary\.json"):  # read by the test
        run(module, tmp_path / "run", *words)
    assert len((tmp_path / "classes.csv").read_text().splitlines()) == 10
    (tmp_path / "run" / "data.json").write_text("{}")  # without the names of the classes
    (tmp_path / "run" / "summary.json").write_text("{}")
    run(module, tmp_path / "run", *words)
    assert (tmp_path / "classes.csv").read_text().startswith("image,class,probability,0,1,2\n")
    assert "data.json is damaged or missing: classes are numbers" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="has no best model: train first"):
        run(module, tmp_path / "none", *words)


def test_predictions_that_fail_leave_those_before_them(trained, tmp_path):
    module, folder = trained
    (tmp_path / "classes.csv").write_text("of yesterday")
    (tmp_path / "empty").mkdir()
    for images in (folder / "asked" / "notes.txt", tmp_path / "empty"):
        words = "predict", images, "--csv", tmp_path / "classes.csv"
        with pytest.raises(SystemExit, match="has no images"):
            run(module, folder / "run", *words)
    other = folder_program("predict=on", classes=4)
    with pytest.raises(SystemExit, match=r"best\.keras is a model of another network"):
        run(other, folder / "run", "predict", folder / "asked", *words[2:])
    assert (tmp_path / "classes.csv").read_text() == "of yesterday"


def test_predictions_name_links_that_they_leave_out(trained, tmp_path, capsys):
    """To a folder, which may contain itself, and to nothing; a pipe would wait for ever."""
    module, folder = trained
    asked = tmp_path / "asked"
    asked.mkdir()
    picture().save(asked / "0.png")
    (asked / "again").symlink_to(asked)
    (asked / "gone.png").symlink_to(asked / "none.png")
    (asked / "link.png").symlink_to(asked / "0.png")
    os.mkfifo(asked / "pipe.png")
    run(module, folder / "run", "predict", asked, "--csv", tmp_path / "classes.csv")
    with open(tmp_path / "classes.csv", newline="") as file:
        assert [row[0] for row in csv.reader(file)] == ["image", "0.png", "link.png"]
    printed = capsys.readouterr().out
    assert "3 of 5 files are not images and are left out:" in printed
    assert printed.count("a link to a folder, or no regular file") == 3


@pytest.mark.parametrize("chain", ["fc1", "fc1 sigmoid", "fc3 softmax"])
def test_probabilities_of_any_output_sum_to_1(chain, tmp_path):
    module = program("data set=synthetic predict=on", f"gap {chain}", "8x8x1")
    keras.saving.save_model(module.build_model(), tmp_path / "best.keras")
    (tmp_path / "summary.json").write_text("{}")
    picture(255, (8, 8)).save(tmp_path / "image.png")
    run(module, tmp_path, "predict", tmp_path / "image.png", "--csv", tmp_path / "c.csv")
    with open(tmp_path / "c.csv", newline="") as file:
        head, row = csv.reader(file)
    shares = [float(share) for share in row[3:]]
    assert head[3:] == [str(label) for label in range(len(shares))]
    assert sum(shares) == pytest.approx(1, abs=1e-4)
    assert row[1:3] == [head[3 + np.argmax(shares)], str(max(shares))]
