"""What ``data`` and ``train`` say of the training program, checked and completed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from ...grammar import tree
from ...grammar.errors import NetformError, Source, Span, did_you_mean, quoted
from ..algebra.units import read_bytes
from ..costs.memory import POLICIES, SLOTS
from ..graph.definitions import lets_of

DATA_SETS = ("digits", "cifar10", "cifar100", "mnist", "fashion_mnist", "synthetic")
SCHEDULES = ("cosine", "step", "exponential", "plateau")
LOGS = ("classes", "gpu", "tensorboard")
OPTIMIZERS = tuple(SLOTS)
LARGEST_COUNT = 10**6

_PATHS = ("npz", "folder")

_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?(?:e-?[0-9])?")


@dataclass(frozen=True, slots=True)
class Data:
    """Where the images come from: a known set by name, or a path to a file or folder.

    ``crop`` is the padding of a random crop and ``cutout`` the side of a square that is blanked,
    in pixels; ``shift``, ``zoom`` and ``shear`` are shares, ``rotate`` degrees, ``mixup`` the
    parameter of the beta distribution; 0 is none of it. ``validation`` is the share of the
    training part that is held back. ``predicts`` adds what classifies a folder of images.
    """

    source: str = "synthetic"  # a name of DATA_SETS, or "npz" or "folder"
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


@dataclass(frozen=True, slots=True)
class Train:
    """How the program trains.

    The length is ``epochs``, or ``steps`` of a batch each where that is given. ``decay`` is the
    weight decay, without biases and norms; ``warmup`` and ``early`` are epochs, ``split`` the
    micro-batches of a step, ``clip`` the largest norm of all gradients together, ``smooth`` the
    label smoothing and ``ema`` the momentum of averaged weights; 0 is none of it. ``logs`` are
    further things to write. ``device`` is ``cpu``, or ``gpu:`` and a card's number; ``memory`` the most
    bytes of a card to take, 0 is all; ``devices`` is how many share every batch.
    """

    optimizer: str = "adam"
    learning_rate: Fraction = Fraction(1, 1000)
    batch: int = 32
    epochs: int = 10
    steps: int = 0
    decay: Fraction = Fraction(0)
    schedule: str | None = None
    warmup: int = 0
    early: int = 0
    split: int = 1
    clip: Fraction = Fraction(0)
    smooth: Fraction = Fraction(0)
    ema: Fraction = Fraction(0)
    policy: str = "float32"
    jit: bool | None = None
    balanced: bool = False
    logs: tuple[str, ...] = ()
    device: str | None = None
    memory: int = 0
    devices: int = 1

    @property
    def copies(self) -> int:
        """Values that are kept for every trainable parameter, beside the optimizer's own."""
        return (self.ema > 0) + (self.split > 1)


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a sweep: a setting or a let, and the values it takes in turn."""

    name: str
    values: tuple[str, ...]


class SettingError(Exception):
    """A value a setting cannot take: what it is, and a hint."""

    def __init__(self, needed: str, hint: str) -> None:
        super().__init__(needed)
        self.needed, self.hint = needed, hint


def data_of(program: tree.Program) -> Data:
    """The data settings; synthetic images where none are given."""
    fields: dict[str, object] = {}
    sources = [s for s in program.data if s.key in ("set", "npz", "folder")]
    if len(sources) > 1:
        raise NetformError(
            f"images come from one place, but {sources[0].key} and {sources[1].key} name two",
            sources[1].span,
            program.source,
            "leave one of them out",
        )
    for setting, value in _read(program.data, _DATA, "data", program.source):
        if setting.key == "set":
            fields["source"] = value
        elif setting.key == "aug":
            fields.update(value)  # type: ignore[call-overload]
        elif setting.key in ("val", "predict"):
            fields["validation" if setting.key == "val" else "predicts"] = value
        else:
            fields.update(source=setting.key, path=value)
    return Data(**fields)  # type: ignore[arg-type]


def reading(program: tree.Program, path: str) -> tree.Program:
    """The program on the images of an .npz file, or of a folder with one folder per class.

    Raises NetformError for a path that a text cannot hold.
    """
    key = "npz" if path.endswith(".npz") else "folder"
    source = tree.Setting(key, path)
    others = (setting for setting in program.data if setting.key not in ("set", *_PATHS))
    changed = replace(program, data=(source, *others))
    data_of(changed)
    return changed


def train_of(program: tree.Program) -> Train:
    """The train settings; Keras' defaults where none are given."""
    fields: dict[str, object] = {}
    for setting, value in _read(program.train, _TRAIN, "train", program.source):
        fields[_FIELDS.get(setting.key, setting.key)] = value
    fields["balanced"] = fields.get("balanced") == "balanced"
    train = Train(**fields)  # type: ignore[arg-type]
    _check_train(program, train)
    return train


