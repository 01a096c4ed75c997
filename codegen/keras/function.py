"""The function being written, and the tensor that flows through it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...dsl.graph.scope import Frame
from .expressions import PythonExpression
from .names import Names
from .statements import LayerName, layer_name


@dataclass(frozen=True, slots=True)
class Function:
    """The function being written, and where in it: its frame, its names, its loops.

    ``parameters`` are those of every frame seen in it, as Python, and ``taps`` the variables of
    their taps. ``is_prefixed`` means that its layers' names begin with its own argument ``name``;
    ``separator`` joins the parts of a layer's name. ``channels`` is c in the current bracket, and
    ``brackets`` counts the brackets around it that need a c.
    """

    frame: Frame
    parameters: Mapping[tuple[Frame, str], PythonExpression]
    names: Names
    taps: dict[tuple[Frame, str], str]
    is_prefixed: bool
    separator: str
    loops: int = 0
    channels: PythonExpression | None = None
    brackets: int = 0

    def name(self, layer: str) -> LayerName:
        """A layer's name as the function writes it."""
        own = layer[len(self.frame.name) + 1 :] if self.frame.name else layer
        return layer_name(own, self.is_prefixed, self.separator)

    def tap(self, frame: Frame, name: str) -> str:
        """The variable of a tap; taps of inlined blocks have variables of their own."""
        key = frame, name
        if key not in self.taps:
            self.taps[key] = self.names.variable(name)
        return self.taps[key]

    def inner_tap(self, frame: Frame, name: str) -> str:
        """The variable of a tap in a model inside of the function's."""
        key = frame, f"{name} inside"
        if key not in self.taps:
            self.taps[key] = self.names.variable(f"inner_{name}")
        return self.taps[key]

    def depth(self, naming: Frame) -> int:
        """Which part of a layer's name a frame counts."""
        own = naming.name[len(self.frame.name) :].strip(".")
        return own.count(".") + 1 if own else 0


@dataclass(frozen=True, slots=True)
class Flow:
    """The input variable, the variable that is assigned to, and the depth of branches."""

    entering: str
    target: str
    depth: int
