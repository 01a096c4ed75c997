"""The data settings: which images the training program reads, and how it changes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from ...grammar import tree
from .augmentations import AUGMENTATIONS
from .fields import fields_of
from .image_sources import IMAGE_SOURCES, ImageSource


@dataclass(frozen=True, slots=True)
class Data:
    """Where the images come from: a known set by name, or a path to a file or folder.

    ``crop`` is the padding of a random crop and ``cutout`` the side of a square that is blanked,
    in pixels; ``shift``, ``zoom`` and ``shear`` are shares, ``rotate`` degrees, ``mixup`` the
    parameter of the beta distribution; 0 turns it off. ``validation``  is the share of the
    training part that validates. ``predicts`` adds a command that classifies a folder of images, ``skips_broken`` leaves out image files that
    cannot be read.
    """

    source: str = "synthetic"  # a name of IMAGE_SOURCES
    path: str | None = None
    flip: bool = False
    crop: int = 0
    cutout: int = 0
    shift: Fraction = Fraction(0)
    zoom: Fraction = Fraction(0)
    shear: Fraction = Fraction(0)
    rotate: int = 0
    mixup: Fraction = Fraction(0)
    randaugment: bool = False
    validation: Fraction = Fraction(1, 10)
    predicts: bool = False
    skips_broken: bool = False

    @property
    def images(self) -> ImageSource:
        """What is known of the source."""
        return IMAGE_SOURCES[self.source]

    @property
    def augments(self) -> bool:
        """Whether training images are changed at random."""
        return any(getattr(self, name) for name in AUGMENTATIONS)


def data_of(program: tree.Program) -> Data:
    """The data settings; synthetic images where none are given."""
    return Data(**fields_of(program.data, "data", program.source))


def reading(program: tree.Program, path: str) -> tree.Program:
    """The program on the images of an .npz file, or of a folder with one folder per class.

    Raises NetformError for a path that a text cannot hold.
    """
    source = tree.Setting("npz" if path.endswith(".npz") else "folder", path)
    others = (setting for setting in program.data if setting.key not in {"set", "npz", "folder"})
    changed = replace(program, data=(source, *others))
    data_of(changed)
    return changed
