"""Pictures of cats and dogs, drawn: pointed ears stand up, round ears hang down.

    python tests/support/animals.py FOLDER

makes FOLDER/train and FOLDER/test, one folder per class in each, and FOLDER/unknown for a
submission, whose file names say nothing. Colours, size, place, tilt, noise and the size of the
picture are random; the same seed gives the same pictures.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

CLASSES = ("cat", "dog")
COUNTS = {"train": 200, "test": 60}  # of each class


def draw(name, rng):
    """One picture, 80 to 160 pixels wide."""
    width = int(rng.integers(80, 161))
    height = int(width * rng.uniform(0.8, 1.25))
    ground, fur = (
        tuple(rng.integers(140, 256, 3).tolist()),
        tuple(rng.integers(20, 130, 3).tolist()),
    )
    picture = Image.new("RGB", (width, height), ground)
    pen = ImageDraw.Draw(picture)
    radius = min(width, height) * rng.uniform(0.2, 0.28)
    x = width / 2 + radius * rng.uniform(-0.4, 0.4)
    y = height / 2 + radius * rng.uniform(-0.2, 0.4)
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fur)
    for side in (-1, 1):
        if name == "cat":
            ear = [(0.95, -0.3), (0.8 + rng.uniform(-0.1, 0.1), -1.6), (0.2, -0.95)]
            pen.polygon([(x + side * radius * a, y + radius * b) for a, b in ear], fur)
        else:
            middle, half = x + side * radius * 1.1, radius * rng.uniform(0.25, 0.35)
            pen.ellipse((middle - half, y - 0.5 * radius, middle + half, y + 1.1 * radius), fur)
        eye, half = x + side * radius * 0.4, radius * 0.1
        pen.ellipse((eye - half, y - 3 * half, eye + half, y - half), "black")
    picture = picture.rotate(rng.uniform(-15, 15), fillcolor=ground)
    pixels = np.asarray(picture) + rng.normal(0, 12, (height, width, 3))
    return Image.fromarray(pixels.clip(0, 255).astype("uint8"))


def draw_folders(folder, counts=COUNTS, seed=0):
    """All pictures, as JPEG files; what is unknown are the test pictures once more."""
    rng = np.random.default_rng(seed)
    (folder / "unknown").mkdir(parents=True)
    for part, count in counts.items():
        for name in CLASSES:
            (folder / part / name).mkdir(parents=True)
            for number in range(count):
                draw(name, rng).save(folder / part / name / f"{number:03}.jpg")
    shown = [
        (name, file) for name in CLASSES for file in sorted((folder / "test" / name).iterdir())
    ]
    truth = {}
    for number, place in enumerate(rng.permutation(len(shown))):
        name, file = shown[place]
        truth[f"{number:03}.jpg"] = name
        (folder / "unknown" / f"{number:03}.jpg").write_bytes(file.read_bytes())
    return truth


if __name__ == "__main__":
    draw_folders(Path(sys.argv[1]))
