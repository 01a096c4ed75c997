"""Probable mistakes in how a network is trained: what emit refuses, and odd settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..graph.warnings.spec_warning import SpecWarning
from ..network import Network
from ..settings.fields import setting_of
from .output_spec import output_spec_of
from .trainable import Plan, refusals


@dataclass(frozen=True, slots=True)
class RateRange:
    """The learning rates that an optimizer is used with, generously, and a usual one."""

    least: Fraction
    most: Fraction
    usual: str


def _range(least: str, most: str, usual: str) -> RateRange:
    return RateRange(Fraction(least), Fraction(most), usual)


RATES = {
    "sgd": _range("1e-6", "10", "0.1"),
    "momentum": _range("1e-6", "10", "0.1"),
    "rmsprop": _range("1e-7", "0.5", "0.001"),
    "adagrad": _range("1e-5", "10", "0.01"),
    "lion": _range("1e-8", "0.1", "0.0001"),
    "adam": _range("1e-7", "0.5", "0.001"),
    "adamw": _range("1e-7", "0.5", "0.001"),
    "adamax": _range("1e-7", "0.5", "0.001"),
    "nadam": _range("1e-7", "0.5", "0.001"),
    "adadelta": _range("1e-5", "100", "1"),
    "lamb": _range("1e-7", "1", "0.001"),
    "ftrl": _range("1e-5", "10", "0.01"),
    "adafactor": _range("1e-7", "1", "0.001"),
    "muon": _range("1e-7", "1", "0.001"),
    "schedulefree": _range("1e-7", "1", "0.002"),
}


def training_warnings(
    network: Network, w: Any = 1, rounding: str | None = None
) -> Iterator[SpecWarning]:
    """What ``emit`` refuses at a width, and settings that are out of proportion."""
    yield from _learning_rate(network)
    yield from _warmup(network)
    if network.open:  # the input has no size
        return
    evaluated = network.at(w, 1, rounding)
    plan = Plan(network, evaluated, output_spec_of(network, evaluated))
    refused = refusals(plan)
    for error in refused:
        assert error.source is not None
        assert error.span is not None
        message = f"no program can train this network: {error.message}"
        yield SpecWarning(message, error.source, error.span, error.hint)
    if not refused:
        yield from _images(plan)


def _learning_rate(network: Network) -> Iterator[SpecWarning]:
    train = network.train
    allowed = RATES[train.optimizer]
    rate = train.learning_rate
    if allowed.least <= rate <= allowed.most:
        return
    setting = setting_of("learning_rate", network.program.train)
    high = rate > allowed.most
    yield SpecWarning(
        f"a learning rate of {float(rate):g} is far {'above' if high else 'below'} what "
        f"{train.optimizer} trains with",
        network.program.source,
        setting.span,
        f"write for example lr={allowed.usual}",
    )


def _warmup(network: Network) -> Iterator[SpecWarning]:
    train = network.train
    if not train.warmup or train.steps or 2 * train.warmup <= train.epochs:
        return
    yield SpecWarning(
        f"the learning rate rises in {train.warmup:,} epochs, and training has {train.epochs:,}",
        network.program.source,
        setting_of("warmup", network.program.train).span,
        "write fewer epochs of warm-up, such as a tenth of all",
    )


def _images(plan: Plan) -> Iterator[SpecWarning]:
    """Images of another size or colour than the input, and outputs without a class."""
    network, known, shape = plan.network, plan.images, plan.shape
    if known.shape is None or known.classes is None:
        return
    source, settings = network.program.source, network.program.data
    place = setting_of("source", settings)
    own, given = ("x".join(map(str, size)) for size in (known.shape, shape))
    if shape != known.shape:
        change = "resizes" if shape[:-1] != known.shape[:-1] else "changes the colours of"
        yield SpecWarning(
            f"the images of {known.in_words} are {own}, but the input is {given}; the program "
            f"{change} them",
            source,
            place.span,
            f"write input {own}, or keep it if this is intended",
        )
    if plan.output_spec.outputs > known.classes:
        yield SpecWarning(
            f"the network has {plan.output_spec.outputs} outputs for the {known.classes} classes "
            f"of {known.in_words}",
            source,
            place.span,
            f"end the network in fc{known.classes}",
        )
