"""The train settings, checked: what excludes what is one small rule each, asked in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...grammar import tree
from ...grammar.errors import NetformError
from .fields import fields_of, setting_of
from .training import Train


@dataclass(frozen=True, slots=True)
class Conflict:
    """Settings that exclude each other: the field to change, and why."""

    field: str
    message: str
    hint: str


def train_of(program: tree.Program) -> Train:
    """The train settings; Keras' defaults where none are given.

    Raises NetformError at a setting that another one excludes.
    """
    train = Train(**fields_of(program.train, "train", program.source))
    conflict = conflict_in(train)
    if conflict is not None:
        given = setting_of(conflict.field, program.train)
        raise NetformError(conflict.message, given.span, program.source, conflict.hint)
    return train


def conflict_in(train: Train) -> Conflict | None:
    """The first conflict between settings; None if there is none."""
    found = (rule(train) for rule in RULES)
    return next((conflict for conflict in found if conflict is not None), None)


def _schedulefree_takes_no_schedule(train: Train) -> Conflict | None:
    if train.optimizer != "schedulefree" or train.schedule is None:
        return None
    return Conflict(
        "schedule",
        "schedulefree averages all steps instead of making them smaller",
        "leave out schedule=, or write opt=adamw",
    )


def _schedulefree_takes_no_average(train: Train) -> Conflict | None:
    if train.optimizer != "schedulefree" or not train.ema:
        return None
    return Conflict(
        "ema",
        "schedulefree averages the weights itself",
        "leave out ema=, or write opt=adamw",
    )


def _a_cosine_follows_a_warmup(train: Train) -> Conflict | None:
    if not train.warmup or train.schedule == "cosine" or train.optimizer == "schedulefree":
        return None
    return Conflict("warmup", "a warm-up goes before a cosine", "write schedule=cosine too")


def _a_batch_has_enough_images_for_its_parts(train: Train) -> Conflict | None:
    if train.split <= train.batch:
        return None
    return Conflict(
        "split",
        f"a batch of {train.batch} images has no {train.split} parts",
        "write a smaller number, or a larger batch",
    )


def _the_parts_of_a_batch_are_equal(train: Train) -> Conflict | None:
    if train.batch % train.split == 0:
        return None
    return Conflict(
        "split",
        f"{train.split} does not divide the batch of {train.batch}",
        "write a batch that is a multiple of it",
    )


def _one_device_or_several(train: Train) -> Conflict | None:
    if train.devices == 1 or train.device is None:
        return None
    return Conflict(
        "device",
        f"device names one device, but {train.devices} share every batch",
        "leave device= out, and choose cards by the variable CUDA_VISIBLE_DEVICES",
    )


def _devices_share_a_batch_evenly(train: Train) -> Conflict | None:
    shares = train.devices * train.split
    if train.batch % shares == 0:
        return None
    parts = f"{train.split} parts of " if train.split > 1 else ""
    return Conflict(
        "devices",
        f"{train.devices} devices share {parts}a batch evenly, but not of {train.batch} images",
        f"write a batch that is a multiple of {shares}",
    )


RULES: tuple[Callable[[Train], Conflict | None], ...] = (
    _schedulefree_takes_no_schedule,
    _schedulefree_takes_no_average,
    _a_cosine_follows_a_warmup,
    _a_batch_has_enough_images_for_its_parts,
    _the_parts_of_a_batch_are_equal,
    _one_device_or_several,
    _devices_share_a_batch_evenly,
)
