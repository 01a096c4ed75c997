"""Network to program: what the template needs is worked out here, and the template is filled."""

from __future__ import annotations

import functools
import hashlib
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ...dsl import kinds
from ...dsl.costs.evaluated import EvaluatedLayer, EvaluatedNetwork
from ...dsl.derivations.derivation import listed
from ...dsl.graph.definitions import definitions_of, standing_alone
from ...dsl.graph.trace import Called, Grouped, Merged, Record, Repeated
from ...dsl.graph.width import Width
from ...dsl.network import Network
from ...dsl.settings import Data, Train
from ...grammar.errors import NetformError
from ...grammar.format.formatter import format_text
from ...grammar.printer import show, show_item
from ..python.formatter import formatted
from ..python.source import docstring_text, literal
from .model import write_model
from .output_spec import OutputSpec, final_kind, output_spec_of
from .training import (
    PATIENCE,
    SINCE,
    compile_parameters,
    compiled,
    counts_in_file,
    follows_best,
)

_CLASSES = {"digits": 10, "cifar10": 10, "cifar100": 100, "mnist": 10, "fashion_mnist": 10}
_SIZES = {
    "digits": (8, 8, 1),
    "cifar10": (32, 32, 3),
    "cifar100": (32, 32, 3),
    "mnist": (28, 28, 1),
    "fashion_mnist": (28, 28, 1),
}
_IN_WORDS = {
    "digits": "the 1,797 handwritten digits of scikit-learn",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "mnist": "MNIST",
    "fashion_mnist": "Fashion-MNIST",
    "synthetic": "random images",
    "npz": "the images of an .npz file",
    "folder": "a folder of images, one folder per class",
}


def emit(network: Network, w: Any = 1, rounding: str | None = None) -> str:
    """The Keras program for a network at width ``w``, as ``ruff format`` leaves it.

    Raises NetformError where the network cannot be trained on its data set.
    """
    figures = network.at(w, rounding=rounding)
    head = output_spec_of(network, figures)
    _check(network, figures, head)
    template = _environment().get_template("program.py.j2")
    shape = (*figures.layers[0].output,)
    point = figures.point
    blocks = definitions_of(network.program)
    model = write_model(figures.built, point, Width(figures.w, rounding), blocks)
    net = format_text(show(standing_alone(network.program)))
    data, train = _source(network.data, shape), network.train
    lasts = [
        layer.name.replace(".", model.separator)
        for layer in figures.built.layers
        if layer.is_final and layer.op == "fc"
    ]
    without_onednn = _without_onednn([layer.kind for layer in figures.built.layers])
    source = template.render(
        name=safe_name(network.name),
        net=net.splitlines(),
        spec=hashlib.sha256(net.encode()).hexdigest()[:16],
        values={name: str(value) for name, value in network.values.items()},
        width=figures.w,
        rounding=rounding,
        table=_table(figures),
        without_onednn=without_onednn,
        needs_os=without_onednn or _reads_environment(train),
        functions=model.functions,
        statements=model.statements,
        wide=_wide(figures.w, rounding) if model.is_wide else [],
        params=figures.params,
        shape=shape,
        head=head,
        data=data,
        label_shape=(640, *head.per_pixel),
        data_in_words=_IN_WORDS[network.data.source],
        train=train,
        since=SINCE.get(train.optimizer),
        compiled=compiled(train, network.data, head, lasts),
        compile_parameters=compile_parameters(train),
        patience=PATIENCE,
        follows_best=follows_best(train),
        counts_in_file=counts_in_file(train),
        finds=bool(train.logs),
        has_dropout=any(isinstance(layer.kind, kinds.Drop) for layer in figures.built.layers),
        uses_classes=data.kind not in ("digits", "keras") or _speaks_of_classes(data, train, head),
        image_mode={1: "L", 3: "RGB", 4: "RGBA"}.get(shape[-1]),
    )
    return formatted(source)


