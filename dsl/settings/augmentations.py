"""The random changes of training images that ``aug=`` takes: one row each."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal


@dataclass(frozen=True, slots=True)
class Augmentation:
    """One word of ``aug=``, which is also a field of Data.

    ``amount`` is how the number behind the word is written: N is a whole number, 0.N a share,
    and some words take none.
    """

    name: str
    amount: Literal["", "N", "0.N"]
    meaning: str

    def takes(self, amount: Fraction | None) -> bool:
        """Whether the word goes with an amount, or with none."""
        match self.amount:
            case "":
                return amount is None
            case "N":
                return amount is not None and amount >= 1
            case "0.N":
                return amount is not None and amount <= 1

    def value(self, amount: Fraction | None) -> bool | int | Fraction:
        """What the field of Data is set to."""
        if amount is None:
            return True
        return int(amount) if self.amount == "N" else amount


AUGMENTATIONS = {
    row.name: row
    for row in (
        Augmentation("flip", "", "mirrors half of the images"),
        Augmentation("crop", "N", "shifts by up to N pixels"),
        Augmentation("shift", "0.N", "shifts by up to a share of the side"),
        Augmentation("zoom", "0.N", "zooms by up to a share"),
        Augmentation("shear", "0.N", "shears by up to a share"),
        Augmentation("rotate", "N", "turns by up to N degrees"),
        Augmentation("cutout", "N", "blanks a square with a side of N pixels"),
        Augmentation("mixup", "0.N", "blends two images and their labels"),
        Augmentation("randaugment", "", "applies random changes of Keras' RandAugment"),
    )
}