def _check_train(program: tree.Program, train: Train) -> None:
    """Raise NetformError where settings exclude each other."""
    given = {setting.key: setting for setting in program.train}

    def wrong(key: str, message: str, hint: str) -> NetformError:
        return NetformError(message, given[key].span, program.source, hint)

    for names in _SAME:
        both = [name for name in names if name in given]
        if len(both) > 1:
            raise wrong(
                both[1],
                f"{both[0]} and {both[1]} say the same thing in two ways",
                "leave one of them out",
            )
    if train.optimizer == "schedulefree":
        for key in ("schedule", "ema"):
            if key in given:
                raise wrong(key, *_WITHOUT_SCHEDULE[key])
    elif train.warmup and train.schedule != "cosine":
        raise wrong("warmup", "a warm-up goes before a cosine", "write schedule=cosine too")
    if train.split > train.batch:
        key = "split" if "split" in given else "subdivisions"
        raise wrong(
            key,
            f"a batch of {train.batch} images has no {train.split} parts",
            "write a smaller number, or a larger batch",
        )
    if train.split > 1 and train.batch % train.split:
        key = "split" if "split" in given else "subdivisions"
        raise wrong(
            key,
            f"{train.split} does not divide the batch of {train.batch}",
            "write a batch that is a multiple of it",
        )
    if train.devices > 1 and train.device is not None:
        raise wrong(
            "device",
            f"device names one device, but {train.devices} share every batch",
            "leave device= out, and choose cards by the variable CUDA_VISIBLE_DEVICES",
        )
    if train.batch % (train.devices * train.split):
        parts = f"{train.split} parts of " if train.split > 1 else ""
        raise wrong(
            "devices",
            f"{train.devices} devices share {parts}a batch evenly, but not of {train.batch} images",
            f"write a batch that is a multiple of {train.devices * train.split}",
        )


def axes_of(program: tree.Program) -> tuple[Axis, ...]:
    """The axes of the sweep: settings with several values, and lets that ``sweep`` names."""
    axes = [
        Axis(setting.key, tuple(setting.value.split("|")))
        for setting in (*program.data, *program.train)
        if "|" in setting.value and setting.key not in _PATHS
    ]
    lets = lets_of(program)
    taken = {axis.name for axis in axes}
    for setting in program.sweeps:
        values = setting.value.split("|")
        if setting.key in taken:
            raise NetformError(
                f"every axis of a sweep has its own name, but {quoted(setting.key)} is a setting "
                "and a let",
                setting.span,
                program.source,
                "give the let another name",
            )
        if setting.key not in lets:
            statement = "data" if setting.key in _DATA else "train"
            if setting.key in (*_DATA, *_TRAIN):
                hint = f"write it there: {statement} {setting.key}={setting.value}"
            elif setting.key == "w":
                hint = "the width is no let; ask for it with --set w=1/2"
            elif lets:
                hint = did_you_mean(setting.key, lets)
            else:
                hint = f"write let {setting.key} = ... too"
            raise NetformError(
                f"sweep names a let, but none is called {quoted(setting.key)}",
                Span(setting.span.start, setting.span.start + len(setting.key)),
                program.source,
                hint,
            )
        for value in values:
            if not re.fullmatch(r"[0-9]{1,15}(?:\.[0-9]{1,15})?", value):
                raise NetformError(
                    f"a sweep takes numbers joined by |, not {quoted(value)!r}",
                    Span(setting.span.start + len(setting.key) + 1, setting.span.end),
                    program.source,
                    "write sweep d1=0|0.25|0.5",
                )
        axes.append(Axis(setting.key, tuple(values)))
    for setting in (*program.data, *program.train, *program.sweeps):
        values = setting.value.split("|")
        if len(set(map(_meaning, values))) < len(values) and setting.key not in _PATHS:
            raise NetformError(
                f"{setting.key} takes each value of a sweep once",
                setting.span,
                program.source,
                "leave one of them out",
            )
    return tuple(axes)


def _meaning(value: str) -> object:
    """A value, equal to those that mean the same: 0.5 and 0.50, ``flip,crop4`` and ``crop4,flip``."""
    return Fraction(value) if _NUMBER.fullmatch(value) else frozenset(value.split(","))


def _read(
    settings: Iterable[tree.Setting],
    readers: Mapping[str, Callable[[str], object]],
    statement: str,
    source: Source,
) -> Iterable[tuple[tree.Setting, object]]:
    for setting in settings:
        start = setting.span.start
        if setting.key not in readers:
            raise NetformError(
                f"{statement} has no setting {quoted(setting.key)}",
                Span(start, start + len(setting.key)),
                source,
                did_you_mean(setting.key, readers),
            )
        try:
            values = [setting.value] if setting.key in _PATHS else setting.value.split("|")
            read = [readers[setting.key](value) for value in values]
            yield setting, read[0]  # the others are for a sweep
        except SettingError as wrong:
            raise NetformError(
                f"{setting.key} is {wrong.needed}, not {quoted(setting.value)!r}",
                Span(start + len(setting.key) + 1, setting.span.end),
                source,
                wrong.hint,
            ) from None