def _speaks_of_classes(data: _Source, train: Train, head: OutputSpec) -> bool:
    """Whether a program on a known data set still needs the number of classes."""
    return head.one_hot or data.predicts or "classes" in train.logs


def _reads_environment(train: Train) -> bool:
    """Whether a program asks or tells its environment about devices, or about float64 on JAX."""
    asks = train.device or train.memory or train.devices > 1 or "gpu" in train.logs
    return bool(asks or train.policy == "float64")


def safe_name(name: str) -> str:
    """A name made of word characters, for a model or a folder."""
    return re.sub(r"[^0-9A-Za-z_]+", "_", name).strip("_")[:60] or "network"


@dataclass(frozen=True, slots=True)
class _Source:
    """What a program has to do to get its images.

    ``kind`` names the template that loads them, ``fit`` says that they have another size or
    colour than the network takes. The other words are those of :class:`Data`.
    """

    data: Data
    kind: str
    fit: bool

    def __getattr__(self, name: str) -> Any:
        return getattr(self.data, name)

    @property
    def reads_pictures(self) -> bool:
        return self.kind == "folder" or self.predicts

    @property
    def warps(self) -> str:
        """How images are warped, in words; empty where they are not."""
        words = {"rotate": "turned", "zoom": "zoomed", "shear": "sheared", "shift": "shifted"}
        used = [word for name, word in words.items() if getattr(self.data, name)]
        return listed(used) if used else ""

    @property
    def ends_with_warp(self) -> bool:
        return bool(self.warps) and not (self.mixup or self.cutout or self.randaugment)

    @property
    def range(self) -> tuple[int, int]:
        """The least and the largest value of a pixel, as images are stored."""
        return (0, 16) if self.source == "digits" else (0, 255)

    @property
    def augments(self) -> bool:
        data = self.data
        plain = data.flip or data.crop or data.cutout or data.mixup or data.randaugment
        return bool(plain or self.warps)


def _source(data: Data, shape: tuple[int, ...]) -> _Source:
    kind = data.source
    if kind not in ("digits", "synthetic", "npz", "folder"):
        kind = "keras"
    return _Source(data, kind, _SIZES.get(data.source) != shape)


def _check(network: Network, figures: EvaluatedNetwork, head: OutputSpec) -> None:
    data = network.data

    def wrong(message: str, hint: str) -> NetformError:
        span = next((s.span for s in network.program.data if s.key != "aug"), None)
        last = network.layers[-1]
        if span is None:
            return NetformError(message, last.span, last.source, hint)
        return NetformError(message, span, network.program.source, hint)

    if not figures.trainable:
        raise wrong(
            "a program trains weights, but no layer of this network has any",
            "add a layer with weights, such as fc10",
        )
    if figures.params > 10**12:
        raise wrong(
            f"a program builds the network, but {figures.params:,} parameters are too many",
            "write a smaller network",
        )
    if head.outputs == 1 and isinstance(final_kind(figures.built.layers), kinds.Softmax):
        raise wrong("the softmax of one output is always 1", "use sigmoid, or leave the logit bare")
    source = _source(data, figures.layers[0].output)
    if head.per_pixel and source.augments:
        raise wrong(
            "augmentation changes the images but not their labels, one for every pixel",
            "leave out aug=",
        )
    is_picture = len(network.program.input.size) == 3
    if not is_picture and source.augments:
        raise wrong("only images of two axes are augmented", "leave out aug=")
    if data.mixup and head.outputs == 1:
        raise wrong(
            "mixup shares an image between classes, but the network has one output",
            "end the network in two outputs, such as fc2",
        )
    if network.train.balanced and head.per_pixel:
        raise wrong(
            "classes are balanced by images, but here every pixel has a label",
            "leave out weights=",
        )
    if data.predicts and head.per_pixel:
        raise wrong(
            "a file of predictions has one class an image, but here every pixel has one",
            "leave out predict=on",
        )
    if data.predicts and (not is_picture or figures.layers[0].output[-1] not in (1, 3, 4)):
        raise wrong(
            "pictures in a folder have two axes and 1, 3 or 4 channels, but the input has not",
            "leave out predict=on",
        )
    if not is_picture and data.source not in ("synthetic", "npz"):
        raise wrong(
            f"{_IN_WORDS[data.source]} have two axes, but the input has another number",
            "use npz=, or random images with set=synthetic",
        )
    side = min(figures.layers[0].output[:-1])
    if data.crop >= side:
        raise wrong(
            f"a crop shifts an image by less than its side of {side}, not by {data.crop}",
            "use a smaller crop",
        )
    if data.source == "synthetic":
        return
    if head.per_pixel and data.source != "npz":
        size = "x".join(map(str, (*head.per_pixel, head.outputs)))
        raise wrong(
            f"{_IN_WORDS[data.source]} have one label an image, but the network ends in a map "
            f"of {size}",
            "end the network in gap or fc, or use npz= with a label for every pixel",
        )
    classes = _CLASSES.get(data.source)
    if classes and head.classes < classes:
        raise wrong(
            f"{_IN_WORDS[data.source]} need {classes} outputs, but the network ends in "
            f"{head.outputs}",
            f"end the network in fc{classes}",
        )
    if data.source == "folder" and figures.layers[0].output[-1] not in (1, 3, 4):
        raise wrong(
            "images in a folder have 1, 3 or 4 channels, but the input has "
            f"{figures.layers[0].output[-1]}",
            "write input 64x64x3, say",
        )


