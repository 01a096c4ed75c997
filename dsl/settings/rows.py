"""Every setting of ``data`` and ``train``: one row each.

To add a setting, add a row here, its field to Data or Train, and its use to the program's template.
The row decides how it is read, the texts of its errors, and its line in the reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ..costs.memory import POLICIES, SLOTS
from . import readers
from .image_sources import DATA_SETS

OPTIMIZERS = tuple(SLOTS)
SCHEDULES = ("cosine", "step", "exponential", "plateau")
LOGS = ("classes", "gpu", "tensorboard")

_IMAGES = "the source of the images"
_LENGTH = "the length of training"
_PARTS = "the number of parts of a batch"


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting: its key and statement, how its text is read, and the field that it sets.

    Where ``field`` is empty, the reader gives several fields by name. ``example`` is a value for
    the hint of an error, ``meaning`` is for the reference. Settings with the same ``purpose`` are
    alternatives, of which a text gives one. ``is_swept`` is whether ``|`` joins several values.
    """

    statement: Literal["data", "train"]
    key: str
    field: str
    read: readers.Reader
    example: str
    meaning: str
    purpose: str = ""
    is_swept: bool = True

    @property
    def usage(self) -> str:
        """How the setting is written, with its example."""
        return f"{self.key}={self.example}"

    def alternatives(self, text: str) -> tuple[str, ...]:
        """The values of a sweep that a text joins; one where it joins none."""
        return tuple(text.split("|")) if self.is_swept else (text,)

    def fields(self, text: str) -> dict[str, Any]:
        """The fields that a text sets; of several values, the first. Raises SettingError."""
        first, *_ = [self.read(value) for value in self.alternatives(text)]
        found: dict[str, Any] = {self.field: first} if self.field else first
        return found


# fmt: off
ROWS = (
    SettingRow("data", "set", "source", readers.one_of(DATA_SETS), "cifar10",
               "a known data set, or synthetic: random images, which is the default",
               purpose=_IMAGES),
    SettingRow("data", "npz", "", readers.path_to("npz"), '"my data.npz"',
               "a file with the arrays `x_train`, `y_train`, `x_test`, `y_test`, and perhaps `x_val`, `y_val`",
               purpose=_IMAGES, is_swept=False),
    SettingRow("data", "folder", "", readers.path_to("folder"), '"my images"',
               "one folder of images per class, in `train`, `val` and `test` if there are such folders",
               purpose=_IMAGES, is_swept=False),
    SettingRow("data", "aug", "", readers.augmentations, "flip,crop4,rotate15",
               "random changes of training images"),
    SettingRow("data", "val", "validation", readers.validation_share, "0.1",
               "the share of the training part that validates, equal for every class"),
    SettingRow("data", "predict", "predicts", readers.switch, "on",
               "the program also classifies images into a CSV file"),
    SettingRow("data", "broken", "skips_broken",
               readers.choice({"skip": True, "refuse": False}), "skip",
               "skip: image files that cannot be read are left out; by default they end the program"),

    SettingRow("train", "epochs", "epochs", readers.count, "10",
               "the number of epochs", purpose=_LENGTH),
    SettingRow("train", "steps", "steps", readers.count, "2000",
               "the number of steps, of a batch each", purpose=_LENGTH),
    SettingRow("train", "max_batches", "steps", readers.count, "2000",
               "Darknet's name of `steps`", purpose=_LENGTH),
    SettingRow("train", "batch", "batch", readers.count, "128",
               "the number of images of a step"),
    SettingRow("train", "split", "split", readers.count, "4",
               "the number of parts of a batch, whose gradients are added up", purpose=_PARTS),
    SettingRow("train", "subdivisions", "split", readers.count, "4",
               "Darknet's name of `split`", purpose=_PARTS),
    SettingRow("train", "opt", "optimizer", readers.one_of(OPTIMIZERS), "adam",
               "the optimizer"),
    SettingRow("train", "lr", "learning_rate", readers.positive, "0.001",
               "the learning rate"),
    SettingRow("train", "schedule", "schedule", readers.one_of(SCHEDULES), "cosine",
               "how the learning rate falls: cosine, step (a tenth at half, a hundredth at three "
               "quarters), exponential (down to a hundredth), plateau (a tenth after 10 epochs "
               "without a better one)"),
    SettingRow("train", "warmup", "warmup", readers.count, "5",
               "epochs in which the learning rate rises, before a cosine or with schedulefree"),
    SettingRow("train", "decay", "decay", readers.positive, "0.0005",
               "weight decay, which does not change biases and norms"),
    SettingRow("train", "clip", "clip", readers.positive, "1",
               "the largest norm of all gradients together"),
    SettingRow("train", "ema", "ema", readers.share, "0.999",
               "the momentum of averaged weights"),
    SettingRow("train", "smooth", "smooth", readers.share, "0.1",
               "the label smoothing"),
    SettingRow("train", "early", "early", readers.count, "5",
               "epochs without a better one after which training ends"),
    SettingRow("train", "weights", "balanced",
               readers.choice({"balanced": True, "equal": False}), "balanced",
               "balanced: images of rare classes count more"),
    SettingRow("train", "policy", "policy", readers.one_of(tuple(POLICIES)), "mixed_bfloat16",
               "the data types of Keras that layers compute and keep"),
    SettingRow("train", "jit", "jit", readers.switch, "on",
               "whether the step is compiled: by XLA, on PyTorch by its own compiler"),
    SettingRow("train", "log", "logs", readers.some_of(LOGS), "classes",
               "further files: classes (accuracy of every class, and the confusion matrix), gpu (use of "
               "the program's first card, once a second), tensorboard"),
    SettingRow("train", "device", "device", readers.device, "gpu:0",
               "cpu, gpu, or a card by its number in `nvidia-smi`; the CPU if there is no such card"),
    SettingRow("train", "memory", "memory", readers.memory, "4GiB",
               "the most that training takes of an NVIDIA card's memory"),
    SettingRow("train", "devices", "devices", readers.count, "2",
               "the number of devices that share every batch"),
)
# fmt: on
BY_KEY = {row.key: row for row in ROWS}
