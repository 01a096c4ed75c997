"""One layer of a network: its kind, its place, its input and output, its cost."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...grammar.errors import Source, Span
from ...grammar.short_repr import LONGEST, ShortRepr, cut
from ..algebra.polynomials import ZERO, Algebra, Poly
from ..kinds import Kind
from ..kinds.base.cost import Cost
from ..kinds.base.receptive_field import Aperture, ReceptiveField
from ..kinds.base.shape import Shape
from .loops import Loop
from .recipe import Recipe
from .remat import RematGroup

if TYPE_CHECKING:
    from sympy import Expr


@dataclass(frozen=True, eq=False)
class Layer(ShortRepr):
    """A layer in place. Counts are SymPy expressions in w, per image.

    ``name`` is unique in its network and names the blocks around it: ``stage2.bott1.conv2``,
    and ``conv2.bn`` for a layer of the post chain of conv2 (then ``is_post`` is true). ``inputs``
    are the layers before it: several for a merge, none for the image. ``written`` is the layer as
    written, ``source`` and ``span`` are the place, and ``step`` is the step of the
    trace that it belongs to, 0 for the image. ``recipe`` is what its network was built from.

    ``loops`` are those of a symbolic number of rounds around the layer, the outermost
    first; ``once`` is what one round costs, and all counts are sums over the rounds. ``is_final``
    says that no other layer with weights stands on any path behind it. ``remat`` is the group
    whose tensors the backward pass computes again, None where the layer's own are kept.
    """

    name: str
    written: object
    kind: Kind
    inputs: tuple[Layer, ...]
    output: Shape
    once: Cost
    receptive_field: ReceptiveField
    source: Source
    span: Span
    algebra: Algebra
    step: int
    recipe: Recipe
    is_post: bool = False
    loops: tuple[Loop, ...] = ()
    is_final: bool = False
    remat: RematGroup | None = None

    def __repr__(self) -> str:
        return cut(f"Layer {self.name}: {self.text}, {self.size}", LONGEST)

    @property
    def input(self) -> Shape:
        """The input shape; of a merge, that of its first branch; of the image, its own."""
        return self.inputs[0].output if self.inputs else self.output

    @property
    def size(self) -> str:
        """The output shape as text: ``32x32x64*w``."""
        return self.output.text(self.algebra)

    @property
    def op(self) -> str:
        """The word of the language for this kind of layer."""
        return self.kind.op

    @property
    def text(self) -> str:
        """The layer as written, with its numbers worked out."""
        return str(self.written)

    @property
    def cost(self) -> Cost:
        """What the layer costs in all its rounds."""
        return self._cost_of_all_rounds if self.loops else self.once

    @functools.cached_property
    def _cost_of_all_rounds(self) -> Cost:
        fields = ("weights", "biases", "non_trainable", "macs", "feature_map")
        counts: dict[str, Any] = {n: self.over_rounds(getattr(self.once, n)) for n in fields}
        return Cost(**counts)

    def over_rounds(self, poly: Poly) -> Poly:
        """The sum over all rounds of the count in one round."""
        for loop in reversed(self.loops):
            poly = loop.over_rounds(poly)
        return poly

    @property
    def trainable_poly(self) -> Poly:
        """Parameters that training changes."""
        return self.cost.weights + self.cost.biases

    @property
    def params_poly(self) -> Poly:
        """All parameters."""
        return self.trainable_poly + self.cost.non_trainable

    @property
    def sums_poly(self) -> Poly:
        """The sums of all rows and columns, along the last two axes of the kernel."""
        return self.over_rounds(self.once.sums)

    @property
    def matrix_poly(self) -> Poly:
        """The weights, where they are a matrix and not those of a last layer."""
        return self.cost.weights if self.once.is_matrix and not self.is_final else ZERO

    @functools.cached_property
    def values_of_batch(self) -> Poly:
        """How many values the output has for a batch."""
        return self.output.values * self.algebra.batch

    @property
    def feature_map_poly(self) -> Poly:
        """Values kept of the output; 0 for what works in place."""
        return self.cost.feature_map

    @property
    def params(self) -> Expr:
        """All parameters, as the framework counts them."""
        return self.algebra.expression(self.params_poly)

    @property
    def trainable(self) -> Expr:
        """Parameters that training changes."""
        return self.algebra.expression(self.trainable_poly)

    @property
    def weights(self) -> Expr:
        """Trainable parameters except the biases."""
        return self.algebra.expression(self.cost.weights)

    @property
    def biases(self) -> Expr:
        """Biases, and the shifts of norms."""
        return self.algebra.expression(self.cost.biases)

    @property
    def macs(self) -> Expr:
        """Multiply-adds of the forward pass."""
        return self.algebra.expression(self.cost.macs)

    @property
    def feature_map(self) -> Expr:
        """Values kept of the output; 0 for what works in place."""
        return self.algebra.expression(self.feature_map_poly)

    @property
    def aperture(self) -> Aperture:
        """What one pixel of the output sees of the image."""
        return self.receptive_field.aperture_of_all or self.receptive_field.aperture(self.extents)

    @property
    def extents(self) -> tuple[int, ...]:
        """The output extents along every axis of the image; a vector has extents of 1."""
        return self.output.sizes or (1,) * len(self.receptive_field.axes)