def _one_of(names: tuple[str, ...]) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in names:
            raise SettingError(f"one of {', '.join(names)}", did_you_mean(value, names))
        return value

    return read


def _path(value: str) -> str:
    if not value or not value.isprintable() or '"' in value:
        raise SettingError(
            "a path of printable characters without quotes", 'write it in quotes: npz="my data.npz"'
        )
    return value


def _count(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,10}", value) or not 1 <= int(value) <= LARGEST_COUNT:
        raise SettingError(f"a whole number from 1 to {LARGEST_COUNT:,}", "write it as digits: 128")
    return int(value)


def _rate(value: str) -> Fraction:
    if not _NUMBER.fullmatch(value) or not 0 < Fraction(value) <= 1000:
        raise SettingError("a number above 0 and at most 1000", "write it as 0.001 or 1e-3")
    return Fraction(value)


def _share(value: str) -> Fraction:
    if not _NUMBER.fullmatch(value) or not 0 < Fraction(value) < 1:
        raise SettingError("a number between 0 and 1", "write it as 0.1")
    return Fraction(value)


def _device(value: str) -> str:
    match = re.fullmatch(r"cpu|gpu(:[0-9]{1,3})?", value)
    if match is None:
        raise SettingError("cpu, gpu or a card's number, as in gpu:1", "write device=gpu:0")
    return "gpu:0" if value == "gpu" else value


def _memory(value: str) -> int:
    try:
        found = read_bytes(value)
    except NetformError:
        found = Fraction(0)
    if not 2**20 <= found <= 2**50:
        raise SettingError("a number of bytes from 1MiB to 1024TiB", "write memory=4GiB, say")
    return int(found)


def _switch(value: str) -> bool:
    if value not in ("on", "off"):
        raise SettingError("on or off", did_you_mean(value, ("on", "off")))
    return value == "on"


def _some_of(names: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    def read(value: str) -> tuple[str, ...]:
        words = tuple(value.split(","))
        for word in words:
            if word not in names:
                raise SettingError(f"some of {', '.join(names)}", did_you_mean(word, names))
        return tuple(dict.fromkeys(words))

    return read


_PIXELS = re.compile(r"(crop|cutout|rotate)([1-9][0-9]{0,3})")
_SHARES = re.compile(r"(shift|zoom|shear|mixup)(0\.[0-9]{1,6}|1)")


def _augmentations(value: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for word in value.split(","):
        if word in ("flip", "randaugment"):
            found[word] = True
        elif match := _PIXELS.fullmatch(word):
            found[match[1]] = int(match[2])
        elif match := _SHARES.fullmatch(word):
            found[match[1]] = Fraction(match[2])
        else:
            raise SettingError(
                "some of flip, cropN, shift0.N, zoom0.N, shear0.N, rotateN, cutoutN, mixup0.N and "
                "randaugment, joined by commas",
                "write aug=flip,crop4,rotate15",
            )
    return found


_DATA: dict[str, Callable[[str], object]] = {
    "set": _one_of(DATA_SETS),
    "npz": _path,
    "folder": _path,
    "aug": _augmentations,
    "val": _share,
    "predict": _switch,
}
_TRAIN: dict[str, Callable[[str], object]] = {
    "opt": _one_of(OPTIMIZERS),
    "lr": _rate,
    "batch": _count,
    "epochs": _count,
    "steps": _count,
    "max_batches": _count,
    "subdivisions": _count,
    "decay": _rate,
    "schedule": _one_of(SCHEDULES),
    "warmup": _count,
    "early": _count,
    "split": _count,
    "clip": _rate,
    "smooth": _share,
    "ema": _share,
    "policy": _one_of(tuple(POLICIES)),
    "jit": _switch,
    "weights": _one_of(("balanced", "equal")),
    "log": _some_of(LOGS),
    "device": _device,
    "memory": _memory,
    "devices": _count,
}
_FIELDS = {
    "opt": "optimizer",
    "lr": "learning_rate",
    "max_batches": "steps",
    "subdivisions": "split",
    "weights": "balanced",
    "log": "logs",
}
_WITHOUT_SCHEDULE = {
    "schedule": (
        "schedulefree averages all steps instead of making them smaller",
        "leave out schedule=, or write opt=adamw",
    ),
    "ema": (
        "schedulefree averages the weights itself",
        "leave out ema=, or write opt=adamw",
    ),
}
_SAME = (("epochs", "steps", "max_batches"), ("split", "subdivisions"))
