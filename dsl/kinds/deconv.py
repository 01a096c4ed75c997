"""deconv: an up-convolution (transposed convolution)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from ..algebra.floor_forms import Extent
from ..algebra.polynomial_terms import ZERO
from ..algebra.stated_formulas import product
from .base.cost import Cost
from .base.kind import flag, modifier, value
from .base.readers import channels, size
from .base.receptive_field import Connection, Transposed
from .base.rules import Rule, RuleContext, Rules, rule
from .base.shape import Shape, ShapeError
from .base.window import Convolving, Sizes
from .base.window_sizes import span, transposed

if TYPE_CHECKING:
    from ..algebra.polynomials import Poly


@dataclass(frozen=True, slots=True, kw_only=True)
class Deconv(Convolving):
    """Every input pixel is spread over a window, s pixels apart: ``deconv64k2s2``.

    The padding is that of the convolution it turns round: p cuts p pixels off both sides.
    """

    op = "deconv"

    filters: Poly = value(channels, "output channels", "deconv64k2s2")
    kernel: Sizes = modifier("k", size(1), "kernel", "k2")
    fixed: bool = flag("!", "fixed width: w leaves the channels alone")

    def least(self, entering: Shape) -> Sequence[tuple[int | Extent, int]]:
        """At least one pixel is left after p has cut off both sides."""
        if not self.padding:
            return ()
        spans = [span(k, d) for k, d in zip(self.kernel, self.dilations, strict=True)]
        axes = zip(entering.extents, self.strides, spans, self.padding, strict=True)
        return [(n, -(-(2 * p + 1 - max(reach - s, 0)) // s)) for n, s, reach, p in axes]

    def windows(self, entering: Shape) -> list[tuple[int | Extent, int]]:
        """Output extent and pixels cut before the first, along each axis."""
        paddings = self.paddings()
        spans = [span(k, d) for k, d in zip(self.kernel, self.dilations, strict=True)]
        if self.padding and any(s > k for s, k in zip(self.strides, spans, strict=True)):
            raise ShapeError(
                "an up-convolution with p has a kernel at least as large as its stride",
                "use a larger k, or leave out p",
            )
        axes = zip(
            entering.extents, self.kernel, self.strides, self.dilations, paddings, strict=True
        )
        return [transposed(*axis) for axis in axes]

    def output(self, entering: Shape) -> Shape:
        """Each filter makes one channel."""
        return Shape(self.extents(entering), self.filters)

    def connections(self, entering: Shape) -> Sequence[Connection]:
        """One transposed window per axis."""
        axes = zip(self.kernel, self.strides, self.dilations, self.windows(entering), strict=True)
        return [Transposed(k, s, d, before) for k, s, d, (_, before) in axes]

    def cost(self, entering: Shape, out: Shape) -> Cost:
        """Every input pixel uses every weight once."""
        weights = entering.channels * self.filters * prod(self.kernel)
        biases = self.filters if self.bias else ZERO
        kernel = (*self.kernel, self.filters, entering.channels)
        return Cost(weights=weights, biases=biases, macs=weights * entering.area, kernel=kernel)

    def rules(self, at: RuleContext) -> Rules:
        """The costs of the convolution that it turns round."""
        kernel, filters = (
            at.sizes("k", self.kernel, "kernel"),
            at.letter("F", self.filters, "filters"),
        )
        weights = product(*kernel, at.channels, filters)
        return Rules(
            output=self.extent_rules(at),
            channels=rule(filters, "each filter makes one channel"),
            weights=rule(weights, "every filter weighs all channels under its kernel"),
            biases=rule(filters, "one for each filter") if self.bias else None,
            macs=rule(product(*at.extents, weights), "every incoming pixel uses every weight once"),
        )

    def extent_rule(self, at: RuleContext, axis: int) -> Rule:
        """Pixels are s apart; what kernels add at the ends is cut off by same and p."""
        extent, padding = at.extents[axis], self.paddings()[axis]
        stride = at.letter("s", self.strides[axis], "stride")
        if padding == "same":
            return rule(stride * extent, "same padding")
        reach = span(self.kernel[axis], self.dilations[axis])
        if reach < self.strides[axis]:
            return rule(stride * extent, "the kernel is smaller than the stride")
        full = stride * (extent - 1) + self.span_of(at, axis)
        if padding == "valid":
            return rule(full, "valid padding: nothing is cut off")
        cut = 2 * at.letter("p", padding, "pixels cut off each side")
        return rule(full - cut, "p is cut off both sides")

    def whole(self, entering: Shape) -> Sequence[tuple[Poly, str]]:
        """Channels are whole."""
        return ((self.filters, "channels"),)
