"""Folders of image files, and what a program finds in them."""

import types

import numpy as np
from PIL import Image

from support.programs import program


def picture(shade=0, size=(6, 6)):
    """A grey picture of one shade."""
    return Image.fromarray(np.full(size, shade, "uint8"))


def folder_of(path, parts=("",), classes=("ant", "bee"), count=20):
    """A folder of pictures, whose shades tell their classes, in parts such as ``train``."""
    for part in parts:
        for label, name in enumerate(classes):
            (path / part / name).mkdir(parents=True)
            for number in range(count):
                picture(60 * label + number).save(path / part / name / f"{number}.png")
    return path


def folder_program(settings="", size="6x6x1", classes=3):
    """The program of a small network on a folder of images."""
    return program(f'data folder="x" {settings}', f"fc{classes}", size)


def loaded(module, data, out):
    """The parts that a program loads: images and labels to train, to validate and to test."""
    out.mkdir(exist_ok=True)
    return module.load_data(types.SimpleNamespace(data=data, out=out))
