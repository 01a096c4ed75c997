"""The sources of images: known data sets, random images, and files of the user."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageSource:
    """One source of images; ``in_words`` names it in a sentence.

    ``classes`` and ``shape`` are those of a known data set, and None where any will do.
    ``pixels`` are the least and the largest value of a pixel, as images are stored.
    """

    name: str
    in_words: str
    classes: int | None = None
    shape: tuple[int, int, int] | None = None
    pixels: tuple[int, int] = (0, 255)
    is_downloaded: bool = False
    is_path: bool = False


_ROWS = (
    ImageSource(
        "digits", "the 1,797 handwritten digits of scikit-learn", 10, (8, 8, 1), pixels=(0, 16)
    ),
    ImageSource("cifar10", "CIFAR-10", 10, (32, 32, 3), is_downloaded=True),
    ImageSource("cifar100", "CIFAR-100", 100, (32, 32, 3), is_downloaded=True),
    ImageSource("mnist", "MNIST", 10, (28, 28, 1), is_downloaded=True),
    ImageSource("fashion_mnist", "Fashion-MNIST", 10, (28, 28, 1), is_downloaded=True),
    ImageSource("synthetic", "random images"),
    ImageSource("npz", "the images of an .npz file", is_path=True),
    ImageSource("folder", "a folder of images, one folder per class", is_path=True),
)
IMAGE_SOURCES = {row.name: row for row in _ROWS}
DATA_SETS = tuple(row.name for row in _ROWS if not row.is_path)