def _without_onednn(layers: list[kinds.Kind]) -> bool:
    """Whether TensorFlow had better leave oneDNN out.

    With a kernel of one pixel and a stride, oneDNN in TensorFlow 2.21 writes beyond the gradient:
    seen on processors with AVX-512, as an aborted process or a failed Conv2DBackpropFilter.
    Dilated up-convolutions on a CPU, on the other hand, exist in oneDNN only.
    """
    weighted = [kind for kind in layers if isinstance(kind, (kinds.Conv, kinds.Deconv))]
    breaks = any(max(kind.kernel) == 1 and max(kind.strides) > 1 for kind in weighted)
    needed = any(isinstance(kind, kinds.Deconv) and max(kind.dilations) > 1 for kind in weighted)
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


def _table(figures: EvaluatedNetwork) -> list[str]:
    """The cost table in plain text, a row for a block."""
    rows: list[tuple[str, ...]] = [("layer", "written", "output", "params", "multiply-adds")]
    blocks = dict(_blocks(figures.built.record))
    groups = itertools.groupby(figures.layers, key=lambda row: _outermost(row, blocks))
    for name, found in groups:
        inside = list(found)
        if name not in blocks:
            rows += [row.cells[:5] for row in inside if row.is_worth_a_row]
            continue
        params, macs = sum(row.params for row in inside), sum(row.macs for row in inside)
        rows.append((name, blocks[name], inside[-1].size, f"{params:,}", f"{macs:,}"))
    rows.append(("total", "", "", f"{figures.params:,}", f"{figures.macs:,}"))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    return [
        "  ".join(
            cell.ljust(size) if i < 3 else cell.rjust(size)
            for i, (cell, size) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _blocks(record: Record) -> Iterator[tuple[str, str]]:
    """The names of the outermost calls, and how they are written."""
    for part in record:
        match part:
            case Called(node=call, inner=inner):
                written = show_item(call)
                yield inner.frame.name, written if len(written) <= 40 else f"{call.block}(...)"
            case Grouped(parts=parts):
                yield from _blocks(parts)
            case Repeated(rounds=rounds):
                for found in rounds:
                    yield from _blocks(found)
            case Merged(branches=branches):
                for _, _, found in branches:
                    yield from _blocks(found)
            case _:
                pass


def _outermost(row: EvaluatedLayer, blocks: Mapping[str, str]) -> str:
    name = row.name.partition(".")[0]
    return name if name in blocks else ""


@functools.cache
def _environment() -> Environment:
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
    return environment
