"""What one layer costs: its parameters and its multiply-adds."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from ....grammar.short_repr import ShortRepr
from ...algebra.polynomial_terms import ZERO

if TYPE_CHECKING:
    from ...algebra.polynomials import Poly


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Cost(ShortRepr):
    """Counts of one layer, as polynomials in w.

    ``weights`` and ``biases`` are trained (a norm's scale counts as weights, its shift as
    biases), ``non_trainable`` are the statistics a norm keeps, and ``macs`` are the multiply-adds
    of the forward pass of one image; adding a bias is none. ``kernel`` are the axes of the weights
    in the order of Keras; norms and layers without weights have none. ``feature_map`` are the
    values kept of the output, which the builder adds.
    """

    weights: Poly = ZERO
    biases: Poly = ZERO
    non_trainable: Poly = ZERO
    macs: Poly = ZERO
    kernel: tuple[Any, ...] = ()  # whole numbers and polynomials
    feature_map: Poly = ZERO

    def with_feature_map(self, values: Poly) -> Cost:
        """The same cost with the values kept of the output."""
        return Cost(
            weights=self.weights,
            biases=self.biases,
            non_trainable=self.non_trainable,
            macs=self.macs,
            kernel=self.kernel,
            feature_map=values,
        )

    @property
    def sums(self) -> Poly:
        """The sums of all rows and columns, along the last two axes of the kernel."""
        if not self.kernel:
            return ZERO
        *others, rows, columns = self.kernel
        sums: Poly = (rows + columns) * prod(others)
        return sums

    @property
    def is_matrix(self) -> bool:
        """Whether the kernel has two axes."""
        return len(self.kernel) == 2


FREE = Cost()
