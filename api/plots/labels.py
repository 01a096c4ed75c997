"""Labels of a Matplotlib figure: room for them, and none over another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def make_room(figure: Figure, labels: Sequence[Any]) -> None:
    """Make the panels as wide as the labels beside them, and their numbers, leave room."""
    renderer = _renderer(figure)
    whole = figure.bbox.width
    widest = max((extent.width for extent in _extents(figure, labels)), default=0)
    boxes = (axes.yaxis.get_tightbbox(renderer) for axes in figure.axes)
    numbers = max(box.width for box in boxes if box is not None)
    figure.subplots_adjust(
        left=0.02 + (numbers + 4) / whole, right=max(0.5, 0.97 - (widest + 10) / whole)
    )


def spread(figure: Figure, labels: Sequence[Any]) -> None:
    """Move labels apart that would overlap, as little as can be."""
    extents = _extents(figure, labels)
    order = sorted(range(len(labels)), key=lambda i: extents[i].y0)
    gap = 1.15 * max((extent.height for extent in extents), default=0)
    groups: list[tuple[float, int]] = []  # the wished places of their first labels, and how many
    for i in order:
        wished, count = extents[i].y0, 1
        while groups and wished / count < groups[-1][0] / groups[-1][1] + gap * groups[-1][1]:
            before, number = groups.pop()
            wished, count = before + wished - count * gap * number, number + count
        groups.append((wished, count))
    places = [wished / count + gap * i for wished, count in groups for i in range(count)]
    for i, place in zip(order, places, strict=True):
        labels[i].xyann = (6, (place - extents[i].y0) * 72 / figure.dpi)


def thin_out(figure: Figure, labels: Sequence[Any]) -> None:
    """Hide labels that would cover others."""
    kept: list[Any] = []
    for label, extent in zip(labels, _extents(figure, labels), strict=True):
        if any(extent.overlaps(other) for other in kept):
            label.set_visible(False)
        else:
            kept.append(extent)


def _extents(figure: Figure, labels: Sequence[Any]) -> list[Any]:
    renderer = _renderer(figure)
    return [label.get_window_extent(renderer) for label in labels]


def _renderer(figure: Figure) -> Any:
    """What measures texts, with everything in its place."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return canvas.get_renderer()
