"""Probable mistakes in a network: the warnings of ``netform check``."""

from __future__ import annotations

from collections.abc import Iterator

from ....grammar import tree
from ....grammar.errors import quoted
from ...kinds.base.window import Pooling
from ...kinds.base.window_sizes import Padding
from ...kinds.mul import Mul
from ...kinds.softmax import Softmax
from ..build import LayerGraph
from ..definitions import called_blocks, expressions_of
from ..layer import Layer
from .layer_warnings import input_warnings, number_warnings, output_warnings
from .spec_warning import SpecWarning, in_order


def warnings_of(program: tree.Program, graph: LayerGraph) -> list[SpecWarning]:
    """The first warnings in the order of the text, each place once."""
    found = [
        *_unused_blocks(program),
        *_unused_lets(program),
        *_unused_taps(program),
        *_outer_c(program),
        *_doubled_activations(graph),
        *_early_softmax(graph),
        *_dropped_rows(graph),
        *input_warnings(program, graph.layers),
        *output_warnings(graph.layers),
        *number_warnings(graph.layers),
    ]
    return in_order(found, program)


def _unused_blocks(program: tree.Program) -> Iterator[SpecWarning]:
    called = called_blocks(program)
    for definition in program.definitions:
        if definition.name not in called:
            yield SpecWarning(
                f"the block {quoted(definition.name)} is never called",
                program.source,
                definition.span,
                "leave it out, or call it",
            )


def _unused_lets(program: tree.Program) -> Iterator[SpecWarning]:
    used = {name for expression in expressions_of(program) for name in tree.names(expression)}
    for let in program.lets:
        if let.name not in used:
            yield SpecWarning(
                f"the let {quoted(let.name)} is never used",
                program.source,
                let.span,
                f"leave it out, or write ({quoted(let.name)}) in place of the number",
            )


def _unused_taps(program: tree.Program) -> Iterator[SpecWarning]:
    for chain in (program.chain, *(definition.body.chain for definition in program.definitions)):
        items = list(tree.items(chain))
        used = {item.name for item in items if isinstance(item, tree.Reference)}
        for item in items:
            if isinstance(item, tree.Tap) and item.name not in used:
                yield SpecWarning(
                    f"the tap ->{quoted(item.name)} is never used",
                    program.source,
                    item.span,
                    f"leave it out, or begin a branch with @{quoted(item.name)}",
                )


def _outer_c(program: tree.Program) -> Iterator[SpecWarning]:
    """Outside all brackets c is the channels of the image, which is easily forgotten."""
    for item in program.chain[1:]:
        part = item.part if isinstance(item, tree.Repeat) else item
        if any("c" in tree.names(expression) for expression in tree.expressions(part)):
            yield SpecWarning(
                "outside brackets c is the number of channels of the image",
                program.source,
                part.span,
                "for the input channels of the layer, put the layer in brackets: [conv(2*c)k1]",
            )


def _doubled_activations(graph: LayerGraph) -> Iterator[SpecWarning]:
    for layer in graph.layers[1:]:
        before = layer.inputs[0]
        if _is_activation(layer) and _is_activation(before):
            yield SpecWarning(
                f"{layer.op} follows {before.op}, two activations in a row",
                layer.source,
                layer.span,
                f"a layer with weights has its own; write :{layer.op} behind it, or :- for none"
                if before.is_post
                else "leave one of them out",
            )


def _is_activation(layer: Layer) -> bool:
    return layer.kind.in_post and not layer.kind.is_norm


def _early_softmax(graph: LayerGraph) -> Iterator[SpecWarning]:
    """Softmaxes before layers with weights; those that gate a branch are intended."""
    leads_to_weights: set[Layer] = set()
    for layer in reversed(graph.layers[1:]):
        if layer.kind.weighted:
            leads_to_weights.update(layer.inputs)
        elif layer in leads_to_weights and not isinstance(layer.kind, Mul):
            if isinstance(layer.kind, Softmax):
                yield SpecWarning(
                    f"{layer.name} normalises its values, but layers with weights follow",
                    layer.source,
                    layer.span,
                    "put the softmax last, or leave it out: training takes the logits",
                )
            leads_to_weights.update(layer.inputs)


def _dropped_rows(graph: LayerGraph) -> Iterator[SpecWarning]:
    for layer in graph.layers[1:]:
        kind = layer.kind
        if not isinstance(kind, Pooling):
            continue
        axes = zip(layer.input.sizes, kind.kernel, kind.strides, kind.paddings(), strict=False)
        unseen = max((_unseen(*axis) for axis in axes), default=0)
        if unseen > 0:
            yield SpecWarning(
                f"{layer.name} leaves out the last {'row' if unseen == 1 else f'{unseen} rows'} "
                f"of its map of {layer.input.text(layer.algebra)}",
                layer.source,
                layer.span,
                "pad the map with p, or keep it if this is intended",
            )


def _unseen(n: int, kernel: int, stride: int, padding: Padding) -> int:
    """The pixels at the end of an axis that no window reaches."""
    if padding == "same":
        return 0
    border = 0 if isinstance(padding, str) else padding
    return (n + 2 * border - kernel) % stride - border
