"""One layer of a network: its kind, where it stands, what enters and leaves, what it costs."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from fractions import Fraction

from sympy import Expr

from ..grammar.errors import Span
from .aperture import Aperture, Sight
from .cost import Cost
from .kinds import Kind
from .polynomials import ZERO, Poly, expression
from .shape import Shape


@dataclass(frozen=True)
class Layer:
    """A layer in place. Counts are SymPy expressions in w, per image.

    ``name`` is unique in its network: ``conv2``, and ``conv2.bn`` for a layer of its post chain
    (then ``is_post`` holds). ``text`` is the layer as written, ``span`` its place in the source.
    """

    name: str
    text: str
    kind: Kind
    input: Shape
    output: Shape
    cost: Cost
    sight: Sight
    span: Span
    is_post: bool = False

    @property
    def op(self) -> str:
        """The word of the language for this kind of layer."""
        return self.kind.op

    @property
    def trainable_poly(self) -> Poly:
        return self.cost.weights + self.cost.biases

    @property
    def params_poly(self) -> Poly:
        return self.trainable_poly + self.cost.non_trainable

    @property
    def feature_map_poly(self) -> Poly:
        return self.output.values if self.kind.keeps_map else ZERO

    @property
    def params(self) -> Expr:
        """All parameters, as the framework counts them."""
        return expression(self.params_poly)

    @property
    def trainable(self) -> Expr:
        """Parameters that training changes."""
        return expression(self.trainable_poly)

    @property
    def weights(self) -> Expr:
        """Trainable parameters but for the biases."""
        return expression(self.cost.weights)

    @property
    def biases(self) -> Expr:
        """Biases, and the shifts of norms."""
        return expression(self.cost.biases)

    @property
    def macs(self) -> Expr:
        """Multiply-adds of the forward pass."""
        return expression(self.cost.macs)

    @property
    def feature_map(self) -> Expr:
        """Values kept of the output; 0 for what works in place."""
        return expression(self.feature_map_poly)

    @functools.cached_property
    def aperture(self) -> Aperture:
        """What one pixel of the output sees of the image."""
        return self.sight.aperture()

    def shape_at(self, w: Fraction) -> tuple[Fraction, ...]:
        """Extents and channels that leave at a width; a vector has extents of 1."""
        ones = (1,) * (len(self.sight.axes) - len(self.output.extents))
        return (*map(Fraction, ones), *self.output.at(w))
