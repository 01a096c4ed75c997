"""Network to program: the context of the template, and the template filled."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import replace
from fractions import Fraction
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from ...dsl.costs.evaluated import EvaluatedNetwork
from ...dsl.graph.definitions import definitions_of, standing_alone
from ...dsl.graph.layer import Layer
from ...dsl.graph.width import Width
from ...dsl.kinds import Kind
from ...dsl.kinds.bn import Bn
from ...dsl.kinds.conv import Conv
from ...dsl.kinds.deconv import Deconv
from ...dsl.kinds.drop import Drop
from ...dsl.network import Network
from ...dsl.questions.output_spec import OutputSpec, output_spec_of
from ...dsl.questions.trainable import check
from ...dsl.settings import Train
from ...grammar.format.formatter import format_text
from ...grammar.printer import show
from ..cells import FORMULA_STARTS
from ..python.formatter import formatted
from ..python.source import docstring_text, literal
from ..target import safe_name
from .cost_table import cost_table
from .images import images_of
from .model import write_model
from .training import (
    OPTIMIZERS,
    PATIENCE,
    compiled,
    is_scheduled,
)

_IMAGE_MODES = {1: "L", 3: "RGB", 4: "RGBA"}  # of Pillow, by channels


def emit(network: Network, w: Any = 1, rounding: str | None = None) -> str:
    """The Keras program for a network at width ``w``, as ``ruff format`` leaves it.

    Raises NetformError where the network cannot be trained on its data set.
    """
    evaluated = network.at(w, 1, rounding)
    output_spec = output_spec_of(network, evaluated)
    check(network, evaluated, output_spec)
    width = Width(evaluated.w, rounding)
    model = write_model(evaluated.graph, evaluated.point, width, definitions_of(network.program))
    source = _template("program.py.j2").render(
        **_identity(network, evaluated, rounding),
        **_devices(network.train, evaluated.graph.layers),
        **_images(network, evaluated, output_spec),
        **_training(network, evaluated, output_spec, model.separator),
        width=evaluated.w,
        rounding=rounding,
        functions=model.functions,
        statements=model.statements,
        has_remat=model.has_remat,
        wide=_wide(evaluated.w, rounding) if model.is_wide else [],
        output_spec=output_spec,
    )
    return formatted(source)


def emit_model(network: Network, train: Train, w: Any = 1, rounding: str | None = None) -> str:
    """A program of the compiled model and of random batches, without data and without training.

    ``train`` are its settings, in place of the network's own; a schedule does not matter. Raises
    NetformError as ``emit`` does.
    """
    evaluated = network.at(w, 1, rounding)
    output_spec = output_spec_of(network, evaluated)
    check(network, evaluated, output_spec)
    width = Width(evaluated.w, rounding)
    model = write_model(evaluated.graph, evaluated.point, width, definitions_of(network.program))
    train = replace(train, schedule=None, warmup=0, devices=1)
    source = _template("model_program.py.j2").render(
        **_devices(train, evaluated.graph.layers),
        **_compiled(train, evaluated, output_spec, model.separator),
        name=safe_name(network.name),
        params=evaluated.params,
        shape=evaluated.input,
        width=evaluated.w,
        rounding=rounding,
        functions=model.functions,
        statements=model.statements,
        has_remat=model.has_remat,
        wide=_wide(evaluated.w, rounding) if model.is_wide else [],
        output_spec=output_spec,
    )
    return formatted(source)


_Context = dict[str, Any]


def _identity(network: Network, evaluated: EvaluatedNetwork, rounding: str | None) -> _Context:
    """The network in the docstring and the constants of the program."""
    net = format_text(show(standing_alone(network.program)))
    values = {name: str(value) for name, value in sorted(network.values.items())}
    point = repr((values, str(evaluated.w), rounding)) if values or evaluated.w != 1 else ""
    return {
        "name": safe_name(network.name),
        "net": net.splitlines(),
        "spec": hashlib.sha256(f"{net}{point}".encode()).hexdigest()[:16],
        "values": values,
        "table": cost_table(evaluated),
        "params": evaluated.params,
    }


def _devices(train: Train, layers: tuple[Layer, ...]) -> _Context:
    """What the program sets in its environment, before it imports a framework."""
    without_onednn = _without_onednn([layer.kind for layer in layers])
    return {
        "without_onednn": without_onednn,
        "needs_os": without_onednn or _reads_environment(train),
    }


def _images(network: Network, evaluated: EvaluatedNetwork, output_spec: OutputSpec) -> _Context:
    """What the program does to read images and their labels."""
    shape = evaluated.input
    data = images_of(network.data, shape)
    train = network.train
    needs_classes = (
        output_spec.one_hot or data.predicts or train.balanced or "classes" in train.logs
    )
    return {
        "data": data,
        "data_in_words": data.images.in_words,
        "shape": shape,
        "label_shape": (640, *output_spec.per_pixel) if output_spec.per_pixel else 640,
        "formula_starts": ascii(tuple(FORMULA_STARTS)),
        "uses_classes": data.images.is_path or needs_classes,
        "image_mode": _IMAGE_MODES.get(shape[-1]),
    }


def _training(
    network: Network, evaluated: EvaluatedNetwork, output_spec: OutputSpec, separator: str
) -> _Context:
    """How the program compiles and trains the model."""
    train, layers = network.train, evaluated.graph.layers
    return {
        **_compiled(train, evaluated, output_spec, separator),
        "since": OPTIMIZERS[train.optimizer].since,
        "patience": PATIENCE,
        "is_scheduled": is_scheduled(train),
        "is_kept": bool(network.program.data or network.program.train),
        "finds": bool(train.logs),
        "has_dropout": any(isinstance(layer.kind, Drop) for layer in layers),
        "has_batch_norm": any(isinstance(layer.kind, Bn) for layer in layers),
    }


def _compiled(
    train: Train, evaluated: EvaluatedNetwork, output_spec: OutputSpec, separator: str
) -> _Context:
    """The settings of training, and the statements that compile the model."""
    final_dense = [
        layer.name.replace(".", separator)
        for layer in evaluated.graph.layers
        if layer.is_final and layer.op == "fc"
    ]
    return {"train": train, "compiled": compiled(train, output_spec, final_dense)}


def _reads_environment(train: Train) -> bool:
    """Whether the program reads or sets variables for devices, or for float64 on JAX."""
    asks = train.device or train.memory or train.devices > 1 or "gpu" in train.logs
    return bool(asks or train.policy == "float64")


def _without_onednn(layers: list[Kind]) -> bool:
    """Whether TensorFlow should run without oneDNN.

    With a kernel of one pixel and a stride, oneDNN in TensorFlow 2.21 writes beyond the gradient:
    seen on processors with AVX-512, as an aborted process or a failed Conv2DBackpropFilter.
    Dilated up-convolutions on a CPU, on the other hand, exist in oneDNN only.
    """
    weighted = [kind for kind in layers if isinstance(kind, (Conv, Deconv))]
    breaks = any(max(kind.kernel) == 1 and max(kind.strides) > 1 for kind in weighted)
    needed = any(isinstance(kind, Deconv) and max(kind.dilations) > 1 for kind in weighted)
    return breaks and not needed


def _wide(w: Fraction, rounding: str | None) -> list[str]:
    """The lines of ``wide``: the output channels at a width."""
    up, down = literal(w.numerator), literal(w.denominator)
    match rounding:
        case None:
            return [f"return channels * {up} // {down}"]
        case "floor":
            return [f"return max(1, channels * {up} // {down})"]
        case "nearest":
            return [f"return max(1, (2 * channels * {up} + {down}) // (2 * {down}))"]
        case _:
            return [
                f"rounded = max(8, (channels * {up} + 4 * {down}) // (8 * {down}) * 8)",
                f"return rounded + 8 if 10 * {down} * rounded < 9 * {up} * channels else rounded",
            ]


@functools.cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader("netform.codegen.keras"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["literal"] = literal
    environment.filters["doc"] = docstring_text
    return environment.get_template(name)
