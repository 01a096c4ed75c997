"""What convolutions and pools share: a window that slides over the map."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from ...algebra.floor_forms import Extent
from ...algebra.stated_formulas import Ceiling, Floor, Formula
from .cost import FREE, Cost
from .kind import Kind, flag, modifier
from .readers import size, switch
from .receptive_field import Connection, Window
from .rules import Rule, RuleContext, Rules, rule
from .shape import Shape, ShapeError
from .window_sizes import Padding, span, window

Sizes = tuple[int, ...]  # one per axis

_connection = functools.lru_cache(Window)  # one object for equal windows, as most are


@dataclass(frozen=True, slots=True, kw_only=True)
class Windowed(Kind):
    """A kind whose window slides over the map; ``kernel`` and the default padding are its own."""

    kernel: Sizes
    stride: Sizes | None = modifier("s", size(1), "stride", "s2", default=None)
    padding: Sizes | None = modifier("p", size(0), "padding on both sides", "p1", default=None)
    valid: bool = flag("v", "valid padding: the window stays inside the map")

    needs_map = True
    keeps_map = True

    @property
    def strides(self) -> Sizes:
        """The stride along each axis."""
        return self.stride or (1,) * len(self.kernel)

    @property
    def dilations(self) -> Sizes:
        """The distance between neighbouring taps along each axis."""
        return (1,) * len(self.kernel)

    def paddings(self) -> tuple[Padding, ...]:
        """The padding along each axis, as written or by default."""
        if self.padding is not None and self.valid:
            raise ShapeError("v means no padding, but p gives a padding", "leave out v or p")
        if self.padding is not None:
            return self.padding
        return (self.default_padding(),) * len(self.kernel)

    def default_padding(self) -> Padding:
        """The padding where no p is written."""
        return "valid" if self.valid else "same"

    def windows(self, entering: Shape) -> list[tuple[int | Extent, int]]:
        """Output extent and padding before the first pixel, along each axis."""
        first, *others = zip(
            entering.extents,
            self.kernel,
            self.strides,
            self.dilations,
            self.paddings(),
            strict=True,
        )
        found = window(*first)
        return [found, *(found if axis == first else window(*axis) for axis in others)]

    def least(self, entering: Shape) -> Sequence[tuple[int | Extent, int]]:
        """The kernel fits into the padded map."""
        axes = zip(entering.extents, self.kernel, self.dilations, self.paddings(), strict=True)
        return [
            (n, span(k, d) - (0 if isinstance(p, str) else 2 * p))
            for n, k, d, p in axes
            if p != "same"
        ]

    def extents(self, entering: Shape) -> tuple[int | Extent, ...]:
        """The extents of the output map."""
        return tuple(out for out, _ in self.windows(entering))

    def extent_rules(self, at: RuleContext) -> tuple[Rule, ...]:
        """The rule of the output extent, along every axis."""
        return tuple(self.extent_rule(at, axis) for axis in range(len(self.kernel)))

    def extent_rule(self, at: RuleContext, axis: int) -> Rule:
        """How often the window fits, a stride apart."""
        extent, padding = at.extents[axis], self.paddings()[axis]
        stride = at.letter("s", self.strides[axis], "stride")
        if padding == "same":
            return rule(Ceiling(extent / stride), "same padding: a window on every s-th pixel")
        padded: Formula = extent
        words = "valid padding: the window stays inside the map"
        if padding != "valid":
            padded = extent + 2 * at.letter("p", padding, "padding on each side")
            words = "the window stays inside the padded map"
        return rule(Floor((padded - self.span_of(at, axis)) / stride) + 1, words)

    def span_of(self, at: RuleContext, axis: int) -> Formula:
        """The pixels from a kernel's first tap to its last: k, or d*(k - 1) + 1."""
        kernel = at.letter("k", self.kernel[axis], "kernel")
        if self.dilations[axis] == 1:
            return kernel
        return at.letter("d", self.dilations[axis], "dilation") * (kernel - 1) + 1

    def connections(self, entering: Shape) -> Sequence[Connection]:
        """One window per axis."""
        axes = zip(self.kernel, self.strides, self.dilations, self.windows(entering), strict=True)
        return [_connection(k, s, d, before) for k, s, d, (_, before) in axes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Convolving(Windowed):
    """A window with weights: adds dilation and the bias."""

    dilation: Sizes | None = modifier("d", size(1), "dilation", "d2", default=None)
    bias: bool = modifier("b", switch, "bias", "b0", default=True)

    weighted = True

    @property
    def dilations(self) -> Sizes:
        """The distance between neighbouring taps along each axis."""
        return self.dilation or (1,) * len(self.kernel)

    def paddings(self) -> tuple[Padding, ...]:
        """The padding along each axis, as written or by default."""
        if max(self.strides) > 1 and max(self.dilations) > 1:
            raise ShapeError(
                "a convolution strides or dilates, not both, as in Keras",
                "leave out s or d",
            )
        return super(Convolving, self).paddings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooling(Windowed):
    """A window without weights, each channel on its own."""

    kernel: Sizes

    @property
    def strides(self) -> Sizes:
        """The stride along each axis: the kernel, unless written."""
        return self.stride or self.kernel

    def default_padding(self) -> Padding:
        """Valid where the windows tile the map, else same."""
        return "valid" if self.valid or self.strides == self.kernel else "same"

    def paddings(self) -> tuple[Padding, ...]:
        """The padding along each axis; at most half the kernel, so that no window is empty."""
        paddings = super(Pooling, self).paddings()
        if self.padding and any(2 * p > k for p, k in zip(self.padding, self.kernel, strict=True)):
            raise ShapeError("a pool pads at most half its kernel", "use a smaller p")
        return paddings

    def output(self, entering: Shape) -> Shape:
        """Every channel shrinks in the same way."""
        return Shape(self.extents(entering), entering.channels)

    def cost(self, entering: Shape, out: Shape) -> Cost:
        """Nothing is multiplied."""
        return FREE

    def rules(self, at: RuleContext) -> Rules:
        """Every channel shrinks in the same way."""
        return Rules(
            output=self.extent_rules(at),
            channels=rule(at.channels, "each channel is pooled on its own"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalPooling(Kind):
    """One value for every channel of the whole map."""

    keeps_map = True
    needs_map = True

    def output(self, entering: Shape) -> Shape:
        """A map of one pixel."""
        return Shape((1,) * len(entering.extents), entering.channels)

    def cost(self, entering: Shape, out: Shape) -> Cost:
        """Nothing is multiplied."""
        return FREE

    def rules(self, at: RuleContext) -> Rules:
        """A map of one pixel."""
        return Rules(
            output=(rule(1, "one pixel is left"),) * len(at.map.extents),
            channels=rule(at.channels, "each channel is pooled on its own"),
        )

    def connections(self, entering: Shape) -> None:
        """All of the map."""
