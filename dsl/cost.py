"""What one layer costs: its parameters and its multiply-adds."""

from __future__ import annotations

from dataclasses import dataclass

from .polynomials import ZERO, Poly


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Counts of one layer, as polynomials in w.

    ``weights`` and ``biases`` are trained (a norm's scale counts as weights, its shift as
    biases), ``non_trainable`` are the statistics a norm keeps, and ``macs`` are the multiply-adds
    of the forward pass of one image; adding a bias is none.
    """

    weights: Poly = ZERO
    biases: Poly = ZERO
    non_trainable: Poly = ZERO
    macs: Poly = ZERO


FREE = Cost()
