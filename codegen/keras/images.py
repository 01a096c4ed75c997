"""What a program does to get its images."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from ...dsl.derivations.derivation import listed
from ...dsl.settings import Data

_WARPS = {"rotate": "turned", "zoom": "zoomed", "shear": "sheared", "shift": "shifted"}


@dataclass(frozen=True, slots=True)
class Images(Data):
    """The data settings, and what follows from them for the program.

    ``kind`` names the template that loads the images. ``fit`` means that their size or colour is
    not that of the input, so that the program changes it.
    """

    kind: str = "synthetic"
    fit: bool = False

    @property
    def reads_pictures(self) -> bool:
        """Whether the program reads image files."""
        return self.kind == "folder" or self.predicts

    @property
    def is_lazy(self) -> bool:
        """Whether images stay where they are until a batch needs them."""
        return self.kind in {"npz", "keras"}

    @property
    def is_ahead(self) -> bool:
        """Whether a thread makes the next batches, since a batch takes more than rows."""
        return self.kind in {"npz", "folder"} or self.augments or (self.is_lazy and self.fit)

    @property
    def has_range(self) -> bool:
        """Whether the program needs the least and the largest pixel of the training part."""
        return self.randaugment or (self.predicts and self.kind == "npz")

    @property
    def warps(self) -> str:
        """How images are warped, in words; empty where they are not."""
        used = [word for name, word in _WARPS.items() if getattr(self, name)]
        return listed(used) if used else ""

    @property
    def ends_with_warp(self) -> bool:
        """Whether the warp is the last change of an image."""
        return bool(self.warps) and not (self.mixup or self.cutout or self.randaugment)


def images_of(data: Data, shape: tuple[int, ...]) -> Images:
    """What a program does to feed the images of some data to an input of a shape."""
    kind = "keras" if data.images.is_downloaded else data.source
    return Images(**asdict(data), kind=kind, fit=data.images.shape != shape)
