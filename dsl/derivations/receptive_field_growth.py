"""How a receptive field grows, layer by layer, along the path from the image that sees most.

    A_l = A_(l-1) + (K_l - 1) * J_(l-1)        J_l = s_l * J_(l-1)

with the receptive field (aperture) A and the jump J (the product of the strides) in pixels of the image, and the
span K of a layer's kernel. The recurrence is valid where all pixels of a map see equally much,
up to the first up-convolution; there, and at merges, a row explains what happens.

Source: Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks",
Distill 2019.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from ...grammar.budget import Work, spend
from ..graph.layer import Layer
from ..kinds.base.receptive_field import Axis, Connection, Interval, Transposed
from ..kinds.base.rules import AXES
from ..kinds.base.shape import Shape
from ..kinds.base.window_sizes import span
from .derivation import Growth, Part, Path, Result, Sentence, listed

MOST_PHASES = 16  # that are listed
STEPS_OF_A_ROW = 6  # of the budget


def paths_of(layer: Layer) -> tuple[list[Part], list[Result]]:
    """The growth of the receptive field along every axis, and its size at the end."""
    aperture = layer.aperture
    axes = AXES[len(layer.receptive_field.axes)]
    parts: list[Part] = []
    end = layer
    if not layer.receptive_field.is_local:
        end = _last_local(layer)
        parts.append(
            Sentence(
                f"{_before_image(layer, end)} sees the whole of its input map, so every value "
                f"of {layer.name} sees the whole image. Up to {end.name}, the last map whose "
                "pixels see a part:"
            )
        )
    elif layer.receptive_field.is_global:
        parts.append(
            Sentence(
                "On some path a layer sees the whole image (gap, gmp, fc or a gate). Along the "
                "other paths:"
            )
        )
    found: list[Path] = []
    for number, axis in enumerate(axes):
        path = Path((axis,), end.name, tuple(_rows(end, number)), aperture.size[number])
        same = next((other for other in found if replace(other, axes=(axis,)) == path), None)
        if same is None:
            found.append(path)
        else:
            found[found.index(same)] = replace(same, axes=(*same.axes, axis))
    for path in found:
        parts.append(path)
        parts += _phases(end, axes.index(path.axes[0]))
    results = [
        Result(f"A_{axis.lower()}", None, Fraction(size) if isinstance(size, int) else size)
        for axis, size in zip(axes, aperture.size, strict=True)
    ]
    return parts, results


def _rows(end: Layer, axis: int) -> list[Growth]:
    """The layers that change the aperture or the jump, from the image on."""
    rows: list[Growth] = []
    known: dict[tuple[int, Shape], Sequence[Connection] | None] = {}  # equal layers share a kind
    layer = end
    while layer.inputs:
        if len(layer.inputs) > 1:
            before, words = _widest(layer, axis)
            if words:
                rows.append(_row(layer, before, axis, 1, 1, words))
        else:
            before = layer.inputs[0]
            key = id(layer.kind), before.output
            if key not in known:
                known[key] = layer.kind.connections(before.output)
            connections = known[key]
            if connections and (found := _grown(layer, before, axis, connections[axis])):
                rows.append(found)
        layer = before
    return rows[::-1]


def _grown(layer: Layer, before: Layer, axis: int, through: Connection) -> Growth | None:
    """The row of a layer with a window; None where it changes nothing."""
    reach = span(through.kernel, through.dilation)
    stride = through.stride
    words = ""
    is_turned = isinstance(through, Transposed) and stride > 1
    if is_turned or not (_alike(before, axis) and _alike(layer, axis)):
        period = layer.receptive_field.axes[axis][0].period
        words = f"up by {stride}, so the receptive field repeats every {period} pixels"
        if _alike(layer, axis):
            words = "the receptive field is the same for every pixel" + (
                "" if is_turned else " again"
            )
        elif not is_turned:
            words = "pixel by pixel, since the receptive fields differ"
    elif reach == stride == 1:
        return None
    return _row(layer, before, axis, reach, stride, words)


def _row(layer: Layer, before: Layer, axis: int, kernel: int, stride: int, words: str) -> Growth:
    spend(STEPS_OF_A_ROW, Work.DERIVATION)
    size = before.aperture.size[axis]
    jump = layer.receptive_field.axes[axis][0].speed
    return Growth(
        layer.name,
        layer.text,
        kernel,
        stride,
        size if isinstance(size, int) else size[1],
        before.receptive_field.axes[axis][0].speed,
        layer.aperture.size[axis],
        jump,
        words,
    )


def _widest(merge: Layer, axis: int) -> tuple[Layer, str]:
    """The branch to follow back, and a note on the others."""
    local = [before for before in merge.inputs if before.receptive_field.is_local]
    whole = merge.receptive_field.axes[axis]
    chosen = next((before for before in local if before.receptive_field.axes[axis] == whole), None)
    names = [before.name for before in local]
    if chosen is None:
        chosen = max(local, key=lambda before: _most(before, axis))
        if not _alike(merge, axis) or not all(_alike(before, axis) for before in local):
            return chosen, f"pixels of {listed(_few(names))} together"
        seen = [
            f"{name} {_pixels_in_words(layer.receptive_field.axes[axis])}"
            for name, layer in _named(local)
        ]
        return (
            chosen,
            f"no branch sees all: {listed(_few(seen))}, together {_pixels_in_words(whole)}",
        )
    others = {
        n: before for n, before in _named(local) if before.receptive_field.axes[axis] != whole
    }
    if not others:
        return chosen, ""
    sizes = [f"{name} {_size(before, axis)}" for name, before in others.items()]
    return chosen, f"widest branch: {chosen.name}; others: {listed(_few(sizes))}"


def _named(layers: Sequence[Layer]) -> list[tuple[str, Layer]]:
    return [(layer.name, layer) for layer in layers]


def _few(words: Sequence[str]) -> list[str]:
    return [*words[:6], f"{len(words) - 6} more"] if len(words) > 7 else list(words)


def _size(layer: Layer, axis: int) -> str:
    size = layer.aperture.size[axis]
    return str(size) if isinstance(size, int) else f"{size[0]} to {size[1]}"


def _most(layer: Layer, axis: int) -> int:
    size = layer.aperture.size[axis]
    return size if isinstance(size, int) else size[1]


def _alike(layer: Layer, axis: int) -> bool:
    """Whether all pixels of a map see equally much, equally far apart."""
    return _only(layer.receptive_field.axes[axis]) is not None


def _only(axis: Axis) -> Interval | None:
    return axis[0].intervals[0] if len(axis) == 1 and axis[0].period == 1 else None


def _pixels_in_words(axis: Axis) -> str:
    """The pixels that pixel 0 sees."""
    seen = _only(axis)
    assert seen is not None
    return f"from {seen[0]} to {seen[1]}"


def _last_local(layer: Layer) -> Layer:
    while not layer.receptive_field.is_local:
        layer = layer.inputs[0]
    return layer


def _before_image(layer: Layer, end: Layer) -> str:
    """The layer that first sees a whole map, on the way back to the last local one."""
    while layer.inputs[0] is not end:
        layer = layer.inputs[0]
    return layer.name


def _phases(end: Layer, number: int) -> list[Part]:
    """What pixels see where it depends on their place."""
    axis = end.receptive_field.axes[number]
    if _only(axis) is not None:
        return []
    if len(axis) > 1:
        speeds = [str(reach.speed) for reach in axis]
        return [
            Sentence(
                f"Branches of {end.name} move over the image at different speeds, "
                f"{listed(speeds)} pixels of the image from one pixel to the next: the aperture "
                f"is from {_size(end, number)}, by the place of the pixel."
            )
        ]
    (reach,) = axis
    groups = [
        (seen, [phase for phase, _ in found])
        for seen, found in itertools.groupby(enumerate(reach.intervals), key=lambda pair: pair[1])
    ]
    phases_in_words = "; ".join(_phase(seen, phases) for seen, phases in groups[:MOST_PHASES])
    more = "; and so on" if len(groups) > MOST_PHASES else ""
    return [
        Sentence(
            f"Pixels of {end.name} have the same receptive field only every {reach.period} pixels, "
            f"{reach.jump} of the image further on. Of these, counted from 0, {phases_in_words}{more}."
        )
    ]


def _phase(seen: Interval | None, phases: Sequence[int]) -> str:
    """What neighbouring pixels see that see the same."""
    one = len(phases) == 1
    who = f"{phases[0]} sees" if one else f"{phases[0]} to {phases[-1]} see"
    if seen is None:
        return f"{who} nothing"
    return f"{who} from {seen[0]} to {seen[1]}, {seen[1] - seen[0] + 1} pixels"
